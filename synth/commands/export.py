"""`.export`: a run's pairs for others."""

from __future__ import annotations

from typing import Any

from synth import export
from synth.errors import DONE, FEWER
from synth.rundir import existing_run
from synth.terminal import console, say


def run(given: dict[str, Any]) -> int:
    """Writes the pairs; the exit code."""
    count, target = export.write(existing_run(given.get("path")), given.get("format", "parquet"), given.get("out"))
    say(console(), f"{count} pairs in {target}")
    return DONE if count else FEWER
