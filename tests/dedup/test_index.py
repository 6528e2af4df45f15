"""The index: what goes in is found, in memory or in files; damage, kills and other schemes are dealt with."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from synth.dedup import runfiles, sketch
from synth.dedup.index import Index
from synth.dedup.shingles import Shingles
from synth.dedup.sketch import NUMPY, Scheme, band_keys, best_scheme, sketches
from synth.errors import UsageError

U64 = np.uint64


def documents(count: int, seed: int = 0) -> tuple[np.ndarray, list[Shingles]]:
    """Documents of which every fourth is a near-duplicate of the one before (Jaccard 0.94)."""
    rng = np.random.default_rng(seed)
    sets: list[Shingles] = []
    for number in range(count):
        if number % 4 == 3:
            sets.append(np.unique(np.concatenate([sets[-1][:97], rng.integers(0, 1 << 32, 3, dtype=np.uint32)])))
        else:
            sets.append(np.unique(rng.integers(0, 1 << 32, 100, dtype=np.uint32)))
    return rng.choice(1 << 62, count, replace=False).astype(U64), sets


def pairs(index: Index) -> set[tuple[int, int]]:
    """All pairs that share a band."""
    found = set()
    for buckets in index.buckets():
        for start, end in zip(buckets.starts, buckets.ends, strict=True):
            together = np.unique(buckets.documents[start:end]).tolist()
            found |= {(one, two) for one in together for two in together if one < two}
    return found


def planted(ids: np.ndarray) -> set[tuple[int, int]]:
    return {tuple(sorted((int(ids[number]), int(ids[number - 1])))) for number in range(3, len(ids), 4)}  # type: ignore[misc]


def filled(index: Index, ids: np.ndarray, sets: list[Shingles], at_a_time: int = 50) -> Index:
    for begin in range(0, len(ids), at_a_time):
        index.add(ids[begin : begin + at_a_time], sets[begin : begin + at_a_time])
    return index


def test_files_give_what_memory_gives(tmp_path: Path) -> None:
    ids, sets = documents(1000)
    within = filled(Index(), ids, sets)
    beyond = filled(Index(tmp_path, memory=30_000), ids, sets)
    assert pairs(within) == pairs(beyond) == planted(ids)
    assert len(list(tmp_path.glob("bands-*.run"))) < 15  # of 20 and more that were written
    again = Index(tmp_path)
    assert pairs(again) == planted(ids)
    for number in (0, 500, 999):
        assert (again.shingles(int(ids[number])) == sets[number]).all()
    assert not len(again.shingles(1))


def test_a_document_takes_256_bytes() -> None:
    ids, sets = documents(200)
    index = filled(Index(), ids, sets)
    index.flush()
    assert index.size == 256 * 200


def test_documents_without_shingles_are_near_nothing() -> None:
    index = Index()
    index.add(np.array([1, 2], dtype=U64), [np.empty(0, dtype=np.uint32)] * 2)
    assert pairs(index) == set()


def test_keys_of_another_scheme_are_made_again_from_the_shingles(tmp_path: Path) -> None:
    ids, sets = documents(400)
    other = Scheme("another", lambda hashed, offsets: NUMPY.minima(~hashed, offsets))
    filled(Index(tmp_path, scheme=other), ids[:203], sets[:203]).flush()
    filled(Index(tmp_path, scheme=NUMPY), ids[203:], sets[203:]).flush()  # parts a planted pair: 202 and 203
    assert pairs(Index(tmp_path, scheme=NUMPY)) == planted(ids)
    assert pairs(Index(tmp_path, scheme=other)) == planted(ids)


def test_what_a_killed_process_left_is_no_part_of_the_index(tmp_path: Path) -> None:
    ids, sets = documents(100)
    filled(Index(tmp_path), ids, sets).flush()
    (tmp_path / "bands-1.partial").write_bytes(b"half")
    (tmp_path / "manifest.json.partial").write_text("{")
    runfiles.write(tmp_path, runfiles.Run("bands", "x", {"keys": ids, "documents": ids}))  # sealed, not yet listed
    assert pairs(Index(tmp_path)) == planted(ids)


@pytest.mark.parametrize("damage", ["flipped", "cut", "gone", "manifest", "later"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    ids, sets = documents(40)
    filled(Index(tmp_path), ids, sets).flush()
    victim = next(tmp_path.glob("bands-*.run"))
    content = bytearray(victim.read_bytes())
    if damage == "flipped":
        content[-9] ^= 1
        victim.write_bytes(content)
    elif damage == "cut":
        victim.write_bytes(content[:-64])
    elif damage == "gone":
        victim.unlink()
    else:
        victim = tmp_path / runfiles.MANIFEST
        victim.write_text("{" if damage == "manifest" else '{"format": 9, "runs": []}')
    with pytest.raises(UsageError, match=victim.name) as caught:
        Index(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_schemes_give_the_keys_they_always_gave() -> None:
    """Keys lie in files: a scheme that changes needs another name."""
    one = [np.arange(0, 5000, 37, dtype=np.uint32), np.array([7], dtype=np.uint32)]
    golden = {"minhash-numpy-1-128/16x8": GOLDEN_NUMPY, "rminhash-rensa-2-128/16x8": GOLDEN_RENSA}
    for scheme in {NUMPY, best_scheme()}:
        assert [f"{int(key):016x}" for key in band_keys(sketches(one, scheme))[:, :10].ravel()] == golden[
            scheme.id
        ].split()


GOLDEN_NUMPY = """
6f3954cdc2898683 f23cb6ed2edf246b 6eea19716a8176ca 16fe3927c97342fa fee8cf93338f7ffe
6a5249e352154de5 87198b75d3f9812c 41b1c3fa8e9e73dd 0a91c649500c7ce8 c32fa5ebcd0725dc
54ac9b7143d53ea9 c8b636a2ac7d85dd f88c562eea5ea7d2 622535c2a4dbf024 c0ef6cbdb86e6760
871eaa49f8211799 745f4d78e64b6416 10a5985ff5e7a8b4 f38ca30d18709351 8fab90d82f2ed5f5
"""
GOLDEN_RENSA = """
65e02508002445c0 0c7b4ad661602dfa 9cad818a021ae0a5 db86706ece4b042a 5cc4b90c75ebb213
8f4e60af86b01004 4387526833df53a7 28f477241f0e4c96 874113dfd2a31699 93e574665f7a0e98
d75bcfc72cb25b21 24bea0c04b8b8d96 6fa0416ffab88fa5 ccae2149f0ffb76e 8733d8652d79f370
03cda6ccc9466868 dce96ff3a343d6e0 3cc6cca866669a64 4cac6cebefbe1eee 46bbf0bea07cc76c
"""


@pytest.mark.parametrize("scheme", [NUMPY, best_scheme()], ids=lambda scheme: scheme.name)
def test_sketches_tell_the_similarity(scheme: Scheme) -> None:
    rng = np.random.default_rng(1)
    common, own = rng.integers(0, 1 << 32, 300, dtype=np.uint32), rng.integers(0, 1 << 32, 100, dtype=np.uint32)
    sets = [np.unique(common), np.unique(np.concatenate([common[:200], own]))]  # Jaccard 0.5
    first, second = sketches(sets, scheme)
    assert abs(np.mean(first == second) - 0.5) < 0.15
    alone = sketches(sets[1:], scheme)
    assert (alone[0] == second).all()  # whoever is sketched besides


def test_without_rensa_numpy_sketches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)
    sketch.best_scheme.cache_clear()
    try:
        assert best_scheme() is NUMPY
    finally:
        sketch.best_scheme.cache_clear()
