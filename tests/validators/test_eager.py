"""Stages SHAPES and EAGER, in process."""

from __future__ import annotations

import pytest
from programs import GOOD, HEAD, program

from validators import eager, shapes
from validators.loading import Refused, load
from validators.verdict import Program, Reason, Settings, Stage, Verdict

SETTINGS = Settings()


def run(source: str, stage: Stage, pattern: tuple[str, ...] = (), settings: Settings = SETTINGS) -> Verdict:
    try:
        loaded = load(Program(source, "Model", pattern))
        if stage is Stage.SHAPES:
            return shapes.check(loaded, settings)
        return eager.check(loaded, pattern, settings)
    except Refused as refused:
        return Verdict(stage, False, refused.reason, refused.detail)


def test_a_good_program_passes_and_reports_its_shapes() -> None:
    verdict = run(GOOD, Stage.SHAPES)
    assert verdict.ok and verdict.metrics["outputs"] == ["float32[4, 5]"]
    # weight 6*5, bias 5, input 4*6, and at least one 4*5 result, four bytes each
    assert 4 * (30 + 5 + 24 + 20) <= verdict.metrics["peak_bytes"] <= 4 * (30 + 5 + 24 + 4 * 20)
    verdict = run(GOOD, Stage.EAGER, ("Linear", "ReLU", "Add"))
    assert verdict.ok and verdict.metrics["parameters"] == 35


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (program("return self.linear(x)", inputs="torch.randn(4, 7)"), Reason.SHAPE_ERROR),
        (program("return self.lines(x)"), Reason.FORWARD_ERROR),
        (program("return x", extra="import nothing_like_this"), Reason.IMPORT_ERROR),
        (program("return x", init="self.linear = nn.Linear(6)"), Reason.INIT_ERROR),
        (program("return x", inputs="1/0"), Reason.INPUTS_ERROR),
        (program("return x", inputs="3"), Reason.BAD_INPUTS),
        (program("return x @ torch.zeros(6, 1 << 40)"), Reason.TOO_LARGE),
        (program("return x", inputs="torch.randn(1 << 20, 1 << 20)"), Reason.TOO_LARGE),
        (program("return x", init="self.w = nn.Linear(1 << 20, 1 << 20)"), Reason.TOO_LARGE),
    ],
)
def test_shapes_finds_it_before_anything_is_allocated(source: str, expected: Reason) -> None:
    assert run(source, Stage.SHAPES).reason is expected


def test_the_peak_counts_what_is_alive_at_once_not_what_was_ever_made() -> None:
    source = program("for _ in range(50):\n    x = x + 1\nreturn x", inputs="torch.randn(1000, 1000)")
    assert run(source, Stage.SHAPES).metrics["peak_bytes"] <= 4 * 4_000_000


def test_what_needs_real_values_is_left_to_the_eager_run() -> None:
    source = program("return x[: int(x.abs().sum().item() * 0) + 2] * 2")
    assert "skipped" in run(source, Stage.SHAPES).metrics
    assert run(source, Stage.EAGER).ok


def test_fake_tensors_survive_the_copies_that_encoders_make_of_their_layers() -> None:
    layer = "nn.TransformerEncoderLayer(6, 2, 8, batch_first=True)"
    source = program(
        "return self.e(x)", init=f"self.e = nn.TransformerEncoder({layer}, 2)", inputs="torch.randn(2, 3, 6)"
    )
    assert run(source, Stage.SHAPES).metrics["outputs"] == ["float32[2, 3, 6]"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (program("return x / 0"), Reason.NON_FINITE),
        (program("return x + time.perf_counter_ns() % 1000", extra="import time"), Reason.NONDETERMINISTIC),
        (program("return self.linear.weight * 2 + x.shape[0]"), Reason.IGNORES_INPUTS),
        (program("return x.sub_(x)"), Reason.MUTATES_INPUTS),
        (program("return x.shape[0]"), Reason.BAD_OUTPUT),
        (program("return x.to_sparse()"), Reason.BAD_OUTPUT),
    ],
)
def test_eager_finds_what_only_runs_show(source: str, expected: Reason) -> None:
    assert run(source, Stage.EAGER).reason is expected


