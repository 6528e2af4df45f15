"""What `measure` says of small corpora, from rows and from a run's journal."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from synth.breadth import measure
from synth.breadth.measures import bucket_title, top_title


def row(
    text: str,
    pattern: Sequence[str] = ("Conv2d", "ReLU"),
    root: str = "r1",
    pairs: Sequence[tuple[str, str]] = (("Conv2d", "ReLU"),),
    fused: int = 2,
    nodes: int = 5,
    direction: str = "forward",
) -> dict[str, Any]:
    eager = {"order": list(pattern), "pairs": [list(pair) for pair in pairs]}
    graph = {
        "root": root, "operators": {"conv2d": 1, "relu": 2}, "edges": [["conv2d", "relu", 3]],
        "wl2": [[f"{root}0", 1], ["shared", 1]], "nodes": nodes, "depth": 2, "width": 1, "joins": 0, "inputs": 1,
        "parameters": 70,
    }  # fmt: skip
    kernel = {"kind": "pointwise", "dtype": "fp32", "rank": 1, "operators": ["add"] * fused}
    return {
        "python_code": text, "pattern": list(pattern), "direction": direction,
        "verdicts": json.dumps({"eager": eager, "graph": graph}),
        "evidence": json.dumps({"labels": {"kernels": {"k": kernel}}}),
    }  # fmt: skip


THREE = [
    row("a"),
    row("b", ("ReLU", "Sum"), "r2", [("ReLU", "Sum")], fused=1, nodes=20),
    row("c", ("Conv2d", "ReLU", "Sum"), "r1", [("Conv2d", "ReLU"), ("Conv2d", "Sum")]),
]


def test_three_programs_by_hand() -> None:
    found = measure(THREE)
    assert found["programs"] == 3
    assert found["pairs"]["distinct"] == 3 and found["pairs"]["occurrences"] == 4
    assert found["pairs"]["seen_once"] == 2 and found["pairs"]["unseen_mass"] == 0.5
    assert found["successions"]["distinct"] == 2  # Conv2d, ReLU twice and ReLU, Sum twice
    assert found["aten_edges"]["distinct"] == 1 and found["aten_operators"] == 2
    assert found["graphs"]["distinct"] == 2 and 1 < found["graphs"]["effective"] < 2
    assert found["graphs"]["top_share"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["operators"]["used"] == 3 and "Linear" in found["operators"]["unused"]
    assert found["kernels"]["table"] == [["pointwise", "fp32", 1, "2-3", 2], ["pointwise", "fp32", 1, "1", 1]]
    assert found["kernels"]["cells"] == 2 and found["kernels"]["empty_cells"] == 3
    assert found["structure"]["nodes"]["mean"] == 10
    assert found["structure"]["nodes"]["counts"] == {"5": 2, "16": 1}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(("graphs", "top", "words"), [(149, 1, "most frequent graph"), (300, 3, "frequent 3 graphs")])
def test_the_share_of_the_most_frequent_graphs_tells_of_how_many_it_is(graphs: int, top: int, words: str) -> None:
    found = measure([row(f"text {i}", root=f"r{i % graphs}") for i in range(2 * graphs)])["graphs"]
    assert found["top_graphs"] == top and words in top_title(found)
    assert found["top_share"] == pytest.approx(top / graphs, abs=1e-4)


def test_buckets_are_told_by_what_falls_into_them() -> None:
    assert [bucket_title("nodes", least) for least in (0, 1, 15, 16, 32)] == ["0", "1", "15", "16-31", "32-63"]
    assert [bucket_title("parameters", least) for least in (0, 1, 2, 64)] == ["0", "1", "2-3", "64-127"]
    assert [bucket_title("depth", least) for least in (0, 2, 40)] == ["0", "2", "40"]


def test_the_order_of_programs_changes_nothing() -> None:
    rows = [row(f"text {i}", root=f"r{i % 7}", fused=i % 20, nodes=i) for i in range(1, 1200)]
    found = measure(rows)
    random.Random(3).shuffle(rows)
    assert measure(rows) == found
    assert found["vendi"]["programs"] == 1000


def test_copies_of_a_program_add_nothing() -> None:
    before, after = measure(THREE), measure([*THREE, *[row("a")] * 10])
    for name in ("pairs", "successions", "aten_edges", "graphs"):
        assert after[name]["distinct"] == before[name]["distinct"]
    assert after["graphs"]["effective"] < before["graphs"]["effective"]
    assert after["graphs"]["effective_share"] < before["graphs"]["effective_share"]
    assert after["vendi"]["score"] < before["vendi"]["score"]
    assert after["pairs"]["unseen_mass"] < before["pairs"]["unseen_mass"]
    assert after["zlib_ratio"] > before["zlib_ratio"]


def test_gradients_are_not_counted_again() -> None:
    assert measure([*THREE, row("d", root="r9", direction="backward")]) == measure(THREE)


def test_what_no_stage_said_is_none_and_nothing_is_guessed() -> None:
    bare = {"python_code": "x", "pattern": ["ReLU"], "verdicts": "{}", "evidence": "{}"}
    found = measure([bare])
    assert found["pairs"] is found["graphs"] is found["vendi"] is found["structure"] is found["aten_edges"] is None
    assert found["operators"]["used"] == 1 and found["kernels"]["kernels"] == 0
    assert measure([])["programs"] == 0


def test_a_row_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        measure([{"python_code": "x"}])


def test_labels_that_do_not_say_all_of_a_kernel_are_read() -> None:
    old = row("a") | {"evidence": json.dumps({"labels": {"kernels": {"k": {"kind": "pointwise", "rank": None}}}})}
    assert measure([old])["kernels"]["table"] == [["pointwise", "", 0, "1", 1]]
