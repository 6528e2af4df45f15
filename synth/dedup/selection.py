"""The final pass: which pairs of a set are kept.  A pure function of the set: no order, no arrival, no workers.

Near-duplicates are compared exactly, but only where their sketches meet (see `sketch` for how often): two machines of
which one lacks rensa may settle pairs between 0.70 and 0.90 differently, and `Selection.scheme` says which it was.

Keys are settled one after the other, each among those that are left, and in each group of equals or near-duplicates the
best are kept by (quality, smallest content hash):

1. identical: both texts are the same;
2. source: the program's normal form, constants included;
3. graph: the ATen graph with shapes and arguments, which Inductor gives the same code;
4. near_source: connected by program bodies of Jaccard similarity >= `near_duplicate_jaccard`, constants aside;
5. graph_cap: the same loose graph, more often than `graph_cap`;
6. operators_cap: the same multiset of ATen operators, more often than `operators_cap`;
7. near_triton: `triton_cap` better ones that are kept have near-duplicate Triton texts.  Not by connection: texts share
   templates, and of some thousand pairs half hang together.

A selection of a selection drops nothing: what was kept is no larger a group in any key, and near pairs only leave.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.dedup.clusters import I64, Components, crowded, join_near
from synth.dedup.index import MEMORY, Index
from synth.dedup.limits import KEYS, Limits
from synth.dedup.record import Record
from synth.dedup.shingles import Shingles, jaccard

_DUPLICATES = ("source", "graph", "near_source")  # whose best stands for the others; caps take what is merely frequent
_BATCH = 1024

U64 = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Selection:
    """What became of each record, in the order in which they were given."""

    fates: tuple[str, ...]  # "" for a kept one, else a name of `KEYS`
    stands_for: I64  # of a kept one: rows that it is kept for, itself included
    _groups: U64
    limits: Limits
    scheme: str

    @property
    def kept(self) -> list[bool]:
        """Whether each is kept."""
        return [not fate for fate in self.fates]

    def group(self, number: int) -> str:
        """The connected component of a record over equal graphs and near-duplicate programs: 16 hex digits.

        Records of different components share no loose graph and no program body, and no near-duplicate that was met,
        so that a split by them leaks nothing of the kind.  It is named after the smallest content hash kept of it.
        """
        return f"{int(self._groups[number]):016x}"

    @property
    def dropped(self) -> dict[str, int]:
        """How many were dropped by which key, in the order of the keys."""
        counts = Counter(self.fates)
        return {key: counts[key] for key in KEYS if counts[key]}

    def summary(self) -> dict[str, Any]:
        """The same as JSON data, the same for every order of the records."""
        kept = np.array(self.kept, dtype=bool)
        return {
            "pairs": len(self.fates),
            "kept": int(kept.sum()),
            "dropped": self.dropped,
            "groups": len(np.unique(self._groups[kept])),
            "limits": asdict(self.limits),
            "sketches": self.scheme,
        }


def select(
    records: Iterable[Record], limits: Limits | None = None, work: Path | None = None, memory: int = MEMORY
) -> Selection:
    """The final pass.  Records are taken one by one; beyond `memory` bytes their shingles lie in folder `work`."""
    limits = limits or Limits()
    columns = _Columns()
    programs = Index(None if work is None else work / "program", memory)
    tritons = Index(None if work is None else work / "triton", memory)
    for batch in _batches(records):
        ids = np.array([columns.add(record) for record in batch], dtype=np.uint64)
        programs.add(ids, [record.program for record in batch])
        tritons.add(ids, [record.triton for record in batch])
    rank = columns.rank()
    passing = _Passing(columns, rank)
    once = 1 if limits.one_of_equals else None
    passing.keep("identical", _u64(columns.content), 1)
    passing.keep("source", _u64(columns.source), once)
    passing.keep("graph", _u64(columns.strict), once)
    whole = Components(len(rank))
    for values in (columns.content, columns.source, columns.strict, columns.root):
        whole.join_equal(_u64(values))
    threshold = limits.near_duplicate_jaccard
    left = _connected(_Meeting(programs, columns, passing.alive, threshold), len(rank), whole)
    passing.keep("near_source", left, once)
    passing.keep("graph_cap", _u64(columns.root), limits.graph_cap)
    passing.keep("operators_cap", _u64(columns.operators), limits.operators_cap)
    if limits.triton_cap is not None:
        meeting = _Meeting(tritons, columns, passing.alive, threshold)
        passing.drop("near_triton", crowded(meeting.living(), rank, meeting.near, limits.triton_cap))
    groups = _named(whole.names(), _u64(columns.content), passing.alive)
    return Selection(tuple(passing.fates), passing.stands_for, groups, limits, programs.scheme.id)


def _batches(records: Iterable[Record]) -> Iterable[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class _Columns:
    """The records without their shingles, about 120 bytes each.  Keys are 64-bit hashes; 0 is none."""

    def __init__(self) -> None:
        self.content, self.source, self.strict, self.root, self.operators = (array("Q") for _ in range(5))
        self._order = [array("d") for _ in range(4)]
        self._ties = [array("Q") for _ in range(4)]
        self.stands_for = array("q")

    def add(self, record: Record) -> int:
        """Notes a record; the number of its content, which both indexes know it by."""
        number = int.from_bytes(record.content[:8], "big") or 1
        self.content.append(number)
        self.source.append(_key(record.source))
        self.strict.append(_key(record.graph_strict))
        self.root.append(_key(record.graph_root))
        self.operators.append(_key(record.operators))
        for column, value in zip(self._order, record.quality.order, strict=True):
            column.append(value)
        ties = record.content[8:16], record.content[16:20], record.row[:8], record.row[8:16]
        for tie, part in zip(self._ties, ties, strict=True):
            tie.append(int.from_bytes(part, "big"))
        self.stands_for.append(record.stands_for)
        return number

    def rank(self) -> I64:
        """Each record's place when all are ordered by quality, then content, then the whole row."""
        ordered = [*(np.frombuffer(column) for column in self._order), _u64(self.content), *map(_u64, self._ties)]
        rank = np.empty(len(self.content), dtype=np.int64)
        rank[np.lexsort(ordered[::-1])] = np.arange(len(rank))
        return rank


