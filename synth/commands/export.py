"""`.export`: a run's pairs for others."""

from __future__ import annotations

from typing import Any

from synth import export
from synth.dedup.limits import limits_of, told
from synth.errors import DONE, FEWER
from synth.rundir import existing_run
from synth.terminal import console, say


def run(given: dict[str, Any]) -> int:
    """Writes the pairs; the exit code."""
    run_dir, limits = existing_run(given.get("path")), limits_of(given)
    written = export.write(run_dir, given.get("format", "parquet"), given.get("out"), limits)
    out = console()
    if limits is not None:
        say(out, told(written.summary))
    say(out, f"{written.count} pairs in {written.target}")
    return DONE if written.count else FEWER
