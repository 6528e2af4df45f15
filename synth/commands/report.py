"""`.report`: a run as one HTML file."""

from __future__ import annotations

from typing import Any

from synth.display.terminal import console, say
from synth.errors import DONE, UsageError
from synth.files.rundir import existing_run, write_file
from synth.report import browser, page
from synth.report.facts import facts
from synth.store.journal import Journal


def run(given: dict[str, Any]) -> int:
    """Writes the page; the exit code."""
    run_dir = existing_run(given.get("path"))
    target = given.get("out") or run_dir.root / "report.html"
    if target.is_dir():
        raise UsageError(f"out={target}: is a directory; name a file such as {target / 'report.html'}.")
    journal = Journal.open_to_read(run_dir.journal)
    try:
        with journal.snapshot():
            found = facts(journal)
            samples = browser.samples(journal, given.get("samples", 200))
    finally:
        journal.close()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out={target}: cannot be written to ({error.strerror}).") from None
    written = page.render(found, samples)
    write_file(target, written)
    out = console()
    say(out, f"report of {found['run']['settled']} samples ({len(written.encode()) / 1e6:.1f} MB): {target}")
    if samples["left_out"]:
        say(out, f"{samples['left_out']} of {samples['of']} judged attempts come without their texts (samples=N)")
    return DONE
