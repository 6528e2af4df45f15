"""`.stats`: a run's figures, during it or afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synth.breadth import measure
from synth.breadth.printing import tables
from synth.dedup.limits import told
from synth.display import groups, terminal_report
from synth.display.figures import progress_of
from synth.display.terminal import console, say
from synth.errors import DONE, UsageError
from synth.export import DATASET, DEDUP_FILE
from synth.files.rundir import existing_run
from synth.store.journal import Journal


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
    exports = run_dir.root / "export"
    for file in (exports / DATASET / DEDUP_FILE, exports / DEDUP_FILE):
        if (line := _exported(file)) is not None:
            say(out, line)
    if "all" in by:
        out.print(terminal_report.figures(progress))
    else:
        say(out, terminal_report.summary(progress))
    if dimensions:
        out.print(groups.table(grouped, dimensions))
    if "stage" in by:
        out.print(terminal_report.funnel(progress.tally, progress.kept))
    if "reason" in by:
        out.print(terminal_report.reasons(progress.tally))
    if {"stage", "reason"} & set(by) and progress.gradients.judged:
        out.print(*terminal_report.gradients(progress.gradients), sep="\n")
    if "operator" in by:
        out.print(terminal_report.operators(progress.tally, at_least=1))
    if broad is not None:
        out.print(*tables(broad), sep="\n")
    return DONE


def _exported(file: Path) -> str | None:
    """What an export of the run dropped, if there is one."""
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))
        return f"exported: {told(summary)}" if summary["dropped"] else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{file}: cannot be read ({error}); export again.") from None
