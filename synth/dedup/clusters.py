"""Who is near whom: connected components, and who has too many beside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
MOST_COMPARED = 256  # of those that share a bucket with one; those that share most come first


class Components:
    """Union-find with path halving (Tarjan, van Leeuwen, 1984) over the numbers below `count`."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, one: int) -> int:
        """The component's name: its smallest number."""
        parent = self._parent
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def join(self, first: int, second: int) -> None:
        """Makes one component of two."""
        low, high = sorted((self.find(first), self.find(second)))
        self._parent[high] = low

    def join_equal(self, keys: npt.NDArray[np.uint64]) -> None:
        """Joins all that have the same key; 0 is none."""
        order = np.argsort(keys, kind="stable")
        same = np.flatnonzero((keys[order][1:] == keys[order][:-1]) & (keys[order][1:] != 0))
        for place in same.tolist():
            self.join(int(order[place]), int(order[place + 1]))

    def names(self) -> I64:
        """Each number's component."""
        return np.array([self.find(one) for one in range(len(self._parent))], dtype=np.int64)


def join_near(members: Iterable[int], components: Components, near: Callable[[int, int], bool]) -> None:
    """Joins components that have a near pair among `members`.

    Every pair of different components is looked at, unless they have been joined meanwhile: what comes out does not
    depend on the order of the members, and a set of near-identical members takes one comparison each.
    """
    groups: dict[int, list[int]] = {}
    for member in members:
        groups.setdefault(components.find(member), []).append(member)
    merged: list[list[int]] = []
    for group in groups.values():
        apart = []
        for other in merged:
            if any(near(one, two) for one in other for two in group):
                components.join(other[0], group[0])
                group += other
            else:
                apart.append(other)
        merged = [*apart, group]


def crowded(buckets: Iterable[list[int]], rank: I64, near: Callable[[int, int], bool], cap: int) -> list[int]:
    """Those that have `cap` better ones beside them that stay, best first; who shares no bucket is not compared.

    Who stays follows from the ranks alone.  Of those that stay none is crowded when they are asked about again.
    """
    entered: dict[int, list[int]] = defaultdict(list)
    staying: list[list[int]] = []
    for bucket in buckets:
        for member in bucket:
            entered[member].append(len(staying))
        staying.append([])
    gone: list[int] = []
    for one in sorted(entered, key=rank.__getitem__):
        shared = Counter(other for number in entered[one] for other in staying[number])
        beside = 0
        for other in sorted(shared, key=lambda other: (-shared[other], rank[other]))[:MOST_COMPARED]:
            beside += near(one, other)
            if beside == cap:
                gone.append(one)
                break
        else:
            for number in entered[one]:
                staying[number].append(one)
    return gone
