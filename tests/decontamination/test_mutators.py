"""The disguises of the contamination benchmark: each leaves the program the function it was."""

from __future__ import annotations

import ast
from typing import Any

import pytest
import torch

from benchmarks.mutators import MUTATORS, mutants

CHAIN = '''
import torch
import torch.nn as nn

class Model(nn.Module):
    """A convolution and what follows."""
    def __init__(self, channels, width, shape):
        super(Model, self).__init__()
        self.conv = nn.Conv2d(channels, width, 3, padding=1)
        self.norm = nn.GroupNorm(2, width)
        self.pool = nn.MaxPool2d(2)
        self.bias = nn.Parameter(torch.randn(shape) * 0.1)
        self.head = nn.Sequential(nn.Linear(width, 6), nn.ReLU(), nn.Linear(6, 5, bias=False))

    def forward(self, x):
        x = self.conv(x)
        x = self.norm(x)
        x = torch.relu(x) - 0.25
        x = self.pool(x + self.bias)
        x = torch.nn.functional.leaky_relu(x, negative_slope=0.2)
        x = torch.mean(x, dim=[2, 3])
        x = torch.sigmoid(x) * x / 2.0
        return torch.softmax(self.head(x) ** 2, dim=1)

batch_size = 8
channels = 4
width = 8

def get_inputs():
    return [torch.rand(batch_size, channels, 8, 8)]

def get_init_inputs():
    return [channels, width, (width, 1, 1)]
'''

RESIDUAL = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Block(nn.Module):
    def __init__(self, width: int, rate: float = 0.0):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(rate)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(x)
        y = F.gelu(self.up(y))
        y = self.dropout(self.down(y))
        return x + y

class Model(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        layers = []
        for _ in range(blocks):
            layers.append(Block(width))
        self.blocks = nn.Sequential(*layers)
        self.norm = nn.BatchNorm1d(width, eps=1e-3)
        self.scale = 0.5

    def forward(self, left, right):
        value = left @ right
        value = self.blocks(value)
        batch, length, width = value.shape
        flat = value.view(batch * length, width)
        flat = torch.tanh(self.norm(flat)) * self.scale
        return flat.view(batch, length, width).transpose(1, 2)

def get_inputs():
    return [torch.rand(3, 4, 5), torch.rand(3, 5, 8)]

def get_init_inputs():
    return [8, 2]
"""

TRANSPOSED = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self, inside, outside, kernel):
        super().__init__()
        self.up = nn.ConvTranspose3d(inside, outside, kernel, stride=2, padding=1, output_padding=1)
        self.norm = nn.BatchNorm3d(outside)
        self.act = nn.Hardswish()
        self.average = nn.AvgPool3d(2)
        self.limits = nn.Hardtanh(min_val=-0.5, max_val=0.75)

    def forward(self, x):
        x = self.up(x)
        x = self.norm(x)
        x = self.act(x)
        x = self.average(x)
        x = self.limits(x)
        return torch.logsumexp(x, dim=1, keepdim=True)

def get_inputs():
    return [torch.rand(2, 3, 4, 4, 4)]

def get_init_inputs():
    return [3, 4, (3, 3, 3)]
"""

PROGRAMS = {"chain": CHAIN, "residual": RESIDUAL, "transposed": TRANSPOSED}
SAME_FUNCTION = ("rename", "reformat", "reorder", "rewrite", "wrap", "dead_code", "formulas", "neutral", "hard")
SHAPES = {
    "chain": ((((8, 4, 8, 8), "float32"),), (((8, 5), "float32"),)),
    "residual": ((((3, 4, 5), "float32"), ((3, 5, 8), "float32")), (((3, 8, 4), "float32"),)),
    "transposed": ((((2, 3, 4, 4, 4), "float32"),), (((2, 1, 4, 4, 4), "float32"),)),
}


def run(source: str, entry: str) -> torch.Tensor:
    """The program's output, its parameters filled by their shapes, so that neither names nor order of them matter."""
    scope: dict[str, Any] = {}
    exec(compile(source, "<program>", "exec"), scope)
    torch.manual_seed(7)
    inputs = scope["get_inputs"]()
    model = scope[entry](*scope["get_init_inputs"]()).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.linspace(-0.4, 0.5, parameter.numel()).reshape(parameter.shape))
        output = model(*inputs)
    assert isinstance(output, torch.Tensor)
    return output


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mutator", SAME_FUNCTION)
@pytest.mark.parametrize("seed", ["0", "1", "2", "3"])
def test_the_function_stays_the_same(program: str, mutator: str, seed: str) -> None:
    source = PROGRAMS[program]
    text, entry = next(mutants(mutator, source, "Model", seed, *SHAPES[program]))
    assert text != source
    torch.testing.assert_close(run(text, entry), run(source, "Model"), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mutator", MUTATORS)
def test_the_same_seed_gives_the_same_program(mutator: str) -> None:
    def first(seed: str) -> tuple[str, str] | None:
        return next(mutants(mutator, CHAIN, "Model", seed, *SHAPES["chain"]), None)

    assert first("5") == first("5") is not None


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mutator", ["constants", "shapes", "combined", "embed", "embed_combined"])
def test_one_of_the_attempts_runs_and_computes_something_else(program: str, mutator: str) -> None:
    plain = run(PROGRAMS[program], "Model")
    faults = []
    for text, entry in mutants(mutator, PROGRAMS[program], "Model", "1", *SHAPES[program]):
        try:
            output = run(text, entry)
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            faults.append(error)
            continue
        assert output.shape != plain.shape or not torch.equal(output, plain)
        return
    # Sizes that are literal in a call of two matrices cannot be changed one by one.
    assert (program, mutator) in {("residual", "shapes"), ("transposed", "shapes")}, faults


def test_renaming_leaves_no_name_of_the_original() -> None:
    text, entry = next(mutants("rename", CHAIN, "Model", "0", *SHAPES["chain"]))
    kept = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert entry != "Model"
    assert not kept & {"Model", "channels", "width", "batch_size", "x"}
    assert not {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)} & {"conv", "pool"}
