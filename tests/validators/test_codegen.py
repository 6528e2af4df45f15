"""Stage TRITON in process: the text, and above all what it is bound to.

These tests reach the private parts of torch that `offline_cuda.py`, `capture.py` and `fake.py` use: one that moves
fails here.
"""

from __future__ import annotations

import ast
import re
from typing import Any
from unittest import mock

import pytest
import torch
from programs import GOOD, program

from validators import codegen
from validators.emission import triton_module
from validators.inductor import offline_cuda
from validators.loading import Refused, load
from validators.verdict import Pair, Program, Reason, Settings

SETTINGS = Settings()
EXTERN = Settings(templates="extern")


@pytest.fixture(scope="module", autouse=True)
def offline_device() -> None:
    offline_cuda.install(SETTINGS.device_target)


def pair_of(source: str, settings: Settings = SETTINGS) -> Pair:
    asked = Program(source, "Model")
    return codegen.check(load(asked), asked, settings)[1]


def refusal(source: str, settings: Settings = SETTINGS) -> Reason:
    with pytest.raises(Refused) as caught:
        pair_of(source, settings)
    return caught.value.reason


def new_class(pair: Pair, results: list[Any]) -> tuple[type, list[list[Any]]]:
    """The pair's class with Inductor's `call` replaced by one that notes its arguments and answers `results`."""
    tree = ast.parse(pair.triton_code)
    start = next(i for i, n in enumerate(tree.body) if isinstance(n, ast.FunctionDef) and n.name == "call")
    imports = [n for n in tree.body[:start] if isinstance(n, ast.Import | ast.ImportFrom)]
    seen: list[list[Any]] = []

    def call(args: list[Any]) -> list[Any]:
        seen.append(list(args))
        return results

    namespace: dict[str, Any] = {"call": call, "torch": torch}
    own = ast.Module(body=[*imports, *tree.body[start + 1 :]], type_ignores=[])
    exec(compile(own, "<pair>", "exec"), namespace)
    return namespace["ModelNew"], seen


def test_a_fake_cuda_tensor_lives_on_the_device_that_is_not_there() -> None:
    from validators.fake import FakeMode

    with FakeMode(), torch.no_grad():
        x = torch.empty(2, 3).to("cuda").uniform_()
        assert x.device == torch.device("cuda", 0)
        assert torch.nn.Linear(3, 4, device="cuda")(x).device.type == "cuda"
        assert torch.nn.GRUCell(3, 5, device="cuda")(x).shape == (2, 5)
    assert not torch.cuda.is_available()


@pytest.mark.parametrize("target", sorted(offline_cuda.DEVICE_TARGETS))
def test_device_targets_are_named_by_their_compute_capability(target: str) -> None:
    props = offline_cuda.DEVICE_TARGETS[target]
    assert target == f"sm_{props.major}{props.minor}"
    assert props.shared_memory_per_block_optin < props.shared_memory_per_multiprocessor


def test_the_text_is_inductors_and_names_the_target() -> None:
    pair = pair_of(GOOD)
    assert pair.kernels and all(name.startswith("triton_") for name in pair.kernels)
    assert "cc=80" in pair.original_triton_code and "@triton.jit" in pair.original_triton_code
    assert "kernel path" not in pair.triton_code and "benchmark" not in pair.triton_code
    assert pair_of(GOOD, EXTERN).evidence["extern_calls"] == ["extern_kernels.mm"]
    assert "/tmp" not in pair.original_triton_code and "kernel path" not in pair.original_triton_code
    ast.parse(pair.triton_code)


def test_the_same_program_gives_the_same_bytes() -> None:
    assert pair_of(GOOD) == pair_of(GOOD)
    assert pair_of(GOOD, EXTERN) == pair_of(GOOD, EXTERN)


def test_arguments_of_equal_shape_are_told_apart() -> None:
    source = program(
        "return self.norm(x - 2 * y) * self.gain + self.shift - z['k'][0]",
        init="self.norm = nn.LayerNorm(6)\nself.shift = nn.Parameter(torch.ones(6))\n"
        "self.gain = nn.Parameter(torch.ones(6))\nself.register_buffer('unused', torch.ones(6))",
        inputs="torch.randn(4, 6), torch.randn(4, 6), {'k': [torch.randn(4, 6)]}",
        parameters="x, y, z",
    )
    pair = pair_of(source)
    cls, seen = new_class(pair, [torch.zeros(4, 6)])
    model = cls()
    x, y, k = (torch.randn(4, 6) for _ in range(3))
    model(x, y, {"k": [k]})
    wanted = {id(t) for t in (x, y, k, model.norm.weight, model.norm.bias, model.gain, model.shift)}
    assert {id(t) for t in seen[0]} == wanted
    # The arguments come in the order in which Inductor's own `call` unpacks them, so each name is right only at its
    # place: the layer norm's weight multiplies, its bias adds.
    text = pair.original_triton_code
    assert text.index("arg") and len(seen[0]) == len(wanted)


