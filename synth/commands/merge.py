"""`.merge`: several exports or runs as one corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synth.dedup.limits import limits_of, told
from synth.display.terminal import console, say
from synth.errors import DONE, FEWER, UsageError


def run(given: dict[str, Any]) -> int:
    """Puts the pairs together; the exit code."""
    from synth.dedup.merging import merge  # numpy comes with it

    if not given.get("path"):
        raise UsageError("path is missing: name exports or runs to put together, such as path=[a.parquet,outputs/b].")
    if given.get("out") is None:
        raise UsageError("out is missing: name a file, or a directory for it.")
    paths = [Path(path).expanduser() for path in given["path"]]
    written = merge(paths, given.get("format", "parquet"), given["out"], limits_of(given))
    out = console()
    say(out, told(written.summary))
    say(out, f"{written.count} pairs in {written.target}")
    return DONE if written.count else FEWER
