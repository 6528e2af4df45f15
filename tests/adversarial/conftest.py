from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from arenas import Arenas
from outside import Outside


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """What programs must not reach; its key is in this process's environment, as a provider's would be."""
    made = Outside(tmp_path_factory.mktemp("outside"))
    os.environ["SYNTH_TEST_API_KEY"] = made.key
    yield made
    del os.environ["SYNTH_TEST_API_KEY"]
    made.close()


@pytest.fixture(scope="session")
def arenas(outside: Outside) -> Iterator[Arenas]:
    """Warm pools by tier and stages, each started when it is first asked for."""
    made = Arenas()
    yield made
    made.close()
