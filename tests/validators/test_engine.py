"""Autograd's walk in Python: on fake CUDA tensors what the C++ engine says on CPU."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

from validators import codegen
from validators.fake import FakeMode
from validators.inductor import engine, offline_cuda
from validators.loading import load
from validators.verdict import Program, Settings


@pytest.fixture(scope="module", autouse=True)
def _device() -> None:
    offline_cuda.install("sm_80")


Case = tuple[Callable[..., object], list[tuple[int, ...]]]
CASES: dict[str, Case] = {
    "a chain": (lambda x: x.tanh().exp().sum(), [(3, 4)]),
    "broadcasting is undone": (lambda x, y: x * y + y, [(3, 4), (4,)]),
    "one tensor in several places": (lambda x, y: (x @ y) * x.sum() + (x * x).mean() - y.sum(), [(3, 3), (3, 3)]),
    "several outputs of one node": (lambda x: tuple(part.sin() for part in x.split(2)), [(6, 2)]),
    "an output that leads to another": (lambda x: (y := x.square(), y.sum(0) * 2), [(3, 2)]),
    "an input that is not used": (lambda x, y: x.sigmoid(), [(3,), (2,)]),
    "an input that is an output": (lambda x, y: (x, x * y + x, x), [(3,), (3,)]),
    "normalisation and a convolution": (
        lambda x, w, b: F.layer_norm(F.conv1d(x, w, b), [5], torch.ones(5, device=x.device)).relu(),
        [(2, 3, 7), (4, 3, 3), (4,)],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_walk_finds_what_the_engine_finds(case: Case) -> None:
    function, shapes = case
    torch.manual_seed(1)
    inputs = [torch.randn(shape, requires_grad=True) for shape in shapes]
    made = function(*inputs)
    outputs = list(made) if isinstance(made, tuple) else [made]
    grads = [torch.randn_like(output) for output in outputs]
    wanted = torch.autograd.grad(outputs, inputs, grads, retain_graph=True, allow_unused=True)
    with torch.no_grad():
        found = engine._walk(outputs, grads, inputs)
    assert len(found) == len(wanted)
    for mine, theirs in zip(found, wanted, strict=True):
        assert (mine is None) == (theirs is None)
        assert mine is None or torch.equal(mine, theirs)  # the order of the sums is the engine's, so the bits are


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_fake_cuda_tensors_have_gradients(case: Case) -> None:
    function, shapes = case
    with FakeMode():
        inputs = [torch.empty(shape, device="cuda") for shape in shapes]
        output, vjp = torch.func.vjp(function, *inputs)
        found = vjp(torch.utils._pytree.tree_map(torch.empty_like, output))
    assert [(tuple(g.shape), g.device.type) for g in found] == [(shape, "cuda") for shape in shapes]


def test_what_is_not_in_the_graph_is_told() -> None:
    with FakeMode():
        x, y = (torch.empty(2, device="cuda", requires_grad=True) for _ in range(2))
        with pytest.raises(RuntimeError, match="not have been used"):
            torch.autograd.grad(x.sum(), [y])
        assert torch.autograd.grad(x.sum(), [x, y], allow_unused=True)[1] is None


def test_what_is_no_fake_device_is_left_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_walk", lambda *_: pytest.fail("walked"))
    x = torch.randn(3, requires_grad=True)
    x.square().sum().backward()
    assert x.grad is not None and torch.equal(x.grad, 2 * x.detach())
    assert torch.autograd.grad(x.sum(), [x])[0].tolist() == [1, 1, 1]


GRADIENT = """
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, x, grad):
        def run(parameters, x):
            return torch.func.functional_call(self.linear, parameters, (x,)).tanh()

        _, vjp = torch.func.vjp(run, dict(self.linear.named_parameters()), x)
        parameters, gradient = vjp(grad)
        return gradient, *parameters.values()

def get_inputs():
    return [torch.randn(5, 8), torch.randn(5, 4)]

def get_init_inputs():
    return []
"""


def test_a_gradient_becomes_triton_code() -> None:
    program = Program(GRADIENT, "Model")
    _, pair = codegen.check(load(program), program, Settings())
    assert {"self.linear.weight", "x", "grad"} <= set(pair.evidence["arguments"])
    assert pair.kernels and pair.evidence["output"].count("output[") == 3
