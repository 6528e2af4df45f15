"""Which split a row belongs to: a pure function of the name of its group, so that nothing leaks between splits.

A group is what must not be torn apart: programs with the same ATen graph, names, constants and shapes aside (stage
GRAPH's `root`), and the gradients of each.  Where a journal does not know graphs, a group is one program.  The group's
hash decides, not the order or the number of rows: another row never moves a group that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from validators.verdict import Stage

if TYPE_CHECKING:  # the commands' list takes the shares' default from here, and is to load nothing heavy
    from synth.store.attempts import Attempt

SPLITS = ("train", "validation", "test")
DEFAULT_SHARES = (0.9, 0.05, 0.05)


def root_of(attempt: Attempt) -> str | None:
    """The loose graph's name (stage GRAPH, `root`); None in journals that do not have it."""
    for verdict in attempt.verdicts or ():
        if verdict.stage == Stage.GRAPH and verdict.metrics.get("root"):
            return str(verdict.metrics["root"])
    return None


def group_of(attempt: Attempt) -> str:
    """The group of a program and of its gradient, which is told from the program's attempt."""
    return root_of(attempt) or attempt.source_hash or f"sample {attempt.sample}"


def split_of(group: str, shares: Sequence[float] = DEFAULT_SHARES) -> str:
    """One of `SPLITS`; `shares` are theirs, of 1 in all.

    The group's hash is a number in [0, 1), and the splits are intervals of it in their order: with other shares only
    the groups between the old and the new bounds move.
    """
    digest = blake2b(group.encode("utf-8", "surrogatepass"), digest_size=8, person=b"synth splits").digest()
    place, bound = int.from_bytes(digest, "big") / 2**64, 0.0
    for split, share in zip(SPLITS, shares, strict=True):
        bound += share
        if share and place < bound:
            return split
    # The shares' sum may fall short of 1 by rounding.
    return next(split for split, share in zip(reversed(SPLITS), reversed(shares), strict=True) if share)