def test_outputs_keep_their_structure() -> None:
    source = program(
        "y = self.linear(x)\nreturn {'y': y, 'more': (y.view(-1), [x, 3, None]), 'flat': y.exp().t()}",
    )
    cls, _ = new_class(pair_of(source), [torch.full((1,), float(k)) for k in range(3)])
    x = torch.randn(4, 6)
    output = cls()(x)
    assert sorted(output) == ["flat", "more", "y"]
    assert isinstance(output["more"], tuple) and output["more"][1][0] is x and output["more"][1][1:] == [3, None]
    assert {float(output["y"]), float(output["more"][0]), float(output["flat"])} == {0.0, 1.0, 2.0}


def test_return_types_of_torch_come_back_as_such() -> None:
    source = program("return torch.max(self.linear(x).relu(), 1)")
    cls, _ = new_class(pair_of(source), [torch.zeros(4), torch.ones(4)])
    output = cls()(torch.randn(4, 6))
    assert type(output) is torch.return_types.max and float(output.indices[0]) == 1.0


def test_the_constructor_is_the_programs_own_and_names_give_way() -> None:
    source = program(
        "return device_scale(output) * self.blocks[1](output) + arg0_1",
        init="self.blocks = nn.ModuleList([Block(2), Block(call)])",
        inputs="torch.randn(4, 6), torch.randn(4, 6)",
        parameters="output, arg0_1: torch.Tensor",
        extra="call = 3\nunused = 1\n\n\ndef device_scale(x):\n    return x.abs()\n\n\n"
        "class Block(nn.Module):\n    def __init__(self, k):\n        super().__init__()\n"
        "        self.w = nn.Parameter(torch.full((1,), float(k)))\n\n"
        "    def forward(self, x):\n        return x * self.w\n",
    )
    pair = pair_of(source)
    assert "unused = 1" not in pair.triton_code and "device_scale" not in pair.triton_code
    cls, seen = new_class(pair, [torch.zeros(4, 6)])
    model = cls()
    assert float(model.blocks[1].w) == 3.0
    model(torch.zeros(4, 6), torch.ones(4, 6))
    assert len(seen[0]) == 3


def test_imports_reach_the_constructor_however_they_are_written() -> None:
    extra = (
        "from torch.nn import *\ntry:\n    import math as m\nexcept ImportError:\n    m = None\n"
        "if True:\n    def two():\n        return 2\n"
    )
    init = "self.linear = Linear(6, 5)\nself.scale = m.sqrt(two())"
    source = program("return self.linear(x).relu() * self.scale", init=init, extra=extra)
    cls, _ = new_class(pair_of("from __future__ import annotations\n" + source), [torch.zeros(4, 5)])
    assert cls().scale == 2**0.5


def test_a_lazy_modules_sizes_are_in_the_constructor() -> None:
    source = program("return self.fc(x).relu()", init="self.fc = nn.LazyLinear(5)")
    cls, seen = new_class(pair_of(source), [torch.zeros(4, 5)])
    model = cls()
    assert model.fc.weight.shape == (5, 6)
    model(torch.randn(4, 6))
    assert any(t is model.fc.weight for t in seen[0])


def test_tensors_made_in_forward_and_plain_attributes_reach_the_kernels() -> None:
    made = program("return x[:, torch.arange(5)] + torch.ones(5) + torch.min(x[:, :5], torch.tensor(0.5))")
    pair = pair_of(made)
    assert 'device="cpu"' not in pair.triton_code.split("def call")[1]
    plain = pair_of(program("return x * self.scale", init="self.scale = torch.rand(6)"))
    assert "self.scale.cuda()" in plain.triton_code


