"""The ATen graph: what is recorded, what two graphs have in common, and what the stage makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from validators import graph
from validators.aten.features import features
from validators.aten.loose import root
from validators.aten.recorder import record
from validators.aten.rules import expressions
from validators.conduct.instance import Instance
from validators.contamination import graphs, packs
from validators.fake import FakeMode
from validators.loading import Refused, load
from validators.processes.program_side import Here
from validators.verdict import Program, Reason, Settings, Stage

X = (2, 6, 8, 8)


class _Function(nn.Module):
    def __init__(self, function: Callable[..., Any], **modules: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *inputs: Any) -> Any:
        return self.function(self, *inputs)


def told(function: Callable[..., Any], *shapes: tuple[int, ...], **modules: nn.Module) -> dict[str, Any]:
    model = _Function(function, **modules).eval()
    inputs = [torch.rand(shape) for shape in shapes or (X,)]
    return features(record(model, inputs, lambda: model(*inputs)))


def root_of(function: Callable[..., Any], *shapes: tuple[int, ...], **modules: nn.Module) -> str:
    return str(told(function, *shapes, **modules)["root"])


def _by_hand(x: torch.Tensor) -> torch.Tensor:
    e = (x - x.amax(1, keepdim=True)).exp()
    return e / e.sum(1, keepdim=True)


def _normed(x: torch.Tensor) -> torch.Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5)


SAME: dict[str, tuple[Callable[[torch.Tensor], Any], Callable[[torch.Tensor], Any]]] = {
    "softmax": (lambda x: F.softmax(x, 1), _by_hand),
    "softmax without its maximum": (lambda x: F.softmax(x, 1), lambda x: x.exp() / x.exp().sum(1, keepdim=True)),
    "log softmax": (lambda x: F.log_softmax(x, 1), lambda x: x - torch.logsumexp(x, 1, keepdim=True)),
    "logarithm of a softmax": (lambda x: F.log_softmax(x, 1), lambda x: F.softmax(x, 1).log()),
    "layer norm": (lambda x: F.layer_norm(x, (8,)), _normed),
    "silu": (F.silu, lambda x: x * torch.sigmoid(x)),
    "sigmoid": (torch.sigmoid, lambda x: 1 / (1 + torch.exp(-x))),
    "mish": (F.mish, lambda x: x * torch.tanh(F.softplus(x))),
    "softplus": (F.softplus, lambda x: torch.log(1 + torch.exp(x))),
    "gelu": (F.gelu, lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5))),
    "gelu, approximate": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1 + torch.tanh(0.797 * (x + 0.0447 * x**3))),
    ),
    "hardswish": (F.hardswish, lambda x: x * F.relu6(x + 3) / 6),
    "leaky relu": (F.leaky_relu, lambda x: torch.where(x > 0, x, 0.01 * x)),
    "relu": (F.relu, lambda x: torch.maximum(x, torch.zeros_like(x))),
    "in place": (lambda x: x.add(1).relu(), lambda x: (x + 1).relu_()),
    "operands": (lambda x: x + x.sin() * x.cos(), lambda x: x.cos() * x.sin() + x),
    "global pooling": (lambda x: F.adaptive_avg_pool2d(x, 1), lambda x: x.mean((2, 3), keepdim=True)),
    "variance": (lambda x: x.var(1), lambda x: (x * x).mean(1) - x.mean(1) ** 2),
    "dead code": (lambda x: x.sin(), lambda x: (x.cos().cumsum(1), x.sin())[1]),
    "views": (lambda x: x.flatten(1).sin(), lambda x: x.sin().permute(0, 2, 1, 3).reshape(2, -1)),
    "log-sum-exp of maxima": (
        lambda x: F.max_pool2d(x, 2).logsumexp(1),
        lambda x: (y := F.max_pool2d(x, 2)).amax(1) + (y - y.amax(1, keepdim=True)).exp().sum(1).log(),
    ),
    "negated extremum": (lambda x: x.amin(1), lambda x: -((-x).amax(1))),
}


@pytest.mark.parametrize("name", SAME)
def test_a_formula_has_the_root_of_the_operator_that_it_spells(name: str) -> None:
    one, other = SAME[name]
    assert root_of(lambda _, x: one(x)) == root_of(lambda _, x: other(x))


def test_modules_and_functions_over_parameters_are_the_same() -> None:
    linear, conv = nn.Linear(8, 5), nn.Conv2d(6, 4, 3)
    assert root_of(lambda m, x: m.f(x), f=linear) == root_of(lambda m, x: x @ m.f.weight.T + m.f.bias, f=linear)
    assert root_of(lambda m, x: m.f(x), f=linear) == root_of(
        lambda m, x: torch.einsum("bchw,ow->bcho", x, m.f.weight) + m.f.bias, f=linear
    )
    assert root_of(lambda m, x: m.f(x), f=conv) == root_of(
        lambda m, x: F.conv2d(x, m.f.weight) + m.f.bias.view(-1, 1, 1), f=conv
    )
    norm = nn.BatchNorm2d(6).eval()

    def by_hand(m: Any, x: torch.Tensor) -> torch.Tensor:
        mean, var = (t.view(-1, 1, 1) for t in (m.f.running_mean, m.f.running_var))
        return (x - mean) / torch.sqrt(var + m.f.eps) * m.f.weight.view(-1, 1, 1) + m.f.bias.view(-1, 1, 1)

    assert root_of(lambda m, x: m.f(x), f=norm) == root_of(by_hand, f=norm)


def test_attention_is_taken_apart_whatever_kernel_it_would_use() -> None:
    shape = (2, 4, 10, 8)

    def by_hand(_: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return torch.softmax(q @ k.transpose(-1, -2) * 8**-0.5, -1) @ v

    fused = lambda _, q, k, v: F.scaled_dot_product_attention(q, k, v)  # noqa: E731
    assert root_of(fused, shape, shape, shape) == root_of(by_hand, shape, shape, shape)


CHAIN: list[Callable[[torch.Tensor], torch.Tensor]] = [
    *(torch.sin, torch.exp, torch.sigmoid, torch.tanh, torch.abs, F.gelu, torch.erf, torch.atan),
    *(lambda x: F.softmax(x, 1), lambda x: x.cumsum(1), lambda x: F.layer_norm(x, (8,)), torch.sqrt),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(CHAIN) - 1), min_size=1, max_size=6), st.data())
def test_changing_any_operator_of_a_program_changes_its_root(chain: list[int], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    other = data.draw(st.integers(0, len(CHAIN) - 1).filter(lambda o: o != chain[at]))
    changed = [*chain[:at], other, *chain[at + 1 :]]

    def run(order: list[int], x: torch.Tensor) -> torch.Tensor:
        for index in order:
            x = CHAIN[index](x)
        return x

    assert root_of(lambda _, x: run(chain, x)) != root_of(lambda _, x: run(changed, x))


def test_what_is_written_into_slices_is_not_lost() -> None:
    pads = [nn.CircularPad2d(1), nn.ReflectionPad2d(1)]
    roots = {root_of(lambda m, x, f=f: m.pad(f(x)), pad=pad) for pad in pads for f in (torch.sin, torch.cos)}
    assert len(roots) == 4, "a pad that fills slices of new memory must not hide what it was made of"

    def buffer(_: Any, x: torch.Tensor) -> torch.Tensor:
        out = torch.empty(2, 12, 8, 8)
        out[:, :6] = x.sin()
        out[:, 6:] = x.cos()
        return out

    assert root_of(buffer) == root_of(lambda _, x: torch.cat([x.sin(), x.cos()], 1))


def test_the_exact_graph_knows_shapes_dtypes_and_arguments_and_no_names() -> None:
    strict = lambda f, *shapes, **m: told(f, *shapes, **m)["strict"]  # noqa: E731
    relu = lambda m, x: F.leaky_relu(m.conv(x), 0.1)  # noqa: E731
    assert strict(relu, conv=nn.Conv2d(6, 4, 3)) == strict(lambda m, x: F.leaky_relu(m.c(x), 0.1), c=nn.Conv2d(6, 4, 3))
    others = [
        strict(relu, conv=nn.Conv2d(6, 4, 3)),
        strict(relu, conv=nn.Conv2d(6, 4, 3, padding=1)),
        strict(relu, conv=nn.Conv2d(6, 5, 3)),
        strict(relu, conv=nn.Conv2d(6, 4, 3, bias=False)),
        strict(relu, (2, 6, 9, 8), conv=nn.Conv2d(6, 4, 3)),
        strict(lambda m, x: F.leaky_relu(m.conv(x), 0.2), conv=nn.Conv2d(6, 4, 3)),
    ]
    assert len(set(others)) == len(others)
    assert strict(lambda m, x, y: x * x - y, X, X) != strict(lambda m, x, y: x * y - y, X, X)


def test_a_generator_is_told_by_its_seed_and_not_by_where_it_lies() -> None:
    def strict(generator: torch.Generator) -> str:
        return str(told(lambda _, x: x + torch.rand(x.shape, generator=generator), (2, 3))["strict"])

    one, same, other = (torch.Generator().manual_seed(seed) for seed in (1, 1, 2))
    assert strict(one) == strict(same) != strict(other)


def test_fake_and_real_tensors_leave_the_same_graph() -> None:
    def both(make: Callable[[], nn.Module], *shapes: tuple[int, ...]) -> None:
        found = []
        for fake in (True, False):
            with FakeMode() if fake else torch.no_grad():
                model, inputs = make().eval(), [torch.rand(shape) for shape in shapes]
                found.append(features(record(model, inputs, lambda m=model, i=inputs: m(*i))))
        assert found[0]["root"] == found[1]["root"] and found[0]["edges"] == found[1]["edges"]

    both(lambda: nn.TransformerEncoderLayer(16, 2, batch_first=True), (2, 5, 16))
    both(lambda: _Function(lambda m, x: m.rnn(x)[0], rnn=nn.LSTM(8, 4, 2, bidirectional=True)), (7, 2, 8))


def test_a_recurrent_layer_is_one_node_however_long_it_runs() -> None:
    short, long = (told(lambda m, x: m.f(x)[0], (2, t, 8), f=nn.GRU(8, 4, batch_first=True)) for t in (3, 40))
    assert short["operators"] == {"gru": 1} and short["root"] == long["root"]
    assert short["strict"] != long["strict"]


def test_operators_and_the_data_between_them_are_counted_as_people_name_them() -> None:
    found = told(lambda m, x: F.relu(m.conv(x)).flatten(1) + 1, conv=nn.Conv2d(6, 4, 3))
    assert found["operators"] == {"add": 1, "conv2d": 1, "relu": 1}
    assert found["edges"] == [["conv2d", "relu", 1], ["input", "conv2d", 1], ["relu", "add", 1]]
    assert (found["inputs"], found["parameters"], found["depth"], found["joins"]) == (1, 2, 4, 0)


def test_a_sum_of_many_logarithms_is_made_at_once_and_one_of_two_is_left() -> None:
    def total(count: int) -> str:
        return root_of(lambda _, x: sum(((x + k).sin().logsumexp(1) for k in range(count)), x.mean(1)))

    assert total(30) != total(29)
    assert root_of(lambda _, x: x - 2 * x.logsumexp(1, keepdim=True)) != root_of(lambda _, x: F.log_softmax(x, 1))


# -- the stage ------------------------------------------------------------------------------------------------------

PROBLEM = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return torch.logsumexp(torch.tanh(self.conv(x)) * 2.0, dim=1)


def get_inputs():
    return [torch.rand(2, 3, 10, 10)]


def get_init_inputs():
    return []
"""


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """PROBLEM as a benchmark's."""
    metrics = graph.told(load(Program(PROBLEM, "Model")))
    file = tmp_path / "own.json"
    file.write_text(packs.dump("Own", "", [graphs.fingerprint(packs.Problem("2/1", 2), metrics)]))
    return Settings(fingerprints=(str(file),))


