"""A run's samples sorted by what they were asked with: which words, which model, how many operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.table import Table

from synth.asking.money import dollars
from synth.display.terminal_report import percent
from synth.store.attempts import Begun
from synth.store.journal import Journal

#: what samples can be sorted by.  A sample belongs where its first attempt does, whoever repaired it.
DIMENSIONS: dict[str, Callable[[Begun], str | int]] = {
    "provider": lambda first: first.provider,
    "model": lambda first: f"{first.provider}:{first.asked}" if first.asked else first.provider,
    "prompt": lambda first: first.prompt or "-",
    "pattern_size": lambda first: first.pattern_size,
}


@dataclass
class Group:
    """Sums over the samples of one group."""

    samples: int = 0
    attempts: int = 0
    first_passed: int = 0
    passed: int = 0
    tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0


def group(journal: Journal, by: Sequence[str], below: int | None = None) -> dict[tuple[str | int, ...], Group]:
    """The groups, in the order of their names; `by` names some of `DIMENSIONS`, `below` a sample to stop before."""
    spent = journal.ledger.by_sample()
    found: dict[tuple[str | int, ...], Group] = {}
    for sample, chain in _chains(journal):
        if below is not None and sample >= below:
            break
        one = found.setdefault(tuple(DIMENSIONS[name](chain[0]) for name in by), Group())
        tokens, cost, unpriced = spent.get(sample, (0, 0.0, 0))
        one.samples += 1
        one.attempts += len(chain)
        one.first_passed += chain[0].passed
        one.passed += any(attempt.passed for attempt in chain)
        one.tokens += tokens
        one.cost += cost
        one.unpriced += unpriced
    return dict(sorted(found.items()))


def _chains(journal: Journal) -> Iterator[tuple[int, list[Begun]]]:
    """The judged attempts of each sample whose first attempt is judged."""
    for sample, attempts in groupby(journal.begun(), key=lambda attempt: attempt.sample):
        chain = [attempt for attempt in attempts if attempt.judged]
        if chain and chain[0].attempt == 1:
            yield sample, chain


def table(groups: dict[tuple[str | int, ...], Group], by: Sequence[str]) -> Table:
    """A row for each group."""
    shown = Table(title=f"By {', '.join(by)}", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in by:
        shown.add_column(name, no_wrap=True)
    figures = ("samples", "attempts", "first try", "after repair", "tokens/accepted", "cost/accepted")
    for name in figures:
        shown.add_column(name, justify="right", no_wrap=True)
    for key, one in groups.items():
        tokens = f"{one.tokens / one.passed:,.0f}" if one.passed else "-"
        cost = dollars(one.cost / one.passed, known=not one.unpriced) if one.passed else "-"
        shown.add_row(
            *(*map(str, key), str(one.samples), str(one.attempts), percent(one.first_passed, one.samples)),
            *(percent(one.passed, one.samples), tokens, cost),
        )
    return shown
