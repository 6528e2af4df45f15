"""The final pass: a pure function of the set of pairs, and nothing is left to drop afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.dedup.limits import Limits, told
from synth.dedup.record import Quality, Record
from synth.dedup.selection import Selection, select
from synth.dedup.shingles import Shingles, jaccard

FAMILIES = [np.random.default_rng(seed).choice(1 << 32, 60, replace=False).astype(np.uint32) for seed in range(8)]


def shingles_of(family: int, changed: int) -> Shingles:
    """A member of a family of sets; two members are as far apart as their `changed` are, down to nothing in common."""
    return np.unique(np.concatenate([FAMILIES[family][changed:], np.arange(changed, dtype=np.uint32) + 1000 * changed]))


def record(
    text: str,
    source: str = "",
    graph: str = "",
    root: str = "",
    operators: str = "",
    program: tuple[int, int] = (0, 0),
    triton: tuple[int, int] = (0, 0),
    externs: int = 0,
    stands_for: int = 1,
    row: str = "",
) -> Record:
    """Equal content means equal keys, as it does of pairs; what else a row holds may differ."""
    content = f"{text, source, graph, root, operators, program, triton}"
    return Record(
        content=blake2b(content.encode(), digest_size=20).digest(),
        row=blake2b(f"{content, externs, stands_for, row}".encode(), digest_size=16).digest(),
        source=source or text,
        graph_strict=graph or text,
        graph_root=root or text,
        operators=operators,
        quality=Quality(extern_calls=externs),
        stands_for=stands_for,
        program=shingles_of(*program),
        triton=shingles_of(*triton),
    )


def apart(count: int, **rest: object) -> list[Record]:
    """Records that have nothing in common but what `rest` says; Triton texts aside, of which there are 8 families."""
    made = [record(f"{rest}{number}", **rest) for number in range(count)]  # type: ignore[arg-type]
    rng = np.random.default_rng(7)
    return [replace(one, program=np.unique(rng.integers(0, 1 << 32, 50, dtype=np.uint32))) for one in made]


keys = st.sampled_from("abcdef")
members = st.tuples(st.integers(0, 7), st.sampled_from([0, 2, 4, 8, 12, 30, 60]))
records = st.builds(
    record, text=st.sampled_from("xyz"), source=keys, graph=keys, root=st.sampled_from("ab"), program=members,
    operators=st.sampled_from(["", "p", "q"]), triton=members, externs=st.integers(0, 2), row=st.sampled_from("rs"),
)  # fmt: skip
limits = st.builds(
    Limits, st.sampled_from([0.7, 0.9]), st.sampled_from([1, 3, None]), st.sampled_from([2, 5]), st.sampled_from([1, 2])
)


def outcome(given_records: list[Record], chosen: Selection) -> list[tuple[object, ...]]:
    """Everything that an export is made of, in an order of its own."""
    kept = zip(given_records, chosen.kept, chosen.stands_for, range(len(given_records)), strict=True)
    return sorted(
        (one.content, one.row, int(weight), chosen.group(number)) for one, stays, weight, number in kept if stays
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=25), limits, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_changes_nothing(found: list[Record], caps: Limits, rng) -> None:  # type: ignore[no-untyped-def]
    found = list({(one.content, one.row): one for one in found}.values())
    first = select(found, caps)
    shuffled = found.copy()
    rng.shuffle(shuffled)
    second = select(shuffled, caps)
    assert outcome(found, first) == outcome(shuffled, second)
    assert first.summary() == second.summary()


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=25), limits)
def test_a_selection_of_a_selection_drops_nothing(found: list[Record], caps: Limits) -> None:
    first = select(found, caps)
    left = [
        replace(one, stands_for=int(weight))
        for one, stays, weight in zip(found, first.kept, first.stands_for, strict=True)
        if stays
    ]
    second = select(left, caps)
    assert all(second.kept)
    assert [one.stands_for for one in left] == second.stands_for.tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=25), limits)
def test_no_more_is_left_than_the_limits_allow(found: list[Record], caps: Limits) -> None:
    chosen = select(found, caps)
    left = [one for one, stays in zip(found, chosen.kept, strict=True) if stays]
    for key in ("content", "source", "graph_strict"):
        assert len({getattr(one, key) for one in left}) == len(left)
    roots, multisets = Counter(one.graph_root for one in left), Counter(one.operators for one in left if one.operators)
    assert max(roots.values(), default=0) <= (caps.graph_cap or len(found))
    assert max(multisets.values(), default=0) <= (caps.operators_cap or len(found))
    # Equal sets always share their bands; how often near ones do is the benchmark's to say.
    assert len({one.program.tobytes() for one in left}) == len(left)
    tritons = Counter(one.triton.tobytes() for one in left)
    assert max(tritons.values(), default=0) <= (caps.triton_cap or len(found))


def test_groups_share_neither_graphs_nor_near_programs() -> None:
    found = [
        record("a", root="r", program=(0, 0)),
        record("b", root="s", program=(0, 2)),  # near a's program
        record("c", root="s", program=(1, 0)),  # b's graph
        record("d", root="t", program=(2, 0)),
        record("e", source="d", root="u", program=(3, 0)),  # d's source
        record("f", root="v", program=(4, 0)),
    ]
    chosen = select(found)
    groups = [chosen.group(number) for number in range(6)]
    assert groups[0] == groups[1] == groups[2]
    assert groups[3] == groups[4]
    assert len(set(groups)) == 3
    smallest = min(one.content for one, stays in zip(found[:3], chosen.kept, strict=False) if stays)
    assert groups[0] == smallest[:8].hex()


def test_the_best_of_equals_is_kept_and_stands_for_the_others() -> None:
    found = [record("a", graph="g", externs=1), record("b", graph="g"), record("c", graph="g", externs=2)]
    chosen = select(found)
    assert chosen.fates == ("graph", "", "graph")
    assert chosen.stands_for[1] == 3
    assert chosen.dropped == {"graph": 2}


def test_better_means_fewer_library_calls_more_fusion_and_closer_to_eager() -> None:
    ordered = [
        Quality(0, 5.0, 0.1, True), Quality(0, 5.0, 0.1, False), Quality(0, 5.0, 0.2, True), Quality(0, 5.0),
        Quality(0, 2.0, 0.01), Quality(1, 9.0, 0.01),
    ]  # fmt: skip
    assert all(one.order < two.order for one, two in pairwise(ordered))


def test_a_row_met_twice_is_counted_once() -> None:
    one = record("a", stands_for=3)
    chosen = select([one, one])
    assert (chosen.dropped, chosen.stands_for[chosen.kept.index(True)]) == ({"identical": 1}, 3)


@pytest.mark.parametrize(
    ("found", "caps", "dropped"),
    [
        (apart(10, root="r"), Limits(), {"graph_cap": 6}),
        (apart(10, root="r"), Limits(graph_cap=None, triton_cap=None), {}),
        (apart(70, operators="o", triton=(3, 0)), Limits(triton_cap=None), {"operators_cap": 6}),
        (apart(10, triton=(3, 0)), Limits(), {"near_triton": 2}),
        ([record("a", program=(5, 0)), record("b", program=(5, 2))], Limits(), {"near_source": 1}),
        ([record("a", program=(5, 0)), record("b", program=(5, 2))], Limits(near_duplicate_jaccard=1.0), {}),
    ],
)
def test_each_key_has_its_limit(found: list[Record], caps: Limits, dropped: dict[str, int]) -> None:
    assert select(found, caps).dropped == dropped


def test_near_duplicates_of_near_duplicates_are_one_cluster() -> None:
    base = np.sort(FAMILIES[6])
    wide = np.concatenate([base, np.sort(FAMILIES[7])])
    chain = [replace(record(f"{n}"), program=np.sort(wide[2 * n : 2 * n + 60])) for n in range(10)]
    assert jaccard(chain[0].program, chain[-1].program) < 0.7 < 0.9 < jaccard(chain[0].program, chain[1].program)
    assert len(set(map(select(chain).group, range(10)))) == 1
    assert sum(select(chain).kept) == 1


def test_triton_texts_that_hang_together_do_not_stand_for_each_other() -> None:
    wide = np.sort(np.random.default_rng(5).choice(1 << 32, 260, replace=False).astype(np.uint32))
    chain = [replace(one, triton=wide[4 * n : 4 * n + 60]) for n, one in enumerate(apart(50))]
    assert jaccard(chain[0].triton, chain[2].triton) > 0.7 > jaccard(chain[0].triton, chain[3].triton)
    assert sum(select(chain).kept) == 50, "none has more than four near ones"
    assert 50 / 5 <= sum(select(chain, Limits(triton_cap=1)).kept) <= 50 / 3 + 1


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=25), limits)
def test_whatever_is_dropped_for_its_triton_text_has_enough_near_ones_left(found: list[Record], caps: Limits) -> None:
    chosen = select(found, caps)
    left = [one.triton for one, stays in zip(found, chosen.kept, strict=True) if stays]
    for one, fate in zip(found, chosen.fates, strict=True):
        if fate == "near_triton":
            near = [jaccard(one.triton, other) >= caps.near_duplicate_jaccard for other in left]
            assert sum(near) >= (caps.triton_cap or 0)


def test_a_set_beyond_memory_is_selected_as_one_within(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    found = [
        record(f"{n}", root=str(n % 40), program=(n % 8, int(rng.integers(60))), triton=(n % 8, n % 60))
        for n in range(400)
    ]
    within, beyond = select(found), select(found, work=tmp_path, memory=20_000)
    assert len(list((tmp_path / "program").glob("bands-*.run"))) >= 1
    assert outcome(found, within) == outcome(found, beyond)
    assert 0 < sum(within.kept) < 400


def test_nothing_is_selected_of_nothing() -> None:
    assert select([]).summary()["pairs"] == 0


def test_what_was_dropped_is_told_in_one_line() -> None:
    found = [record("a", graph="g", externs=1), record("b", graph="g"), record("c", program=(1, 0))]
    line = told(select(found).summary())
    assert line == "2 of 3 pairs kept; dropped: 1 graph (the same ATen graph, shapes and constants included)"
    assert told(select(found[1:]).summary()) == "2 of 2 pairs kept: no duplicates dropped"
