"""`.parallel`: the main job."""

from __future__ import annotations

from typing import Any

from synth import config as configs
from synth.display.terminal import console
from synth.run.session import run_parallel


def run(given: dict[str, Any]) -> int:
    """Makes or resumes a corpus; the exit code."""
    file = given.pop("config", None)
    return run_parallel(configs.build(given, file), console())
