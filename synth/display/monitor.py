"""Shows a run while it happens: a live panel on a terminal, one plain line every few seconds elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from synth.display import money_report, terminal_report
from synth.display.progress import Progress, WorkerState
from synth.display.terminal import say

PLAIN_SECONDS = 5.0
LIVE_SECONDS = 0.25


@asynccontextmanager
async def watching(progress: Progress, console: Console) -> AsyncIterator[None]:
    """Shows `progress` until the block ends, then the figures once more, to stay."""
    show = _live if console.is_terminal and not console.is_dumb_terminal else _plain
    task = asyncio.create_task(show(progress, console))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        console.print(terminal_report.figures(progress))


async def _plain(progress: Progress, console: Console) -> None:
    last = ""
    while True:
        line = terminal_report.plain_line(progress)
        if line != last:  # nothing new is no news
            say(console, line)
        last = line
        await asyncio.sleep(PLAIN_SECONDS)


async def _live(progress: Progress, console: Console) -> None:
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(_panel(progress, console.height), refresh=True)
            await asyncio.sleep(LIVE_SECONDS)


def _panel(progress: Progress, height: int) -> RenderableType:
    bar = Table.grid(padding=(0, 2))
    head = f"{progress.settled}/{progress.total}  {progress.rate:.2f}/s  eta {terminal_report.duration(progress.eta)}"
    goal = f" of {progress.target}" if progress.target is not None else ""
    kept = f"{progress.words[1]} {progress.kept}{goal} ({terminal_report.percent(progress.kept, progress.settled)})"
    bar.add_row(progress.phase, ProgressBar(progress.total, progress.settled, width=30), head, kept)
    workers = list(progress.workers())
    money, states = money_report.costs(progress), progress.endpoints()
    asking: list[RenderableType] = [*money, *((money_report.endpoints(states),) if states else ())]
    lines = len(money) + (len(states) + 2 if states else 0)
    if progress.tally.judged > progress.tally.first_judged:
        asking.insert(0, terminal_report.yields(progress.tally))
        lines += 1
    # A panel taller than the terminal would scroll instead of staying in place.
    shown = workers[: max(1, min(8, height - 24 - lines))]
    parts: list[RenderableType] = [bar, *asking, "", terminal_report.funnel(progress.tally, progress.kept)]
    parts += ["", terminal_report.reasons(progress.tally, 4), "", terminal_report.operators(progress.tally, 4)]
    return Group(*parts, "", _workers(shown, sum(bool(w.label) for w in workers), len(workers)))


def _workers(shown: Sequence[WorkerState], busy: int, total: int) -> Table:
    table = Table(title=f"Workers: {busy} of {total} busy", title_justify="left", box=None, show_header=False)
    table.add_column(no_wrap=True, min_width=19)  # kept whatever the names' lengths
    table.add_column(no_wrap=True, overflow="ellipsis")  # a name over several lines would make the panel jump
    for worker in shown:
        seconds = f"{time.monotonic() - worker.since:.0f} s" if worker.label else ""
        table.add_row(f"{worker.index:>2}  {worker.stage if worker.label else 'idle':<10}  {seconds}", worker.label)
    return table
