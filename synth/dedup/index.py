"""The index of band keys and shingles: who may be a near-duplicate of whom, for sets that do not fit into memory.

A log-structured merge tree (O'Neil et al., 1996) of two kinds of runs.  `bands`: 16 pairs of key and document for each
document (256 bytes), sorted.  `shingles`: documents, sorted, with their shingle hashes.  New documents wait in memory;
beyond `memory` bytes they become a sorted run, a file where the index has a folder.  Eight runs of a size become
one.

Documents are 64-bit numbers chosen by the caller, from their content.  Runs of band keys that another sketch scheme
wrote are made again from the shingles when met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from synth.dedup import runfiles
from synth.dedup.runfiles import Run
from synth.dedup.shingles import Shingles
from synth.dedup.sketch import BANDS, U64, Scheme, band_keys, best_scheme, sketches

MEMORY = 256 << 20
_FANOUT = 8
_BATCH = 4096  # documents sketched at a time
_SHARE = 1 << 21  # entries looked at together

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Buckets:
    """Documents that share a band key: `documents[starts[i]:ends[i]]`, at least two of them."""

    documents: U64
    starts: I64
    ends: I64


class Index:
    """An index in memory, or in `folder`, where what is there already is taken up.

    Raises UsageError for a damaged one.
    """

    def __init__(self, folder: Path | None = None, memory: int = MEMORY, scheme: Scheme | None = None) -> None:
        self.scheme = scheme or best_scheme()
        self._folder, self._memory = folder, memory
        self._bands: list[Run] = []
        self._shingles: list[Run] = []
        self._waiting_bands: list[tuple[U64, U64]] = []
        self._waiting_shingles: list[tuple[U64, list[Shingles]]] = []
        self._waiting_bytes = 0
        if folder is not None:
            self._take(runfiles.read(folder / name) for name in runfiles.read_manifest(folder))

    # -- writing ------------------------------------------------------------------------------------------

    def add(self, documents: U64, sets: Sequence[Shingles]) -> None:
        """Documents with their shingles.  One without any is near nothing, and is left out."""
        full = [number for number, one in enumerate(sets) if len(one)]
        for begin in range(0, len(full), _BATCH):
            chosen = full[begin : begin + _BATCH]
            batch = [sets[number] for number in chosen]
            ids = documents[chosen]
            self._waiting_shingles.append((ids, batch))
            self._waiting_bytes += ids.nbytes + sum(one.nbytes for one in batch)
            self.add_sketches(ids, sketches(batch, self.scheme))

    def add_sketches(self, documents: U64, found: npt.NDArray[np.uint32]) -> None:
        """Documents whose shingles are kept elsewhere."""
        keys = band_keys(found)
        self._waiting_bands.append((keys.ravel(), np.repeat(documents, BANDS)))
        self._waiting_bytes += 16 * keys.size
        if self._waiting_bytes > self._memory:
            self.flush()

    def flush(self) -> None:
        """What waits becomes sorted runs, in files where there is a folder."""
        fresh = [run for run in (self._sorted_bands(), self._sorted_shingles()) if run is not None]
        self._waiting_bands, self._waiting_shingles, self._waiting_bytes = [], [], 0
        if self._folder is not None:
            fresh = [runfiles.write(self._folder, run) for run in fresh]
        self._bands += [run for run in fresh if run.kind == "bands"]
        self._shingles += [run for run in fresh if run.kind == "shingles"]
        if fresh:
            self._compact()
            self._list()

    def _take(self, runs: Iterable[Run]) -> None:
        found = list(runs)
        own = [run for run in found if run.kind == "bands" and run.scheme == self.scheme.id]
        shingles = [run for run in found if run.kind == "shingles"]
        foreign = len(own) < sum(run.kind == "bands" for run in found)
        if foreign:
            for run in shingles:
                self._sketch_again(run)
            self.flush()  # a file of shingles is listed when the bands of all in it are
        else:
            self._bands += own
        self._shingles += shingles

    def _sketch_again(self, run: Run) -> None:
        ids, offsets, hashes = run.arrays["documents"], run.arrays["offsets"], run.arrays["hashes"]
        for begin in range(0, len(ids), _BATCH):
            end = min(begin + _BATCH, len(ids))
            sets = [np.asarray(hashes[offsets[number] : offsets[number + 1]]) for number in range(begin, end)]
            self.add_sketches(np.asarray(ids[begin:end]), sketches(sets, self.scheme))

    def _sorted_bands(self) -> Run | None:
        if not self._waiting_bands:
            return None
        keys = np.concatenate([keys for keys, _ in self._waiting_bands])
        documents = np.concatenate([documents for _, documents in self._waiting_bands])
        order = np.argsort(keys, kind="stable")
        return Run("bands", self.scheme.id, {"keys": keys[order], "documents": documents[order]})

    def _sorted_shingles(self) -> Run | None:
        if not self._waiting_shingles:
            return None
        ids = np.concatenate([ids for ids, _ in self._waiting_shingles])
        sets = [one for _, batch in self._waiting_shingles for one in batch]
        order = np.argsort(ids, kind="stable")
        offsets = np.zeros(len(ids) + 1, dtype=np.int64)
        np.cumsum([len(sets[number]) for number in order], out=offsets[1:])
        hashes = np.concatenate([sets[number] for number in order])
        return Run("shingles", "", {"documents": ids[order], "offsets": offsets, "hashes": hashes})

    def _compact(self) -> None:
        """Merges `_FANOUT` runs of bands of one size class into one, as often as there are so many."""
        while True:
            classes: dict[int, list[Run]] = {}
            for run in self._bands:
                classes.setdefault(run.size.bit_length() // 3, []).append(run)
            full = next((runs for runs in classes.values() if len(runs) >= _FANOUT), None)
            if full is None:
                return
            merged = self._merged(full)
            self._bands = [run for run in self._bands if not any(run is old for old in full)] + [merged]
            self._list()
            for old in full:
                if old.path is not None and old.path != merged.path:
                    old.path.unlink(missing_ok=True)

    def _merged(self, runs: list[Run]) -> Run:
        total = sum(len(run.arrays["keys"]) for run in runs)
        shapes = {"keys": ("<u8", total), "documents": ("<u8", total)}
        if self._folder is None:
            partial = None
            run = Run("bands", self.scheme.id, {name: np.empty(total, dtype) for name, (dtype, _) in shapes.items()})
        else:
            partial, run = runfiles.blank(self._folder, "bands", self.scheme.id, shapes)
        place = 0
        for keys, documents in _shares(runs):
            run.arrays["keys"][place : place + len(keys)] = keys
            run.arrays["documents"][place : place + len(keys)] = documents
            place += len(keys)
        return run if partial is None else runfiles.seal(partial, run)

    def _list(self) -> None:
        if self._folder is not None:
            runfiles.write_manifest(self._folder, [run.path.name for run in self._bands + self._shingles if run.path])

    # -- reading ------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Bytes of the runs of band keys, waiting documents aside."""
        return sum(run.size for run in self._bands)

    def buckets(self) -> Iterator[Buckets]:
        """All band keys that several documents share, a share of the keys at a time."""
        self.flush()
        for keys, documents in _shares(self._bands):
            edges = np.flatnonzero(keys[1:] != keys[:-1]) + 1
            starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [len(keys)]])
            several = ends - starts > 1
            yield Buckets(documents, starts[several], ends[several])

    def shingles(self, document: int) -> Shingles:
        """A document's shingles; none where it has none here."""
        self.flush()
        for run in self._shingles:
            ids = run.arrays["documents"]
            place = int(np.searchsorted(ids, np.uint64(document)))
            if place < len(ids) and ids[place] == document:
                begin, end = run.arrays["offsets"][place : place + 2]
                return np.asarray(run.arrays["hashes"][begin:end])
        return np.empty(0, dtype=np.uint32)


def _shares(runs: Sequence[Run]) -> Iterator[tuple[U64, U64]]:
    """The runs' entries in the order of their keys, about `_SHARE` at a time; equal keys are never parted.

    Keys are hashes, so equal ranges of them hold about as many.
    """
    total = sum(len(run.arrays["keys"]) for run in runs)
    if not total:
        return
    parts = -(-total // _SHARE)
    bounds = [(part << 64) // parts for part in range(1, parts)]
    cuts = [
        [0, *np.searchsorted(run.arrays["keys"], np.array(bounds, dtype=np.uint64)).tolist(), len(run.arrays["keys"])]
        for run in runs
    ]
    for part in range(parts):
        pieces = [(run, cut[part], cut[part + 1]) for run, cut in zip(runs, cuts, strict=True)]
        keys = np.concatenate([run.arrays["keys"][begin:end] for run, begin, end in pieces])
        documents = np.concatenate([run.arrays["documents"][begin:end] for run, begin, end in pieces])
        order = np.argsort(keys, kind="stable")
        if len(keys):
            yield keys[order], documents[order]