def test_every_operator_of_the_pattern_must_have_run() -> None:
    claims = program("# relu and softmax, honestly\nreturn self.linear(x)")
    verdict = run(claims, Stage.EAGER, ("Linear", "ReLU"))
    assert verdict.reason is Reason.MISSING_OPERATORS and verdict.detail == "ReLU"
    assert run(GOOD, Stage.EAGER, ("Linear", "Linear")).reason is Reason.MISSING_OPERATORS


def test_seeded_randomness_is_no_fault() -> None:
    assert run(program("return F.dropout(x, 0.5, training=True) + x"), Stage.EAGER).ok


def test_constant_inputs_are_varied_to_see_whether_they_matter() -> None:
    assert run(program("return self.linear(x)", inputs="torch.ones(4, 6)"), Stage.EAGER).ok
    ignores = program("return self.table.weight * 1", init="self.table = nn.Embedding(9, 3)", inputs="torch.arange(4)")
    assert run(ignores, Stage.EAGER).reason is Reason.IGNORES_INPUTS


def test_kernelbench_form_is_accepted() -> None:
    source = HEAD + (
        "class Model(nn.Module):\n"
        "    def __init__(self, a, b):\n        super().__init__()\n        self.l = nn.Linear(a, b)\n"
        "    def forward(self, x):\n        return self.l(x)\n"
        "def get_inputs():\n    return [torch.rand(2, 3)]\n"
        "def get_init_inputs():\n    return [3, 4]\n"
    )
    assert run(source, Stage.SHAPES).ok and run(source, Stage.EAGER).ok


def test_an_error_whose_message_cannot_be_read_is_still_a_verdict() -> None:
    extra = "class Bad(Exception):\n    def __str__(self):\n        raise RuntimeError('no')\n"
    verdict = run(program("raise Bad()", extra=extra), Stage.EAGER)
    assert verdict.reason is Reason.FORWARD_ERROR and "could not be read" in verdict.detail


@pytest.mark.parametrize(
    "source",
    [
        program(
            "return self.table(x)", init="self.table = nn.Embedding(9, 4)", inputs="torch.zeros(2, 5, dtype=torch.long)"
        ),
        program("return self.table(x)", init="self.table = nn.Embedding(9, 4)", inputs="torch.full((2, 5), 8)"),
        program("return F.binary_cross_entropy(x, x * 0.5)", inputs="torch.full((4, 6), 0.5)"),
        program(
            "return x & y", inputs="torch.ones(3, dtype=torch.bool), torch.ones(3, dtype=torch.bool)", parameters="x, y"
        ),
    ],
    ids=["zero indices", "last indices", "probabilities", "masks"],
)
def test_constant_inputs_are_varied_within_their_domain(source: str) -> None:
    assert run(source, Stage.EAGER).ok


def test_a_list_and_a_dict_may_be_the_constructors_two_arguments() -> None:
    source = program(
        "return self.linear(x)", init="self.linear = nn.Linear(dims[0], cfg['o'])", inputs="torch.randn(4, 6)"
    )
    source = source.replace("def __init__(self):", "def __init__(self, dims, cfg):")
    source = source.replace("return [], {}", "return [[6, 4], {'o': 5}]")
    assert run(source, Stage.SHAPES).metrics["outputs"] == ["float32[4, 5]"]


def test_a_constructor_that_reads_values_through_numpy_is_left_to_the_eager_run() -> None:
    source = program("return x * self.w", init="self.w = nn.Parameter(torch.from_numpy(torch.randn(6).numpy()))")
    assert "skipped" in run(source, Stage.SHAPES).metrics
    assert run(source, Stage.EAGER).ok


def test_a_failure_names_the_line_of_the_program() -> None:
    verdict = run(program("y = x + 1\nreturn self.linear(y).relu()", inputs="torch.randn(4, 7)"), Stage.SHAPES)
    assert verdict.detail.startswith("RuntimeError: ")
    assert verdict.detail.endswith("[line 13: return self.linear(y).relu()]")
