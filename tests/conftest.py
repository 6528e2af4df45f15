"""How the tests are spread over pytest-xdist's workers."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One by one, but for those of tests/adversarial: they share warm pools, and so a worker."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = "tests/adversarial/"
            return folder if nodeid.startswith(folder) else nodeid

    return Scheduling(config, log)
