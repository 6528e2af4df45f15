"""Recurrent layers as one kernel each: which ones are, and that they compute what eager does.

The private parts that `recurrence.py` uses are reached here.
"""

from __future__ import annotations

import asyncio

import pytest
import torch
from programs import program
from torch._decomp import decompositions

from validators import codegen
from validators.inductor import offline_cuda, recurrence
from validators.loading import load
from validators.processes.pool import Pool
from validators.verdict import Judgement, Pair, Program, Settings, Stage

LONG = recurrence.MAX_UNROLLED + 1


def layer(make: str, steps: int = LONG, returned: str = "self.layer(x)", dtype: str = "torch.float32") -> Program:
    source = program(
        f"return {returned}",
        init=f"self.layer = nn.{make}.to({dtype})",
        inputs=f"torch.randn({steps}, 18, 6, dtype={dtype})",
    )
    return Program(source, "Model")


# One block and several: 18 rows are two blocks of the batch, 40 units two of the hidden state, 70 two wide ones.
LAYERS = {
    "tanh": layer("RNN(6, 5, bias=False)"),
    "relu": layer("RNN(6, 40, 2, nonlinearity='relu')"),
    "gru": layer("GRU(6, 40, bidirectional=True)"),
    "gru's last state": layer("GRU(6, 5)", returned="self.layer(x)[1] * 2"),
    "lstm": layer("LSTM(6, 40, 2, bidirectional=True)"),
    "wide lstm": layer(f"LSTM(6, {recurrence.WIDE + 6})", returned="self.layer(x)[0]"),
    "lstm without bias": layer("LSTM(6, 5, bias=False)", returned="self.layer(x)[1]"),
    "half": layer("LSTM(6, 5)", dtype="torch.bfloat16", returned="self.layer(x)[0]"),
}


async def _judged(programs: list[Program]) -> list[Judgement]:
    async with Pool(2, Settings(templates="triton", stages=(Stage.TRITON, Stage.COMPILED, Stage.NUMERICS))) as pool:
        return list(await asyncio.gather(*map(pool.judge, programs)))


@pytest.fixture(scope="module")
def judged() -> dict[str, Judgement]:
    return dict(zip(LAYERS, asyncio.run(_judged(list(LAYERS.values()))), strict=True))


@pytest.mark.parametrize("name", LAYERS)
def test_a_long_layer_is_one_kernel_and_is_proved_in_numbers(name: str, judged: dict[str, Judgement]) -> None:
    pair = judged[name].pair
    assert pair is not None and judged[name].accepted, judged[name].failure
    assert pair.evidence["extern_calls"] == []
    assert any("recurrent" in kernel for kernel in pair.kernels)


def pair_of(asked: Program, templates: str = "triton") -> Pair:
    offline_cuda.install("sm_80")
    return codegen.check(load(asked), asked, Settings(templates=templates))[1]


def test_the_code_does_not_grow_with_the_sequence() -> None:
    short, long = pair_of(layer("GRU(6, 5)")), pair_of(layer("GRU(6, 5)", steps=10 * LONG))
    assert len(short.kernels) == len(long.kernels)
    assert abs(len(short.triton_code) - len(long.triton_code)) < 100
    flops = [pair.evidence["labels"]["flops"] for pair in (short, long)]
    assert flops[1] == 10 * flops[0]


def test_short_sequences_projections_and_doubles_stay_as_they_were() -> None:
    for asked in (
        layer("GRU(6, 5)", steps=2),
        layer("LSTM(6, 5, proj_size=3)"),
        layer("RNN(6, 5)", dtype="torch.float64"),
    ):
        assert not any("recurrent" in kernel for kernel in pair_of(asked, "auto").kernels)


def test_the_cells_of_pytorchs_decompositions_are_known() -> None:
    assert recurrence._kind(decompositions.gru_cell) == "gru"
    assert recurrence._kind(decompositions.rnn_cell(torch.tanh)) == "rnn_tanh"
    assert recurrence._kind(decompositions.rnn_cell(torch.relu)) == "rnn_relu"
    assert recurrence._kind(decompositions.rnn_cell(torch.sigmoid)) == ""
