"""Judges the answers of a run again, with today's validators, and tells what became of its samples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from synth.run.asks import Received
from synth.store.attempts import Attempt
from synth.store.journal import Journal

if TYPE_CHECKING:
    from synth.asking.asker import EndpointState


class OldAnswers:
    """A source that asks nobody: attempt n of sample i gets what it got in an earlier run."""

    def __init__(self, old: Journal) -> None:
        self._old = old
        self._patterns = list(old.patterns())
        self.limit: int | None = len(self._patterns)
        self.seconds = 0.0
        self.floor = 0

    def pattern(self, sample: int) -> tuple[str, ...]:
        """As it was."""
        return self._patterns[sample]

    def needs(self, sample: int) -> int:
        """All patterns are known."""
        return 0

    async def ask(self, sample: int, number: int, name: str, chain: Sequence[Attempt]) -> Received | None:
        """The old answer, with the verdict on it where there was no text to judge; None where the old run ended."""
        attempt = self._old.attempt(sample, number)
        if attempt is None:
            return None
        refusal = attempt.verdicts[0] if attempt.answer is None and attempt.verdicts else None
        return Received(attempt.answer, attempt.origin, refusal)

    def hang_up(self) -> AbstractSet[int]:
        """Nothing is ever on its way."""
        return frozenset()

    def endpoints(self) -> Sequence[EndpointState]:
        """There are none."""
        return ()

    def left(self) -> str:
        """Nothing is."""
        return ""

    async def aclose(self) -> None:
        """There is nothing to end."""


def digest(old: Journal) -> str:
    """Tells the answers of one run from those of any other; more samples of the same run are the same."""
    begun = [attempt for attempt in (old.attempt(0, 1),) if attempt]
    known = [old.meta().get("identity"), *(attempt.answer for attempt in begun)]
    return blake2b(json.dumps(known, sort_keys=True).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Fate:
    """What was decided of a sample."""

    kept: bool
    reason: str  # "stage/reason" of the deciding attempt, "" where it was kept


def fates(journal: Journal) -> Iterator[Fate]:
    """Of all decided samples, in index order."""
    for sample, number, _, kept in journal.fates():
        attempt = journal.attempt(sample, number)
        assert attempt is not None
        yield Fate(kept, "" if kept else f"{attempt.stage}/{attempt.reason}")


def compared(old: Journal, new: Journal) -> list[str]:
    """How the fates differ, in a few lines, over the samples that both have decided."""
    pairs = list(zip(fates(old), fates(new), strict=False))
    before, after = sum(one.kept for one, _ in pairs), sum(two.kept for _, two in pairs)
    lost = Counter(two.reason for one, two in pairs if one.kept and not two.kept)
    gained = Counter(one.reason for one, two in pairs if two.kept and not one.kept)
    moved = Counter(
        f"{one.reason} -> {two.reason}"
        for one, two in pairs
        if not one.kept and not two.kept and one.reason != two.reason
    )
    lines = [
        f"{len(pairs)} samples: kept {before} before, {after} now;"
        f" {lost.total()} lost, {gained.total()} gained, {moved.total()} rejected for another reason"
    ]
    for word, counted in (("lost", lost), ("gained, before", gained), ("other reason", moved)):
        lines += [f"  {word}: {reason}  {count}" for reason, count in counted.most_common()]
    return lines