@pytest.mark.parametrize("module", ["nn.LSTM(6, 5, batch_first=True)", "nn.GRU(6, 5)", "nn.RNN(6, 5, 2)"])
def test_recurrent_modules_compile(module: str) -> None:
    pair = pair_of(program("return self.r(x)[0].relu()", init=f"self.r = {module}", inputs="torch.randn(3, 2, 6)"))
    assert "self.r.weight_hh_l0" in pair.evidence["arguments"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (program("print(x.sum().item())\nreturn x + 1"), Reason.GRAPH_BREAK),
        (program("return x + 1 if x.sum() > 0 else x - 1"), Reason.GRAPH_BREAK),
        (program("return x[x > 0] * 2"), Reason.DATA_DEPENDENT_SHAPE),
        (
            program("return Out(x + 1)", extra="class Out:\n    def __init__(self, t):\n        self.t = t\n"),
            Reason.UNBOUND_ARGUMENT,
        ),
    ],
)
def test_what_cannot_be_a_pair_has_a_true_reason(source: str, expected: Reason) -> None:
    assert refusal(source) is expected


def test_library_calls_alone_are_no_pair() -> None:
    assert refusal(program("return x @ x.t()"), EXTERN) is Reason.NO_TRITON_KERNEL


def test_kernels_and_library_calls_are_read_from_the_text() -> None:
    text = (
        "triton_poi_fused_0 = async_compile.triton('x')\n    buf0 = extern_kernels.mm(a)\n    extern_kernels.addmm(b)\n"
    )
    text += "    buf1 = torch.ops.aten.sort.stable(buf0)\n"
    assert triton_module.kernel_names(text) == ("triton_poi_fused_0",)
    assert triton_module.extern_calls(text) == (
        "extern_kernels.mm",
        "extern_kernels.addmm",
        "torch.ops.aten.sort.stable",
    )


def test_members_are_named_by_key_where_position_and_key_differ() -> None:
    init = "self.s = nn.Sequential()\nself.s.add_module('first', nn.Linear(6, 6))"
    init += "\n[self.s.add_module(k, nn.Linear(6, 6)) for k in ('2', '3', '0')]"
    cls, seen = new_class(pair_of(program("return self.s(x).relu()", init=init)), [torch.zeros(4, 6)])
    model = cls()
    model(torch.randn(4, 6))
    weights = [t for t in seen[0] if t.dim() == 2 and t.shape == (6, 6)]
    assert [id(w) for w in weights] == [id(layer.weight) for layer in model.s]


def test_statements_with_effects_and_the_last_definition_count() -> None:
    extra = "CFG = {'d': 5}\nCFG['d'] = 7\nNOTE = '''a\ndef b'''\n\n\nclass Model(nn.Module):\n    pass\n"
    init = "self.linear = nn.Linear(6, CFG['d'])\nself.note = len(NOTE)"
    cls, seen = new_class(pair_of(program("return self.linear(x).relu()", init=init, extra=extra)), [torch.ones(4, 7)])
    model = cls()
    assert model.linear.weight.shape == (7, 6) and model.note == 7
    assert torch.equal(model(torch.randn(4, 6)), torch.ones(4, 7)) and seen


@pytest.mark.parametrize(
    "source",
    [
        GOOD.replace("(nn.Module)", "(nn.ReLU)").replace("    def forward(self, x):", "    def other(self, x):"),
        program("return x.relu() + y", inputs="*[torch.randn(4, 6)] * 2", parameters="x, y"),
        program("return x.relu() + call", inputs="torch.randn(4, 6), torch.randn(4, 6)", parameters="x, call"),
        GOOD.replace(
            "    def forward", "    def __call__(self, x):\n        return super().__call__(x * 2)\n\n    def forward"
        ),
    ],
)
def test_forms_whose_triton_side_would_mislead_are_refused(source: str) -> None:
    assert refusal(source) is Reason.UNSUPPORTED_FORM


PRIVATE = program(
    "return self.__gain * self.__b(x).relu()",
    init="self.__gain = nn.Parameter(torch.rand(5))\nself.__b = nn.Linear(6, 5)",
)
INHERITED_LAZY = program(
    "return x",
    extra="\n\nclass Base(nn.Module):\n    def __init__(self):\n"
    "        super().__init__()\n        self.fc = nn.LazyLinear(5)\n",
).replace("class Model(nn.Module)", "class Model(Base)")
INHERITED_LAZY = INHERITED_LAZY.replace(
    "    def __init__(self):\n        super().__init__()\n        self.linear = nn.Linear(6, 5)\n\n", ""
)
INHERITED_LAZY = INHERITED_LAZY.replace("return x\n", "return self.fc(input=x).relu()\n")


