"""`.export`: a run's pairs for others."""

from __future__ import annotations

from typing import Any

from synth import export
from synth.dataset import hub
from synth.dataset.splits import DEFAULT_SHARES
from synth.errors import DONE, FEWER, UsageError
from synth.rundir import existing_run
from synth.terminal import console, say


def run(given: dict[str, Any]) -> int:
    """Writes the pairs, and uploads them where that is asked for; the exit code."""
    form, out, name = given.get("format", "parquet"), given.get("out"), given.get("push")
    whole = export.is_folder(form, out)
    for key in ("splits", "push"):
        if given.get(key) is not None and not whole:
            raise UsageError(f"{key}: needs format=parquet with a folder as out (no .parquet file).")
    secret = hub.token() if name is not None else ""
    done = export.write(existing_run(given.get("path")), form, out, given.get("splits", DEFAULT_SHARES))
    screen = console()
    shares = ", ".join(f"{split} {count}" for split, count in done.splits.items())
    say(screen, f"{done.count} pairs in {done.target}" + (f" ({shares})" if shares else ""))
    if not done.count:
        return FEWER
    if name is not None:
        address = hub.push(done.target, name, secret, given.get("private", True))
        say(screen, f"uploaded: {address}")
    return DONE
