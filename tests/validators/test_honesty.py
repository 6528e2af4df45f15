"""Stage EAGER's questions of honesty: each reason by a program that deserves it and, beside it, one that does not."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import torch
import torch._dynamo
import torch.nn.functional as F
from programs import program
from torch import nn

from validators import eager
from validators.loading import Refused, load
from validators.verdict import Program, Reason, Settings


def reason(source: str, pattern: tuple[str, ...] = ()) -> Reason | None:
    try:
        eager.check(load(Program(source, "Model", pattern)), pattern, Settings())
    except Refused as refused:
        return refused.reason
    return None


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the programs below change in this process is as before after each test."""
    for owner, name in ((F, "relu"), (nn.Linear, "forward"), (torch, "isfinite")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    with torch._dynamo.config.patch(suppress_errors=False):
        yield


EXTRA = "import os, time, numpy, functools\nstate = {'n': 0}\n"
BUFFER = "self.linear = nn.Linear(6, 5)\nself.register_buffer('seen', torch.zeros(()))"
DROPOUT = "self.drop = nn.Dropout(0.5)"

DISHONEST: list[tuple[Reason, str, dict[str, str]]] = [
    (Reason.UNINITIALIZED_MEMORY, "return self.linear(x) + torch.empty(5)", {}),
    (Reason.UNINITIALIZED_MEMORY, "return self.linear(x) + x.new_empty(5).abs()", {}),
    (Reason.UNINITIALIZED_MEMORY, "return self.linear(x) + torch.empty_like(x).resize_(9)[8]", {}),
    (Reason.UNINITIALIZED_MEMORY, "return self.linear(x) + torch.Tensor(5)", {}),
    (Reason.UNINITIALIZED_MEMORY, "y = torch.empty(4, 6)\ny[:3] = x[:3]\nreturn self.linear(y) * x.sum()", {}),
    (Reason.UNINITIALIZED_MEMORY, "return x * self.w", {"init": "self.w = nn.Parameter(torch.empty(6))"}),
    (Reason.UNINITIALIZED_MEMORY, "return self.linear(x)", {"inputs": "torch.empty(4, 6)"}),
    (Reason.CONSTANT_OUTPUT, "return x.mean(1, keepdim=True).softmax(1)", {}),
    (Reason.CONSTANT_OUTPUT, "return F.relu(-x.abs() - 1)", {}),
    (Reason.IGNORES_INPUTS, "return self.linear.weight * 2", {}),
    (Reason.RETURNS_INPUT, "return x", {}),
    (Reason.RETURNS_INPUT, "return x.t().reshape(6, 2, 2)[:, 0]", {}),
    (Reason.RETURNS_INPUT, "return self.drop(x), x.view(-1)", {"init": DROPOUT}),
    (Reason.RETURNS_INPUT, "return x.clone() + 0", {}),
    (Reason.HIDDEN_STATE, "self.n = getattr(self, 'n', 0) + 1\nreturn self.linear(x) * self.n", {}),
    (Reason.HIDDEN_STATE, "self.n = getattr(self, 'n', 0) + 1\nreturn self.linear(x) * (2 if self.n > 9 else 1)", {}),
    (Reason.HIDDEN_STATE, "state['n'] += 1\nreturn self.linear(x) * state['n']", {}),
    (Reason.HIDDEN_STATE, "if not hasattr(self, 'y'):\n    self.y = self.linear(x)\nreturn self.y", {}),
    (Reason.HIDDEN_STATE, "if 'm' not in state:\n    state['m'] = x.mean()\nreturn self.linear(x) - state['m']", {}),
    (Reason.HIDDEN_STATE, "self.seen += x.mean()\nreturn self.linear(x)", {"init": BUFFER}),
    (Reason.HIDDEN_STATE, "self.linear.weight.mul_(1.001)\nreturn self.linear(x)", {}),
    (Reason.HIDDEN_STATE, "n[0] += 1\nreturn self.linear(x) * n[0]", {"parameters": "x, n=[0]"}),
    (Reason.HIDDEN_STATE, "torch.manual_seed(3)\nreturn self.linear(x) + torch.randn(5)", {}),
    (Reason.NONDETERMINISTIC, "return self.linear(x) + time.perf_counter_ns() % 1000", {}),
    (Reason.NONDETERMINISTIC, "return self.linear(x) + os.urandom(1)[0]", {}),
    (Reason.NONDETERMINISTIC, "return x * self.w", {"init": "self.w = float(os.urandom(2)[0]) + time.perf_counter()"}),
    (
        Reason.NONDETERMINISTIC,
        "return x * self.w",
        {"init": "self.w = nn.Parameter(torch.tensor(numpy.random.default_rng().normal(size=6)))"},
    ),
    (Reason.ASKS_FOR_COMPILER, "return self.linear(x) if torch.compiler.is_compiling() else x * 2", {}),
    (Reason.ASKS_FOR_COMPILER, "from torch.compiler import is_compiling as f\nreturn x * (1 if f() else 2)", {}),
    (
        Reason.ASKS_FOR_COMPILER,
        "return x * (1 if functools.partial(torch.compiler.is_dynamo_compiling)() else 2)",
        {},
    ),
    (Reason.EVADES_COMPILER, "return torch.compiler.disable(self.linear)(x)", {}),
    (Reason.EVADES_COMPILER, "torch._dynamo.graph_break()\nreturn self.linear(x)", {}),
    (
        Reason.EVADES_COMPILER,
        "return self.linear(x)",
        {"init": "self.linear = nn.Linear(6, 5)\nimport torch._dynamo\ntorch._dynamo.config.suppress_errors = True"},
    ),
    (
        Reason.TENSOR_SUBCLASS,
        "return self.linear(x)",
        {"extra": "class T(torch.Tensor):\n    pass\n", "inputs": "torch.randn(4, 6).as_subclass(T)"},
    ),
    (
        Reason.TENSOR_SUBCLASS,
        "return self.linear(x).as_subclass(T)",
        {"extra": "class T(torch.Tensor):\n    pass\n"},
    ),
    (
        Reason.TENSOR_SUBCLASS,
        "return (self.linear(x).as_subclass(T) * 2).as_subclass(torch.Tensor)",
        {"extra": "class T(torch.Tensor):\n    pass\n"},
    ),
    (Reason.TRAINING_ONLY, "self.train()\nreturn self.drop(self.linear(x))", {"init": BUFFER + "\n" + DROPOUT}),
    (Reason.REPLACES_FUNCTIONS, "F.relu = lambda t: t\nreturn F.relu(self.linear(x))", {}),
    (Reason.REPLACES_FUNCTIONS, "return self.linear(x)", {"extra": "nn.Linear.forward = lambda self, x: x[:, :5]\n"}),
    (Reason.REPLACES_FUNCTIONS, "return self.linear(x)", {"extra": "torch.isfinite = lambda t: t == t\n"}),
]


@pytest.mark.parametrize(("expected", "forward", "parts"), DISHONEST)
def test_each_reason_is_found_by_running(expected: Reason, forward: str, parts: dict[str, str]) -> None:
    assert reason(program(forward, **{"extra": EXTRA, **parts})) is expected


def test_an_operator_that_only_training_runs_is_named_as_such() -> None:
    source = program("y = self.linear(x)\nreturn torch.tanh(y) if self.training else y * 2")
    assert reason(source, ("Linear", "Tanh")) is Reason.TRAINING_ONLY
    assert reason(source, ("Linear", "Sigmoid")) is Reason.MISSING_OPERATORS
    assert reason(source, ("Linear",)) is None


def test_a_module_that_refuses_eval_mode_is_found() -> None:
    source = program("return self.drop(self.linear(x))", init=f"self.linear = nn.Linear(6, 5)\n{DROPOUT}")
    source = source.replace("    def forward", "    def eval(self):\n        return self\n\n    def forward", 1)
    assert reason(source) is Reason.TRAINING_ONLY


HONEST: list[tuple[str, dict[str, str]]] = [
    ("y = torch.empty(4, 6)\ny.copy_(x)\nreturn self.linear(y)", {}),
    ("y = torch.empty_like(x)\ntorch.mul(x, 2, out=y)\nreturn y", {}),
    ("return x * self.w", {"init": "self.w = nn.Parameter(torch.empty(6))\nnn.init.normal_(self.w)"}),
    ("return F.dropout(self.linear(x), 0.5, training=True)", {}),
    ("return torch.randn_like(x) + x", {}),
    ("if not hasattr(self, 'mask'):\n    self.mask = torch.tril(torch.ones(6, 6))\nreturn x @ self.mask", {}),
    ("self.last = self.linear(x)\nreturn self.last * 2", {}),
    ("self.size = x.shape[0]\nreturn self.linear(x) / self.size", {}),
    ("return self.linear(x), x", {}),
    ("return self.linear(x), torch.zeros(3)", {}),
    ("return self.linear(x).sum()", {}),
    ("return x.mean(0, keepdim=True).expand(4, 6) * 2", {}),
    ("torch.set_default_dtype(torch.float32)\nreturn self.linear(x)", {}),
    ("return x * self.w", {"init": "self.w = nn.Parameter(torch.from_numpy(numpy.random.randn(6)).float())"}),
    ("return self.norm(self.linear(x))", {"init": "self.linear = nn.Linear(6, 5)\nself.norm = nn.BatchNorm1d(5)"}),
    ("return self.lin(x)", {"init": "self.lin = nn.LazyLinear(5)"}),
    ("return self.lin(x)", {"init": "self.lin = nn.utils.spectral_norm(nn.Linear(6, 5))"}),
    (
        "return self.lin(x)",
        {"init": "self.lin = torch.nn.utils.parametrizations.weight_norm(nn.Linear(6, 5))"},
    ),
    ("return self.rnn(x.unsqueeze(1))", {"init": "self.rnn = nn.LSTM(6, 5, 2, bidirectional=True)"}),
    ("return self.t(x.unsqueeze(1))", {"init": "self.t = nn.TransformerEncoderLayer(6, 2, 8)"}),
    ("return torch.view_as_complex(x.view(4, 3, 2)) * (1 + 2j)", {}),
    ("return x.argmax(1), x > 0", {}),
]


@pytest.mark.parametrize(("forward", "parts"), HONEST)
def test_honest_programs_with_a_likeness_are_let_through(forward: str, parts: dict[str, str]) -> None:
    assert reason(program(forward, **{"extra": EXTRA, **parts})) is None


def test_a_program_that_cannot_be_imported_twice_is_judged_all_the_same() -> None:
    extra = "import sys\nif hasattr(sys, 'once'):\n    raise RuntimeError('again')\nsys.once = 1\n"
    try:
        assert reason(program("return self.linear(x)", extra=extra)) is None
    finally:
        vars(sys).pop("once", None)
