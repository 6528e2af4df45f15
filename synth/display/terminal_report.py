"""Figures as tables and lines: the same ones for the live monitor and for `.stats`."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, median

from rich.console import Group, RenderableType
from rich.table import Table

from synth.display import money_report
from synth.display.progress import Progress
from synth.display.tally import Tally
from validators.verdict import SENTENCES


def percent(part: int, whole: int) -> str:
    """`97.5 %`, or a dash when there is nothing to divide by."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def duration(seconds: float | None) -> str:
    """`1:02:03`, `4:05`, or a dash."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def funnel(tally: Tally, accepted: int, title: str = "Funnel (attempts)") -> Table:
    """How many entered and passed each stage, what it cost for each accepted pair, and what an accepted pair took."""
    table = _table(
        *(title, "stage", "entered", "passed", "%", "cpu s", "cpu s/accepted"),
        *("a pair's: median", "mean"),
    )
    for stage in tally.stages():
        entered, passed, cpu = tally.entered_stage[stage], tally.passed_stage[stage], tally.cpu_seconds[stage]
        _funnel_row(table, stage.value, (entered, passed), cpu, accepted, tally.pair_seconds.get(stage, []))
    total, each = sum(tally.cpu_seconds.values()), tally.pair_seconds.get(None, [])
    _funnel_row(table, "all", (tally.judged, tally.passed), total, accepted, each)
    return table


def _funnel_row(
    table: Table, name: str, attempts: tuple[int, int], cpu: float, accepted: int, of_pairs: Sequence[float]
) -> None:
    entered, passed = attempts
    each = f"{cpu / accepted:.3f}" if accepted else "-"
    middle = (f"{median(of_pairs):.3f}", f"{mean(of_pairs):.3f}") if of_pairs else ("-", "-")
    table.add_row(name, str(entered), str(passed), percent(passed, entered), f"{cpu:.2f}", each, *middle)


def reasons(tally: Tally, limit: int | None = None, title: str = "Reasons") -> Table:
    """Why attempts were turned down, most frequent first."""
    table = _table(title, "stage", "reason", "attempts", "meaning")
    table.columns[1].justify = table.columns[3].justify = "left"
    table.columns[3].no_wrap = False
    for stage, reason, count in tally.top_reasons(limit):
        table.add_row(stage.value, reason.value, str(count), SENTENCES[reason])
    return table


def gradients(tally: Tally, limit: int | None = None) -> list[RenderableType]:
    """The funnel of the gradients, and why some were turned down."""
    parts: list[RenderableType] = [funnel(tally, tally.passed, "Gradients (of attempts that passed)")]
    return [*parts, "", reasons(tally, limit, "Reasons (gradients)")] if tally.top_reasons(1) else parts


def operators(tally: Tally, limit: int | None = None, at_least: int = 3) -> Table:
    """Operators by success rate, worst first."""
    table = _table("Operators, worst first", "operator", "passed", "attempts", "%")
    for name, passed, attempts in tally.worst_operators(limit, at_least):
        table.add_row(name, str(passed), str(attempts), percent(passed, attempts))
    return table


def summary(progress: Progress) -> str:
    """A run in one line."""
    (what, made_it), tally = progress.words, progress.tally
    settled, kept = progress.settled, progress.kept
    return (
        f"{settled}/{progress.total} {what} decided, {kept} {made_it} ({percent(kept, settled)}),"
        f" {tally.judged} attempts, {sum(tally.cpu_seconds.values()):.1f} cpu s"
    )


def yields(tally: Tally) -> str:
    """How many samples passed at their first attempt, and with the later ones."""
    whole = tally.first_judged
    return (
        f"Yield: {percent(tally.first_passed, whole)} of samples passed at the first attempt,"
        f" {percent(tally.passed, whole)} after repair"
    )


def figures(progress: Progress, limit: int = 8) -> RenderableType:
    """A run on one screen."""
    tally = progress.tally
    parts: list[RenderableType] = [summary(progress)]
    if tally.judged > tally.first_judged:
        parts.append(yields(tally))
    parts += money_report.costs(progress)
    if tally.judged:
        parts += ["", funnel(tally, progress.kept)]
    if tally.top_reasons(1):
        parts += ["", reasons(tally, limit)]
    if progress.gradients.judged:
        parts += ["", *gradients(progress.gradients, limit)]
    failing = sum(passed < attempts for _, passed, attempts in tally.worst_operators())
    if failing:
        parts += ["", operators(tally, min(limit, failing))]
    return Group(*parts)


def plain_line(progress: Progress) -> str:
    """Where a run stands, without control codes: one line for a log."""
    tally = progress.tally
    busy = [worker for worker in progress.workers() if worker.label]
    top = tally.top_reasons(1)
    return (
        f"{progress.phase}: {progress.settled}/{progress.total} {progress.words[0]}"
        f"  {progress.words[1]} {progress.kept} ({percent(progress.kept, progress.settled)})"
        f"  {progress.rate:.2f}/s  eta {duration(progress.eta)}  busy {len(busy)}"
        + money_report.short(progress)
        + (f"  most rejects: {top[0][0].value}/{top[0][1]} {top[0][2]}" if top else "")
    )