@pytest.mark.parametrize(
    ("source", "results"),
    [
        (PRIVATE, 1),
        (INHERITED_LAZY, 1),
        (program("return self.b['global'](x).relu()", init="self.b = nn.ModuleDict({'global': nn.Linear(6, 5)})"), 1),
        (
            program(
                "y = x.relu()\nreturn Result(y, self.Inner(y + 1, y))",
                extra="from collections import namedtuple\nResult = namedtuple('Out', ['a', 'b'])\n",
            ).replace("(nn.Module):\n", "(nn.Module):\n    Inner = namedtuple('I', 'c d')\n\n"),
            2,
        ),
        (
            program("return x.relu() * MASK + self.SCALE", extra="MASK = torch.rand(6)\n").replace(
                "(nn.Module):\n", "(nn.Module):\n    SCALE = torch.rand(4, 6)\n\n"
            ),
            1,
        ),
        (
            program("return self.linear(x).relu()", extra="eps = 8\n").replace(
                "(nn.Module):\n", "(nn.Module):\n    eps = eps\n\n"
            ),
            1,
        ),
        (
            "from __future__ import annotations\n"
            + program("return self.linear(x).relu()").replace(
                "    def forward", "    def freeze(self, y: Unknown) -> Model:\n        return self\n\n    def forward"
            ),
            1,
        ),
    ],
    ids=["private", "inherited lazy", "keyword key", "named tuples", "global tensors", "class body", "annotations"],
)
def test_forms_that_the_triton_side_has_to_be_written_for(source: str, results: int) -> None:
    answers = [torch.full((1,), float(k)) for k in range(results)]
    cls, seen = new_class(pair_of(source), answers)
    with mock.patch.object(torch.Tensor, "cuda", lambda self: self):
        assert cls()(torch.randn(4, 6)) is not None
    assert len(seen) == 1


def test_outputs_that_are_views_of_inputs_and_parameters_are_views_again() -> None:
    pair = pair_of(program("return x.relu(), x.t(), self.linear.weight.view(-1)[6:12]"))
    cls, _ = new_class(pair, [torch.zeros(4, 6)])
    model, x = cls(), torch.randn(4, 6)
    _, turned, part = model(x)
    assert torch.equal(turned, x.t()) and torch.equal(part, model.linear.weight.view(-1)[6:12])


def test_tensor_constants_of_any_size_are_written_out() -> None:
    table = "torch.tensor([[float('-inf'), 0.5, 1.0, 2.0, 3.0, 4.0]] * 3)"
    pair = pair_of(program(f"return (x[:3] + {table[:-1]}, device=x.device)).softmax(-1)"))
    assigned = [ast.unparse(n) for n in ast.parse(pair.triton_code).body if isinstance(n, ast.Assign)]
    [line] = [line for line in assigned if line.startswith("_tensor_constant")]
    assert pair.original_triton_code.count(" = None  # device") == 2  # the original and its copy, without an address
    assert not re.search(r"= None  # device.*\) [0-9a-f]+$", pair.original_triton_code, re.MULTILINE)
    assert " = None" not in pair.triton_code.split("def call")[0]
    written = eval(line.partition(" = ")[2].replace("cuda:0", "cpu"), {"torch": torch})
    assert torch.equal(written, eval(table, {"torch": torch}))


def test_several_graphs_are_a_graph_break_and_no_missing_kernel() -> None:
    init = "self.linear = nn.Linear(6, 5)\nself.register_forward_hook(lambda m, a, o: o + 1)"
    assert refusal(program("return self.linear(x).relu()", init=init)) is Reason.GRAPH_BREAK


def test_what_the_written_class_does_otherwise_is_noticed_before_the_pair_is_kept() -> None:
    # Each construction draws another layer, so the constructor written out does not give what was captured.
    extra = "CALLS = [0]\n\n\ndef width():\n    CALLS[0] += 1\n    return 4 + CALLS[0]\n"
    init = "self.linear = nn.Linear(6, width())"
    source = program("return self.linear(x).relu()", init=init, extra=extra).replace(
        "return [], {}", "width()\n    return [], {}"
    )
    with pytest.raises(Refused, match=r"argument \d is not") as caught:
        pair_of(source)
    assert caught.value.reason is Reason.UNSUPPORTED_FORM
