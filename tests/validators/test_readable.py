"""The cleaned text: its names, what is gone, and that its kernels are the ones Inductor wrote."""

from __future__ import annotations

import ast
import dataclasses
import re

import pytest
from programs import program

from validators import codegen, cubin, offline_cuda, readable
from validators.loading import load
from validators.verdict import Pair, Program, Settings

SETTINGS = Settings()
SOURCE = program(
    "y = F.gelu(self.norm(self.linear(x))).cumsum(1)\n"
    "return y, self.conv(z).relu(), self.conv(z * 2).relu(), x.sort(1)[0]",
    init="self.linear = nn.Linear(6, 48)\nself.norm = nn.LayerNorm(48)\nself.conv = nn.Conv2d(3, 8, 3)",
    inputs="torch.randn(4, 6), torch.randn(2, 3, 9, 8)",
    parameters="x, z",
)


@pytest.fixture(scope="module")
def pair() -> Pair:
    offline_cuda.install(SETTINGS.device_target)
    asked = Program(SOURCE, "Model")
    return codegen.check(load(asked), asked, SETTINGS)[1]


def test_kernels_say_what_they_fuse(pair: Pair) -> None:
    assert "triton_template_addmm" in pair.kernels
    assert "triton_reduction_native_layer_norm_gelu_cumsum" in pair.kernels
    assert len(set(pair.kernels)) == len(pair.kernels)
    for name in pair.kernels:
        assert len(re.findall(rf"\b{name}\b", pair.triton_code)) >= 5  # bound, named, in its metadata, defined, run
    assert not re.search(r"triton_(poi|per|red|tem)_", pair.triton_code)
    assert set(cubin.kernel_sources(pair.triton_code)) == set(pair.kernels) == set(pair.evidence["labels"]["kernels"])


def test_long_names_are_cut_and_equal_ones_numbered() -> None:
    operators = "aten.a, aten.b, aten._c, aten.view, aten.d, aten.e"
    comment = f"# Topologically Sorted Source Nodes: [a], Original ATen: [{operators}]\n"
    text = "".join(f"{comment}triton_poi_fused_{k} = async_compile.triton('x')\n" for k in range(2))
    names = readable.new_names("\n" + text)
    assert list(names.values()) == ["triton_pointwise_a_b_c_d_and_1_more", "triton_pointwise_a_b_c_d_and_1_more_2"]
    assert readable.renamed("triton_poi_fused_1 triton_poi_fused_10", names).split()[1] == "triton_poi_fused_10"


def test_nothing_is_bound_that_is_not_used(pair: Pair) -> None:
    def unused(text: str) -> set[str]:
        tree = ast.parse(text)
        read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        bound = {a.asname or a.name for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
        bound |= {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
        return {name for name in bound if name.split(".")[0] not in read}

    left = unused(pair.triton_code) - {"nn", "torch.nn.functional", "F"}  # the program's own imports are its own affair
    assert left == set(), left
    assert unused(pair.original_triton_code)
    for source in cubin.kernel_sources(pair.triton_code).values():
        assert unused(source) == set()
        assert "backend_hash" not in source and "autotune_local_cache" not in source
        for function in (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)):
            read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            made = {n.targets[0].id for n in function.body if isinstance(n, ast.Assign) and _is_name(n.targets[0])}
            assert all(name.endswith("numel") for name in made - read)


def test_the_kernels_are_the_ones_inductor_wrote(pair: Pair) -> None:
    def described(text: str) -> list[object]:
        configurations = []
        compiled = cubin.compile_kernels(text, ["sm_80"])["sm_80"]
        for (name, source), built in zip(cubin.kernel_sources(text).items(), compiled.values(), strict=True):
            kernel = cubin._define(name, source)
            configurations.append([(c.kwargs, c.num_warps, c.num_stages) for c in kernel.configs])
            configurations.append(dataclasses.replace(built, binary_bytes=0))  # debug information has line numbers
        return configurations

    assert described(pair.triton_code) == described(pair.original_triton_code)


def test_the_launches_are_the_ones_inductor_wrote(pair: Pair) -> None:
    names = readable.new_names(pair.original_triton_code)

    def launches(text: str) -> list[str]:
        return [" ".join(ast.unparse(n).split()) for n in ast.walk(ast.parse(text)) if _is_launch(n)]

    assert launches(pair.triton_code) == launches(readable.renamed(pair.original_triton_code, names))


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name)


def _is_launch(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".run")


def test_formatting_repeats_itself(pair: Pair) -> None:
    assert readable.formatted(pair.triton_code) == pair.triton_code
    assert max(map(len, pair.triton_code.splitlines())) <= 160


def test_text_is_replaced_by_bytes_and_empty_lines_go() -> None:
    text = "é = 1; b = 2\nc = 3\nd = '''\nc = 4'''\n"
    tree = ast.parse(text)
    assert readable._replace(text, [(tree.body[1], "x = 5"), (tree.body[2], "")]) == "é = 1; x = 5\nd = '''\nc = 4'''\n"
