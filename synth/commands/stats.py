"""`.stats`: a run's figures, during it or afterwards."""

from __future__ import annotations

from typing import Any

from synth import report
from synth.errors import DONE
from synth.journal import Journal
from synth.progress import Progress
from synth.rundir import existing_run
from synth.tally import Tally
from synth.terminal import console, say


def tally_of(journal: Journal) -> Tally:
    """The figures of everything judged so far."""
    tally = Tally()
    for pattern, verdicts, stage, reason in journal.outcomes():
        tally.add(pattern, verdicts, stage, reason)
    return tally


def run(given: dict[str, Any]) -> int:
    """Prints the figures; the exit code."""
    run_dir = existing_run(given.get("path"))
    journal = Journal.open_to_read(run_dir.journal)
    try:
        tally, noted = tally_of(journal), journal.meta().get("total")
        fates = [kept for _, _, _, kept in journal.fates()]
    finally:
        journal.close()
    progress = Progress(total=int(noted or len(fates)), settled=len(fates), kept=sum(fates), tally=tally)
    out = console()
    say(out, f"run {run_dir.root}")
    by = given.get("by", "all")
    if by == "all":
        out.print(report.figures(progress))
        return DONE
    say(out, report.summary(progress))
    if by == "stage":
        out.print(report.funnel(tally, progress.kept))
    elif by == "reason":
        out.print(report.reasons(tally))
    else:
        out.print(report.operators(tally, at_least=1))
    return DONE
