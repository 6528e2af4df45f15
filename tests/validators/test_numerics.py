"""Stage NUMERICS: draws and comparison in process; pairs through the pool, whose prover interprets their kernels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from programs import program
from torch import nn
from warm_pool import WarmPool

from validators.proof import comparison, double, draws
from validators.proof.comparison import Expected, Mismatch
from validators.verdict import Program, Reason

RIGHT = torch.randn(6, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def expected(right: torch.Tensor = RIGHT, dtype: torch.dtype = torch.float32) -> Expected:
    return Expected(right.to(dtype), right)


Change = Callable[[torch.Tensor], torch.Tensor]


@pytest.mark.parametrize(
    ("change", "right"),
    [
        (lambda t: t, True),
        (lambda t: t * (1 + 2e-7), True),
        (lambda t: t * (1 + 1e-4), False),
        (lambda t: t.index_put((torch.tensor(2), torch.tensor(3)), t[2, 3] + 1e-4), False),
        (lambda t: t.index_put((torch.tensor(2), torch.tensor(3)), torch.tensor(float("nan"))), False),
        (lambda t: t.index_put((torch.tensor(2), torch.tensor(3)), torch.tensor(float("inf"))), False),
        (lambda t: t.double(), False),
        (lambda t: t.half().float(), False),
        (lambda t: t.t().contiguous().t(), False),
        (lambda t: t[:5], False),
    ],
)
def test_values_type_shape_and_strides_have_to_be_right(change: Change, right: bool) -> None:
    if right:
        assert comparison.compare(expected(), change(RIGHT.float())).error < 1e-6
    else:
        with pytest.raises(Mismatch):
            comparison.compare(expected(), change(RIGHT.float()))


def test_eagers_own_error_widens_the_tolerance() -> None:
    noisy = Expected(RIGHT.float() + 1e-3, RIGHT)
    comparison.compare(noisy, RIGHT.float() - 2e-3)
    uneven = RIGHT.clone()
    uneven[0, 0] = 1000.0
    with pytest.raises(Mismatch, match="root mean square"):  # no element is off by much, all of them are
        comparison.compare(expected(uneven), uneven.float() + 1.5e-4)
    with pytest.raises(Mismatch, match="allowed"):
        comparison.compare(noisy, RIGHT.float() + 2e-2)


def test_nan_and_infinities_have_to_be_where_eager_has_them() -> None:
    special = RIGHT.clone()
    special[0, 0], special[0, 1] = float("nan"), float("-inf")
    comparison.compare(expected(special), special.float())
    for place, value in (((0, 0), 1.0), ((0, 1), float("inf")), ((0, 2), float("nan"))):
        wrong = special.float()
        wrong[place] = value
        with pytest.raises(Mismatch):
            comparison.compare(expected(special), wrong)


def test_integers_have_to_be_equal_but_where_rounding_decides() -> None:
    eager, exact = torch.tensor([3, 4, 5]), torch.tensor([3, 4, 6])
    for got in ([3, 4, 5], [3, 4, 6]):
        comparison.compare(Expected(eager, exact), torch.tensor(got))
    with pytest.raises(Mismatch, match="1 of 3"):
        comparison.compare(Expected(eager, exact), torch.tensor([3, 3, 5]))


def test_the_structure_has_to_be_eagers() -> None:
    want = Expected({"a": RIGHT.float(), "n": 3}, {"a": RIGHT, "n": 3})
    comparison.compare(want, {"a": RIGHT.float(), "n": 3})
    for wrong in ({"a": RIGHT.float(), "n": 4}, {"b": RIGHT.float(), "n": 3}, (RIGHT.float(), 3)):
        with pytest.raises(Mismatch, match="returns"):
            comparison.compare(want, wrong)


def test_the_comparison_rejects_every_wrong_output_it_is_shown() -> None:
    inputs = [torch.randn(6, 8), torch.randn(8), torch.randn(3)]
    other = torch.randn(6, 8)
    wrong = dict(comparison.wrong_outputs(expected(), inputs, other, seed=1))
    assert set(wrong) == {"zeros", "mean", "shuffled", "another draw's outputs", "input 0", "input 1"}
    for value in wrong.values():
        assert value.dtype == torch.float32 and value.shape == RIGHT.shape
        with pytest.raises(Mismatch):
            comparison.compare(expected(), value)


def test_drawn_values_suit_the_program_and_are_not_its_own() -> None:
    generator = torch.Generator().manual_seed(3)
    positive = torch.rand(50) + 0.5
    drawn = draws.values(positive, generator)
    assert drawn.min() >= positive.min() and drawn.max() <= positive.max()
    assert not set(drawn.tolist()) & set(positive.tolist()) or (drawn == positive).float().mean() < 0.2
    assert draws.values(torch.zeros(50), generator).std() > 0.01
    ones = draws.values(torch.ones(50), generator)
    assert ones.min() > 0 and ones.std() > 0.1
    mask = (torch.rand(50) > 0.5).float()
    assert sorted(draws.values(mask, generator).tolist()) == sorted(mask.tolist())
    strided = torch.randn(4, 5).t()
    assert draws.values(strided, generator).stride() == strided.stride()
    offsets = torch.tensor([0, 2, 5])
    assert torch.equal(draws.inputs([offsets], generator)[0], offsets)


def test_values_can_be_larger_than_the_programs_and_many_are_shuffled_too() -> None:
    generator = torch.Generator().manual_seed(3)
    mask, real = (torch.rand(50) > 0.5).float(), torch.rand(50) + 0.5
    drawn = draws.inputs([mask, real], generator, scale=3.0)
    assert sorted(drawn[0].tolist()) == sorted(mask.tolist()) and float(drawn[1].min()) >= 1.5
    state = draws.state(draws.held(nn.BatchNorm1d(30)), generator, scale=3.0)
    assert float(state["running_var"].max()) <= 1.5 < float(state["weight"].max())
    many = torch.arange(draws.MANY + 5)
    mixed = draws.shuffled(many, generator)
    assert torch.equal(mixed.sort().values, many) and int((mixed == many).sum()) < 20_000
    shares = draws.values(torch.full((1000,), 0.75), generator)
    assert 0.3 < float(shares.min()) < float(shares.max()) < 1


def test_a_models_statistics_are_drawn_and_its_tables_are_kept() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    model.register_buffer("table", torch.arange(6.0))
    state = draws.state(draws.held(model), torch.Generator().manual_seed(0))
    assert state["1.running_var"].min() > 0 and state["1.running_var"].std() > 0
    assert torch.equal(state["table"], torch.arange(6.0)) and int(state["1.num_batches_tracked"]) == 0
    draws.assign(model, state)
    assert torch.equal(model[0].weight, state["0.weight"])
    with pytest.raises(KeyError):
        draws.assign(nn.Linear(3, 3), state)


def test_the_reference_computes_in_float64_whatever_the_program_names() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(4, 4, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = torch.zeros(x.shape, dtype=torch.float32)
            out[:, 1:] = self.lstm(x.half().float())[0][:, 1:]
            return (out + torch.ones(4)).float()

    x = torch.randn(2, 3, 4)
    result = double.run(Model().double(), [x])
    assert result.dtype == torch.float64 and torch.get_default_dtype() == torch.float32
    assert not torch.equal(result, result.float().double())


def test_pairs_are_proved_and_say_so(warm: WarmPool) -> None:
    good = Program(program("return torch.relu(self.linear(x)).softmax(-1) + x.mean(-1, keepdim=True)"), "Model")
    constant = Program(program("return 1 + self.linear(x).tanh() * 1e-7"), "Model")
    random = Program(program("return torch.nn.functional.dropout(self.linear(x).sin(), 0.5, True)"), "Model")
    rows = "torch.nn.functional.embedding_bag((x > 0).long(), self.linear.weight, mode='sum')"
    looked_up = Program(program(f"return {rows} * 2 + self.linear(x).sum()"), "Model")  # asks what the processor is
    proved, vacuous, drawn, found = warm.judge(good, constant, random, looked_up)
    assert proved.accepted and proved.pair is not None
    assert found.accepted, found.failure
    evidence = proved.pair.evidence["numerics"]
    assert evidence["by"] == "interpreter" and evidence["draws"] == 3
    assert evidence["max_error"] < 1e-5 and "shuffled" in evidence["rejected"]
    assert vacuous.failure is not None and vacuous.failure.reason is Reason.NOT_DISCRIMINATIVE
    assert drawn.failure is not None and drawn.failure.reason is Reason.NOT_INTERPRETED
    assert "random" in drawn.failure.detail
