"""What a run's answers cost and how its endpoints do, as tables and lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from synth.asking.money import dollars
from synth.display.progress import Progress

if TYPE_CHECKING:
    from synth.asking.asker import EndpointState


def costs(progress: Progress) -> list[str]:
    """Tokens and money of a run in two lines; none when nothing was asked of a server."""
    money, kept = progress.money, progress.kept
    if not money.calls:
        return []
    tokens = (
        f"Tokens: prompt {money.prompt_tokens:,} ({money.cached_tokens:,} cached), output {money.output_tokens:,}"
        f" ({money.reasoning_tokens:,} reasoning), for each kept program"
        f" {_each(money.prompt_tokens + money.output_tokens, kept)}; {money.calls:,} requests,"
        f" {money.answers:,} answered"
    )
    spent = f"Spent: {money.dollars()}, for each kept program {money.dollars(1 / kept) if kept else '-'}"
    if progress.whole is not None and progress.whole > 1:
        spent += f", whole run about {money.dollars(progress.whole)}"
    if money.max_cost is not None:
        spent += f", max_cost {dollars(money.max_cost)}"
    return [tokens, spent]


def _each(amount: int, kept: int) -> str:
    return f"{amount / kept:,.0f}" if kept else "-"


def short(progress: Progress) -> str:
    """The same for a log line; empty when nothing was asked of a server."""
    money, states = progress.money, progress.endpoints()
    if not money.calls and not states:
        return ""
    flight = "".join(f"  {state.endpoint}: {state.in_flight}/{state.limit} {state.state}" for state in states)
    return f"  spent {money.dollars()}  tokens {money.prompt_tokens:,}+{money.output_tokens:,}{flight}"


def endpoints(states: Sequence[EndpointState]) -> Table:
    """A row for each endpoint: how much is under way, how it does, how fast it is."""
    table = Table(title="Endpoints", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("endpoint", "in flight", "waiting", "state", "answered", "429s", "p50", "p95", "tokens/s"):
        table.add_column(column, justify="left" if column in ("endpoint", "state") else "right", no_wrap=True)
    for state in states:
        table.add_row(
            *(state.endpoint, f"{state.in_flight}/{state.limit}", str(state.waiting), state.state),
            *(str(state.answered), str(state.refused), _seconds(state.p50), _seconds(state.p95)),
            f"{state.tokens_per_second:,.0f}",
        )
    return table


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
