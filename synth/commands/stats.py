"""`.stats`: a run's figures, during it or afterwards."""

from __future__ import annotations

from typing import Any

from synth import groups, report
from synth.breadth import measure
from synth.breadth.printing import tables
from synth.errors import DONE
from synth.figures import progress_of
from synth.journal import Journal
from synth.rundir import existing_run
from synth.terminal import console, say


def run(given: dict[str, Any]) -> int:
    """Prints the figures; the exit code."""
    run_dir = existing_run(given.get("path"))
    by = given.get("by", ("all",))
    dimensions = [name for name in by if name in groups.DIMENSIONS]
    journal = Journal.open_to_read(run_dir.journal)
    try:
        progress = progress_of(journal)
        grouped = groups.group(journal, dimensions) if dimensions else {}
        broad = measure(journal) if "breadth" in by else None
    finally:
        journal.close()
    out = console()
    say(out, f"run {run_dir.root}")
    if "all" in by:
        out.print(report.figures(progress))
    else:
        say(out, report.summary(progress))
    if dimensions:
        out.print(groups.table(grouped, dimensions))
    if "stage" in by:
        out.print(report.funnel(progress.tally, progress.kept))
    if "reason" in by:
        out.print(report.reasons(progress.tally))
    if {"stage", "reason"} & set(by) and progress.gradients.judged:
        out.print(*report.gradients(progress.gradients), sep="\n")
    if "operator" in by:
        out.print(report.operators(progress.tally, at_least=1))
    if broad is not None:
        out.print(*tables(broad), sep="\n")
    return DONE
