"""A million documents through the sketch and the index of band keys: speed, bytes, memory, recall and precision.

    python benchmarks/dedup.py [documents=1000000] [memory_mb=64]

Documents are sets of 150 shingles drawn from their number.  Every tenth is a near-duplicate of one before it, some
close by, some far away, at Jaccard similarities from 0.60 to 0.98.  Sketches are computed as they are indexed (in a
temporary folder, with `memory_mb` of documents waiting in memory), the candidates are read off the index at the end.
Recall is of planted pairs by their exact similarity; precision is of a sample of the candidates: the share at 0.70 and
above.

`plan_10m` is arithmetic from what was measured, for one core and one kind of text: shingles (of the built-in
synthesizer's programs), sketches, index, candidates; bytes of band keys and of stored shingles.  The work of shingling
and sketching divides by documents, that of candidates by key ranges, so machines share it by files alone.
Prints one JSON line.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from synth.answers.naming import base_name
from synth.config import RunConfig
from synth.dedup import shingles
from synth.dedup.index import Buckets, Index
from synth.dedup.shingles import mixed
from synth.dedup.sketch import NUMPY, PERMUTATIONS, best_scheme
from synth.sampling import catalogue_sets, derived_rng, sample_pattern
from synth.synthesizer import write_program

SIZE = 150
BATCH = 8192
U64 = np.uint64


def draw(numbers: np.ndarray, salt: int) -> np.ndarray:
    """32 random bits for each number."""
    return mixed(numbers.astype(U64) * U64(0x9E3779B97F4A7C15) + U64(salt)) >> U64(32)


def sources(numbers: np.ndarray) -> np.ndarray:
    """What each document is a near-duplicate of: itself where it is none, else one before it that is none."""
    tens = numbers // 10
    far = draw(numbers, 2).astype(np.int64) % np.maximum(tens, 1) * 10
    return np.where(numbers % 10 != 9, numbers, np.where(tens % 2 == 0, numbers - 5, far))


def changed(numbers: np.ndarray) -> np.ndarray:
    """How many shingles of each near-duplicate are its own."""
    similarity = 0.60 + 0.38 * draw(numbers, 3) / 2**32
    return np.where(numbers % 10 == 9, np.rint(SIZE * (1 - similarity) / (1 + similarity)), 0).astype(np.int64)


def documents(numbers: np.ndarray) -> np.ndarray:
    """A row of shingles for each."""
    places = np.arange(SIZE)
    owner = np.where(places < SIZE - changed(numbers)[:, None], sources(numbers)[:, None], numbers[:, None])
    return draw(owner * 1024 + places, 1).astype(np.uint32)


def minima(rows: np.ndarray, scheme: object = None) -> np.ndarray:
    """The rows' sketches."""
    offsets = np.arange(len(rows) + 1, dtype=np.int64) * rows.shape[1]
    return (scheme or best_scheme()).minima(mixed(rows.ravel().astype(U64)), offsets)  # type: ignore[attr-defined]


def resident() -> dict[str, int]:
    """Megabytes of this process: all, and without mapped files."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    found = {line[0]: int(line[1]) // 1024 for line in lines if line and line[0] in ("VmRSS:", "RssAnon:")}
    return {"rss_mb": found["VmRSS:"], "anonymous_mb": found["RssAnon:"]}


def pairs_of(buckets: Buckets) -> np.ndarray:
    """Each pair of documents of a bucket as one number."""
    two = buckets.ends - buckets.starts == 2
    first, second = buckets.documents[buckets.starts[two]], buckets.documents[buckets.starts[two] + 1]
    found = [np.minimum(first, second) << U64(32) | np.maximum(first, second)]
    for start, end in zip(buckets.starts[~two].tolist(), buckets.ends[~two].tolist(), strict=True):
        together = np.unique(buckets.documents[start:end])
        one, other = np.triu_indices(len(together), 1)
        found.append(together[one] << U64(32) | together[other])
    return np.unique(np.concatenate(found))


def programs_per_second(count: int = 300) -> float:
    """Of the built-in synthesizer's programs through `of_program`."""
    config, sets = RunConfig(), catalogue_sets()
    programs = []
    for index in range(count):
        pattern = sample_pattern(config, sets, index)
        name = base_name(pattern)
        programs.append((write_program(pattern, derived_rng(0, index, "benchmark"), name), name))
    began = time.process_time()
    for program, name in programs:
        shingles.of_program(program, name)
    return count / (time.process_time() - began)


