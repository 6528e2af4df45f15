"""`.export`: a run's pairs for others."""

from __future__ import annotations

from typing import Any

from synth import export
from synth.dataset import hub
from synth.dataset.splits import DEFAULT_SHARES
from synth.dedup.limits import limits_of, told
from synth.display.terminal import console, say
from synth.errors import DONE, FEWER, UsageError
from synth.files.rundir import existing_run


def run(given: dict[str, Any]) -> int:
    """Writes the pairs, and uploads them where that is asked for; the exit code."""
    form, out, name, limits = given.get("format", "parquet"), given.get("out"), given.get("push"), limits_of(given)
    whole = export.is_folder(form, out)
    for key in ("splits", "push"):
        if given.get(key) is not None and not whole:
            raise UsageError(f"{key}: needs format=parquet with a folder as out (no .parquet file).")
    secret = hub.token() if name is not None else ""
    run_dir, shares = existing_run(given.get("path")), given.get("splits", DEFAULT_SHARES)
    written = export.write(run_dir, form, out, limits, shares)
    screen = console()
    if limits is not None:
        say(screen, told(written.summary))
    splits = ", ".join(f"{split} {count}" for split, count in written.splits.items())
    say(screen, f"{written.count} pairs in {written.target}" + (f" ({splits})" if splits else ""))
    if not written.count:
        return FEWER
    if name is not None:
        address = hub.push(written.target, name, secret, given.get("private", True))
        say(screen, f"uploaded: {address}")
    return DONE
