"""Tokens and US dollars of a run, as its calls tell."""

from __future__ import annotations

from dataclasses import dataclass

from synth.asking.calls import ANSWER, Call


def unpriced(call: Call) -> bool:
    """Whether a call has a cost that is not known.  One without tokens was turned away by the server and is free."""
    return call.cost is None and (call.outcome == ANSWER or call.usage.output_tokens is not None)


@dataclass
class Money:
    """Sums over calls; a count the server did not give adds nothing."""

    max_cost: float | None = None
    calls: int = 0
    answers: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    spent: float = 0.0  # as far as costs are known
    unpriced: int = 0  # calls with a cost that is not known

    def add(self, call: Call) -> None:
        """One more call has come back."""
        self.calls += 1
        self.answers += call.outcome == ANSWER
        self.prompt_tokens += call.usage.prompt_tokens or 0
        self.cached_tokens += call.usage.cached_tokens or 0
        self.output_tokens += call.usage.output_tokens or 0
        self.reasoning_tokens += call.usage.reasoning_tokens or 0
        self.spent += call.cost or 0.0
        self.unpriced += unpriced(call)

    def dollars(self, share: float = 1.0) -> str:
        """What was spent times `share`: `$0.0123`, `unknown`, or what is known of it and that there is more."""
        return dollars(self.spent * share, known=not self.unpriced)


def dollars(amount: float, known: bool = True) -> str:
    """An amount in US dollars, to four digits after the point below one dollar."""
    shown = f"${amount:,.4f}" if amount < 1 else f"${amount:,.2f}"
    if known:
        return shown
    return f"{shown} and unknown" if amount else "unknown"
