"""The order of a pattern's operators, and who feeds whom, from the events of a run."""

from __future__ import annotations

from operators.coverage import assigned, missing
from operators.order import order, pairs

EVENTS = ["M:Conv2d(float32[1, 3, 8, 8])", "F:flatten(float32[1])", "M:ReLU(float32[1])", "F:add(float32[1])"]
READS: list[list[int]] = [[], [0], [1], [2, 0]]
COUNTS = {"M:Conv2d": 1, "F:flatten": 1, "M:ReLU": 1, "F:add": 1}


def test_the_order_is_that_of_the_run() -> None:
    assert order(["Add", "ReLU", "Conv2d"], COUNTS, EVENTS) == ["Conv2d", "ReLU", "Add"]


def test_a_view_hands_on_and_an_operator_that_was_asked_for_does_not() -> None:
    assert pairs(["Conv2d", "ReLU", "Add"], COUNTS, EVENTS, READS) == [
        ("Conv2d", "Add"), ("Conv2d", "ReLU"), ("ReLU", "Add"),
    ]  # fmt: skip
    assert pairs(["Conv2d", "Flatten", "ReLU"], COUNTS, EVENTS, READS) == [("Conv2d", "Flatten"), ("Flatten", "ReLU")]


def test_glue_breaks_a_pair() -> None:
    events, reads = ["M:Conv2d(", "F:mul(", "M:ReLU("], [[], [0], [1]]
    counts = {"M:Conv2d": 1, "F:mul": 1, "M:ReLU": 1}
    assert pairs(["Conv2d", "ReLU"], counts, events, reads) == []
    assert pairs(["Conv2d", "Multiply", "ReLU"], counts, events, reads) == [
        ("Conv2d", "Multiply"),
        ("Multiply", "ReLU"),
    ]


def test_of_events_with_one_name_the_first_is_the_patterns() -> None:
    events, reads = ["M:ReLU(", "M:Conv2d(", "M:ReLU("], [[], [0], [1]]
    counts = {"M:ReLU": 2, "M:Conv2d": 1}
    assert order(["Conv2d", "ReLU"], counts, events) == ["ReLU", "Conv2d"]
    assert pairs(["Conv2d", "ReLU"], counts, events, reads) == [("ReLU", "Conv2d")]
    assert pairs(["ReLU", "Conv2d", "ReLU"], counts, events, reads) == [("Conv2d", "ReLU"), ("ReLU", "Conv2d")]


def test_what_has_no_call_has_no_place() -> None:
    counts = {"M:ModuleList": 1, "M:ReLU": 1}
    assert order(["ModuleList", "ReLU"], counts, ["M:ReLU("]) == ["ReLU"]


def test_reads_that_point_ahead_are_ignored() -> None:
    assert pairs(["Conv2d", "ReLU"], COUNTS, ["M:Conv2d(", "M:ReLU("], [[1], [1, 7, 0]]) == [("Conv2d", "ReLU")]


def test_an_assignment_is_told_with_its_events() -> None:
    assert assigned(["Conv2d", "ReLU", "ReLU"], COUNTS) == ["M:Conv2d", "M:ReLU", None]
    assert missing(["Conv2d", "ReLU", "ReLU"], COUNTS) == ["ReLU"]