class _Side(Here):
    def __init__(self, source: str) -> None:
        self.loaded = load(Program(source, "Model"))
        super().__init__(self)

    def graph(self) -> dict[str, Any]:
        return graph.told(self.loaded)


def _judged(source: str, settings: Settings) -> Any:
    side = _Side(source)
    return graph.check(side, Instance(side.loaded, 0), settings)


def test_a_disguised_problem_is_turned_down_with_its_evidence(own: Settings) -> None:
    disguised = PROBLEM.replace(
        "torch.logsumexp(torch.tanh(self.conv(x)) * 2.0, dim=1)",
        "torch.log(torch.exp(3.0 * torch.tanh(nn.functional.conv2d(x, self.conv.weight, self.conv.bias))).sum(1))",
    )
    found = _judged(disguised, own)
    assert found.reason is Reason.BENCHMARK_GRAPH and found.metrics["contamination"][0]["problem"] == "2/1"
    grown = PROBLEM.replace(
        "return torch.logsumexp", "x = torch.sin(x)\n        return torch.cos(torch.logsumexp"
    ).replace("dim=1)", "dim=1))")
    found = _judged(grown, own)
    assert found.reason is Reason.BENCHMARK_PART and found.metrics["contamination"][0]["tier"] == "T2 part"
    assert _judged(PROBLEM.replace("torch.tanh", "torch.erf"), own).ok


