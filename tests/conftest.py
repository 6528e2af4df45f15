"""What tests share: how they are spread over pytest-xdist's workers, and a warm pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from warm_pool import WarmPool

from validators.verdict import Settings

#: These share warm pools, which cost a minute of a processor each, and so a worker.
SHARING = (
    "tests/adversarial/",
    "tests/prompts/test_worked_examples.py::",
    "tests/validators/test_corrections.py::",
    "tests/validators/test_numerics.py::",
    "tests/validators/test_sharing_a_pool.py::",
)

#: This starts a pool of its own, once if it stays on a worker.
OWN = "tests/validators/test_recurrence.py::"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One by one, but for those that share."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(SHARING):
                return "sharing"
            return OWN if nodeid.startswith(OWN) else nodeid

    return Scheduling(config, log)


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmPool]:
    """A pool with all stages and the limits of `Settings`, but for less memory; files that use it are `SHARING`."""
    made = WarmPool(3, Settings(max_tensor_bytes=256 << 20))
    yield made
    made.close()
