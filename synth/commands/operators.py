"""`.operators`: the catalogue, and how its operators fared in a run."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from synth.display.figures import tally_of
from synth.display.tally import Tally
from synth.display.terminal import console, say
from synth.display.terminal_report import percent
from synth.errors import UsageError, nearest
from synth.files.rundir import existing_run
from synth.store.journal import Journal


def run(given: dict[str, Any]) -> int:
    """Prints the catalogue; the exit code."""
    from operators import catalogue

    family, of_set, path = given.get("family"), given.get("set"), given.get("path")
    everything = list(catalogue())
    families = sorted({operator.family for operator in everything})
    if family is not None and family not in families:
        raise UsageError(f"family={family}: allowed is one of {', '.join(families)}.{nearest(family, families)}")
    tally = _tally(path) if path is not None else None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("operator", "set", "family", *(("passed", "attempts", "%") if tally else ())):
        table.add_column(column, justify="right" if column in ("passed", "attempts", "%") else "left")
    chosen = [op for op in everything if family in (None, op.family) and of_set in (None, op.set)]
    for operator in chosen:
        row = [operator.name, str(operator.set), operator.family]
        if tally:
            passed, attempts = tally.operator_passed[operator.name], tally.operator_attempts[operator.name]
            row += [str(passed), str(attempts), percent(passed, attempts)]
        table.add_row(*row)
    out = console()
    out.print(table)
    say(out, f"{len(chosen)} of {len(everything)} operators, {len(families)} families")
    return 0


def _tally(path: Any) -> Tally:
    journal = Journal.open_to_read(existing_run(path).journal)
    try:
        return tally_of(journal)
    finally:
        journal.close()