def test_a_function_written_by_hand_is_known_by_what_it_computes(tmp_path: Path) -> None:
    body = "return torch.stack([torch.exp(r - r.max()) / torch.exp(r - r.max()).sum() for r in x.unbind(0)])"
    source = PROBLEM.replace("return torch.logsumexp(torch.tanh(self.conv(x)) * 2.0, dim=1)", body)
    source = source.replace("torch.rand(2, 3, 10, 10)", "torch.rand(4, 12)").replace(
        "self.conv = nn.Conv2d(3, 8, 3)", "pass"
    )
    found = _judged(source, Settings())
    assert found.reason is Reason.BENCHMARK_BEHAVIOUR, found
    assert found.metrics["contamination"][-1]["benchmark"] == "KernelBench"
    assert _judged(source.replace("torch.exp(r - r.max()) /", "torch.exp(r - r.max()).sin() /"), Settings()).ok


@pytest.mark.parametrize(
    ("names", "body", "inputs", "problem"),
    [
        ("a, b", "return torch.diag(a) @ b", "torch.randn(9), torch.randn(9, 7)", "1/12"),
        (
            *("a, p, n", "return torch.relu((a - p + 1e-6).norm(dim=1) - (a - n + 1e-6).norm(dim=1) + 1).mean()"),
            *("torch.rand(8, 9), torch.rand(8, 9), torch.rand(8, 9)", "1/99"),
        ),
    ],
)
def test_functions_of_several_inputs_are_known_too(names: str, body: str, inputs: str, problem: str) -> None:
    source = PROBLEM.replace("return torch.logsumexp(torch.tanh(self.conv(x)) * 2.0, dim=1)", body)
    source = source.replace("forward(self, x)", f"forward(self, {names})").replace("torch.rand(2, 3, 10, 10)", inputs)
    source = source.replace("self.conv = nn.Conv2d(3, 8, 3)", "pass")
    found = _judged(source, Settings())
    assert found.reason is Reason.BENCHMARK_BEHAVIOUR, found
    assert found.metrics["contamination"][-1]["problem"] == problem
    assert _judged(source.replace(body, body.replace("return ", "return 2 * ")), Settings()).ok


def test_a_program_that_looks_into_its_values_is_recorded_on_real_ones(own: Settings) -> None:
    looking = PROBLEM.replace(
        "        return torch.logsumexp",
        "        if x.sum().item() > 1e9:\n            x = -x\n        return torch.logsumexp",
    )
    assert _judged(looking, own).reason is Reason.BENCHMARK_GRAPH


def test_what_cannot_be_fingerprinted_is_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("no graph")

    monkeypatch.setattr(graph, "record", fails)
    with pytest.raises(Refused) as refused:
        graph.told(load(Program(PROBLEM, "Model")))
    assert refused.value.reason is Reason.NOT_FINGERPRINTED


def test_the_private_names_that_recording_needs_are_there() -> None:
    from torch.utils._python_dispatch import TorchDispatchMode

    overload = torch.ops.aten.add_.Tensor
    assert overload._schema.arguments[0].alias_info.is_write and torch.ops.aten.view.default.is_view
    assert hasattr(TorchDispatchMode, "__torch_dispatch__") and Stage.GRAPH in Settings().stages
    assert isinstance(torch.empty(1).untyped_storage()._cdata, int)
    assert root(expressions(record(nn.Identity(), [torch.rand(2)], lambda: torch.rand(2)))), "of nothing, too"
