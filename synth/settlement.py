"""Who came first: duplicates are told by index order, never by who was judged first."""

from __future__ import annotations

from collections.abc import Iterable

from synth.attempts import Attempt
from validators.verdict import Reason


class Kept:
    """What the corpus holds so far, as far as duplicates can be told."""

    def __init__(self, rows: Iterable[tuple[int, str | None, str | None]] = ()) -> None:
        self._sources: dict[str, int] = {}
        self._signatures: dict[str, int] = {}
        for row in rows:
            self.add(*row)

    def add(self, sample: int, source_hash: str | None, signature: str | None) -> None:
        """A program is kept for good."""
        if source_hash:
            self._sources.setdefault(source_hash, sample)
        if signature:
            self._signatures.setdefault(signature, sample)

    def duplicate(self, attempt: Attempt) -> tuple[Reason, str] | None:
        """Why this attempt adds nothing to what is kept, if so.

        Kept samples all have a lower index than one that is not settled yet, so a hit stays a hit: it may be
        acted on before the sample's turn.
        """
        for reason, key, known in (
            (Reason.DUPLICATE_SOURCE, attempt.source_hash, self._sources),
            (Reason.DUPLICATE_SIGNATURE, attempt.signature, self._signatures),
        ):
            if key and key in known:
                return reason, f"as in sample {known[key]}"
        return None