class _Passing:
    """The records that are left, key after key."""

    def __init__(self, columns: _Columns, rank: I64) -> None:
        self.alive = np.ones(len(rank), dtype=bool)
        self.fates = [""] * len(rank)
        self.stands_for = np.array(columns.stands_for, dtype=np.int64)
        self._rank = rank

    def keep(self, key: str, groups: U64, cap: int | None) -> None:
        """Of each group the `cap` best that are left; those in group 0 are alone."""
        if cap is None:
            return
        there = np.flatnonzero(self.alive & (groups != 0))
        there = there[np.lexsort((self._rank[there], groups[there]))]
        named = groups[there]
        first = np.flatnonzero(np.concatenate([[True], named[1:] != named[:-1]])) if len(there) else there
        place = np.arange(len(there)) - np.repeat(first, np.diff(np.append(first, len(there))))
        for position in np.flatnonzero(place >= cap).tolist():
            one, best = int(there[position]), int(there[position - place[position]])
            self.drop(key, [one])
            if key == "identical":  # one row met twice, in two exports of a run, say
                self.stands_for[best] = max(self.stands_for[best], self.stands_for[one])
            elif key in _DUPLICATES:
                self.stands_for[best] += self.stands_for[one]

    def drop(self, key: str, gone: Iterable[int]) -> None:
        """These are left out."""
        for one in gone:
            self.alive[one] = False
            self.fates[one] = key


class _Meeting:
    """Records whose sketches meet in an index, and whether two of them are near-duplicates."""

    def __init__(self, index: Index, columns: _Columns, alive: npt.NDArray[np.bool_], threshold: float) -> None:
        self.alive = alive
        self._index, self._threshold = index, threshold
        content = _u64(columns.content)
        self._numbers, one_of = np.unique(content, return_inverse=True)
        # A record for each content, a living one where there is one: equal contents have equal shingles.
        self._holder = np.zeros(len(self._numbers), dtype=np.int64)
        for which in (~alive, alive):
            self._holder[one_of[which]] = np.flatnonzero(which)
        self._cache = _Cached(index, content)

    def near(self, first: int, second: int) -> bool:
        """Compared exactly."""
        one, two = self._cache.get(first), self._cache.get(second)
        fewer, more = sorted((len(one), len(two)))
        return fewer >= self._threshold * more and jaccard(one, two) >= self._threshold

    def buckets(self) -> Iterator[list[int]]:
        """Records of each band key that several have."""
        for buckets in self._index.buckets():
            members = self._holder[np.searchsorted(self._numbers, buckets.documents)]
            for start, end in zip(buckets.starts.tolist(), buckets.ends.tolist(), strict=True):
                found = np.unique(members[start:end]).tolist()
                if len(found) > 1:
                    yield found

    def living(self) -> Iterator[list[int]]:
        """The same of those that are alive."""
        for found in self.buckets():
            living = [member for member in found if self.alive[member]]
            if len(living) > 1:
                yield living


def _connected(meeting: _Meeting, count: int, whole: Components) -> U64:
    """For each record the component of near-duplicates that it is in, among those alive, counted from 1.

    `whole` gets the near pairs of all records, those that are dropped included.
    """
    among = Components(count)
    for together in meeting.buckets():
        living = [member for member in together if meeting.alive[member]]
        if len(living) > 1:
            join_near(living, among, meeting.near)
        for member in living:  # what is known already is not compared again
            whole.join(member, among.find(member))
        join_near(together, whole, meeting.near)
    return (among.names() + 1).astype(np.uint64)


class _Cached:
    """Shingles by record, the latest kept: those of a bucket are asked for again and again."""

    def __init__(self, index: Index, content: U64) -> None:
        self._index, self._content = index, content
        self._found: dict[int, Shingles] = {}

    def get(self, number: int) -> Shingles:
        """A record's shingles."""
        found = self._found.get(number)
        if found is None:
            if len(self._found) >= 1 << 14:
                self._found.clear()
            found = self._found[number] = self._index.shingles(int(self._content[number]))
        return found


def _named(names: I64, content: U64, alive: npt.NDArray[np.bool_]) -> U64:
    """Each component's smallest living content; where none lives, its smallest."""
    dead = (~alive).astype(np.int64)
    order = np.lexsort((content, dead, names))
    first = np.concatenate([[True], names[order][1:] != names[order][:-1]]) if len(order) else np.empty(0, dtype=bool)
    smallest = np.zeros(len(names), dtype=np.uint64)
    smallest[names[order][first]] = content[order][first]
    return smallest[names]


def _key(text: str) -> int:
    """64 bits of a key; 0 for none."""
    if not text:
        return 0
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") or 1


def _u64(values: Sequence[int]) -> U64:
    return np.frombuffer(values, dtype=np.uint64) if len(values) else np.empty(0, dtype=np.uint64)  # type: ignore[call-overload]
