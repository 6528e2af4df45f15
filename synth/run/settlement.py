"""Who came first: duplicates are told by index order, never by who was judged first."""

from __future__ import annotations

from collections.abc import Iterable

from synth.store.attempts import Attempt
from validators.verdict import Reason, Stage


class Kept:
    """What the corpus holds so far, as far as duplicates can be told."""

    def __init__(self, rows: Iterable[tuple[int, str | None, str | None, str | None]] = ()) -> None:
        self._sources: dict[str, int] = {}
        self._signatures: dict[str, int] = {}
        self._graphs: dict[str, int] = {}
        for row in rows:
            self.add(*row)

    def add(self, sample: int, source_hash: str | None, signature: str | None, graph: str | None) -> None:
        """A program is kept for good."""
        for key, known in ((source_hash, self._sources), (signature, self._signatures), (graph, self._graphs)):
            if key:
                known.setdefault(key, sample)

    def with_source(self, source_hash: str) -> int | None:
        """The kept sample of that source, if there is one."""
        return self._sources.get(source_hash)

    def duplicate(self, attempt: Attempt) -> tuple[Stage, Reason, str] | None:
        """Why this attempt adds nothing to what is kept, if so, and the stage that says it.

        Kept samples all have a lower index than one that is not settled yet, so a hit stays a hit: it may be
        acted on before the sample's turn.  Of several hits the lowest sample's is told, because it is the one
        that is there first however the judgements arrive.
        """
        hits = [
            (known[key], stage, reason)
            for stage, reason, key, known in (
                (Stage.SIMILARITY, Reason.DUPLICATE_SOURCE, attempt.source_hash, self._sources),
                (Stage.SIMILARITY, Reason.DUPLICATE_SIGNATURE, attempt.signature, self._signatures),
                (Stage.GRAPH, Reason.DUPLICATE_GRAPH, attempt.graph, self._graphs),
            )
            if key and key in known
        ]
        if not hits:
            return None
        sample, stage, reason = min(hits, key=lambda hit: hit[0])  # the first of equals: cheaper keys come first
        return stage, reason, repeats(sample)


def repeats(sample: int) -> str:
    """The detail of a duplicate's verdict."""
    return f"as in sample {sample}"