def recall(found: np.ndarray, planted: np.ndarray) -> dict[str, dict[str, float]]:
    """Of planted pairs that are candidates, by similarity; with what 16 bands of 8 rows promise."""
    own = changed(planted)
    similarity = (SIZE - own) / (SIZE + own)
    partner = sources(planted)
    key = (np.minimum(planted, partner).astype(U64) << U64(32)) | np.maximum(planted, partner).astype(U64)
    hit = np.isin(key, found)
    table = {}
    for low, high in ((0.6, 0.7), (0.7, 0.75), (0.75, 0.8), (0.8, 0.85), (0.85, 0.9), (0.9, 1.0)):
        there = (similarity >= low) & (similarity < high)
        promised = float(np.mean(1 - (1 - similarity[there] ** 8) ** 16))
        table[f"{low}-{high}"] = {"recall": round(float(hit[there].mean()), 4), "expected": round(promised, 4)}
    above = similarity >= 0.7
    table["0.7-1.0"] = {"recall": round(float(hit[above].mean()), 4)}
    return table


def exact(pairs: np.ndarray) -> np.ndarray:
    """The similarity of each pair."""
    first = documents((pairs >> U64(32)).astype(np.int64))
    second = documents((pairs & U64(0xFFFFFFFF)).astype(np.int64))
    return np.array([shingles.jaccard(np.unique(a), np.unique(b)) for a, b in zip(first, second, strict=True)])


def main(count: int, memory_mb: int) -> None:
    marks = {int(count * share): {} for share in (0.1, 0.25, 0.5, 1.0)}
    start = resident()
    sketching = indexing = 0.0
    with tempfile.TemporaryDirectory() as name:
        index = Index(Path(name), memory=memory_mb << 20)
        for begin in range(0, count, BATCH):
            numbers = np.arange(begin, min(begin + BATCH, count))
            rows = documents(numbers)
            t0 = time.process_time()
            made = minima(rows)
            t1 = time.process_time()
            index.add_sketches(numbers.astype(U64), made)
            t2 = time.process_time()
            sketching, indexing = sketching + t1 - t0, indexing + t2 - t1
            for mark in marks:
                if begin < mark <= begin + BATCH:
                    marks[mark] = resident()
        t0 = time.process_time()
        found = np.unique(np.concatenate([pairs_of(buckets) for buckets in index.buckets()]))
        reading = time.process_time() - t0
        after = resident()
        on_disk = sum(file.stat().st_size for file in Path(name).iterdir())
    planted = np.arange(9, count, 10)
    sample = np.random.default_rng(0).choice(found, min(len(found), 20_000), replace=False)
    t0 = time.process_time()
    similar = exact(sample)
    verifying = time.process_time() - t0
    t0 = time.process_time()
    minima(documents(np.arange(4096)), NUMPY)
    by_numpy = 4096 / (time.process_time() - t0)
    shingling = programs_per_second()
    per_document = on_disk / count
    plan = {
        "shingle_core_h": round(10e6 / shingling / 3600, 2),
        "sketch_core_h": round(sketching / count * 10e6 / 3600, 3),
        "index_core_h": round((indexing + reading) / count * 10e6 / 3600, 3),
        "band_gb": round(per_document * 10e6 / 1e9, 2),
        "shingle_gb": round((4 * SIZE + 16) * 10e6 / 1e9, 2),
        "final_pass_columns_gb": round(120 * 10e6 / 1e9, 2),
    }
    result = {
        "documents": count,
        "scheme": best_scheme().id,
        "permutations": PERMUTATIONS,
        "shingle_programs_per_s": round(shingling),
        "sketch_documents_per_s": round(count / sketching),
        "sketch_documents_per_s_numpy": round(by_numpy),
        "index_documents_per_s": round(count / indexing),
        "index_and_candidates_documents_per_s": round(count / (indexing + reading)),
        "bytes_per_document": round(per_document, 1),
        "memory": {"start": start, **{str(mark): seen for mark, seen in marks.items()}, "candidates read": after},
        "candidates": len(found),
        "recall": recall(found, planted),
        "precision_at_0.7": round(float(np.mean(similar >= 0.7)), 4),
        "precision_at_0.6": round(float(np.mean(similar >= 0.6)), 4),
        "verify_pairs_per_s": round(len(sample) / verifying),
        "plan_10m": plan,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    asked = dict(argument.split("=", 1) for argument in sys.argv[1:])
    main(int(asked.get("documents", 1_000_000)), int(asked.get("memory_mb", 64)))
