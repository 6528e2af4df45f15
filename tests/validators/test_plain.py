"""The plain text: what is gone from Inductor's, and that its kernels and launches are still Inductor's."""

from __future__ import annotations

import ast
import dataclasses
import re

import pytest
from programs import program, with_class

from validators import codegen
from validators.emission import launches, plain, readable
from validators.inductor import offline_cuda
from validators.loading import Loaded, load
from validators.proof import cubin, recording
from validators.verdict import Pair, Program, Settings

SETTINGS = Settings()
SOURCE = "from __future__ import annotations\n" + program(
    "y = F.gelu(self.norm(self.linear(x))).cumsum(1)\n"
    "return y, self.conv(z).relu(), self.conv(z * 2).relu(), x.sort(1)[0], x.cumprod(1), z.transpose(1, 2) + 1",
    init="self.linear = nn.Linear(6, 48)\nself.norm = nn.LayerNorm(48)\nself.conv = nn.Conv2d(3, 8, 3)",
    inputs="torch.randn(4, 6), torch.randn(2, 3, 9, 8)",
    parameters="x, z",
)


def made(source: str, settings: Settings = SETTINGS) -> tuple[Loaded, Pair]:
    offline_cuda.install(SETTINGS.device_target)
    asked = Program(source, "Model")
    loaded = load(asked)
    return loaded, codegen.check(loaded, asked, settings)[1]


@pytest.fixture(scope="module")
def both() -> tuple[Loaded, Pair]:
    return made(SOURCE)


def test_kernels_are_functions_that_say_what_they_fuse(both: tuple[Loaded, Pair]) -> None:
    pair = both[1]
    assert "triton_template_addmm" in pair.kernels
    assert "triton_reduction_native_layer_norm_gelu_cumsum" in pair.kernels
    defined = [n for n in ast.parse(pair.triton_code).body if isinstance(n, ast.FunctionDef) and n.decorator_list]
    assert all(ast.unparse(n.decorator_list[0]) == "triton.jit" for n in defined)
    assert [n.name for n in defined if n.name.startswith("triton_")] == list(pair.kernels)
    assert set(pair.kernels) == set(pair.evidence["labels"]["kernels"])
    assert not re.search(r"triton_(poi|per|red|tem)_", pair.triton_code)
    assert len(re.findall(r"^# ATen: ", pair.triton_code, re.MULTILINE)) == len(pair.kernels)


def test_inductors_runtime_is_gone(both: tuple[Loaded, Pair]) -> None:
    text = both[1].triton_code
    for name in ("async_compile", "heuristics", "_meta", "raw_stream", "_DeviceGuard", "misaligned", "_strided_cuda"):
        assert name not in text
    imports = [n for n in ast.parse(text).body if isinstance(n, ast.ImportFrom) and "torch._" in (n.module or "")]
    assert [ast.unparse(n) for n in imports] == ["from torch._inductor.runtime import triton_helpers"]
    assert len(text) < len(both[1].original_triton_code) / 2


def test_nothing_is_bound_that_is_not_used(both: tuple[Loaded, Pair]) -> None:
    tree = ast.parse(both[1].triton_code)
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    bound = {a.asname or a.name for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
    bound |= {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    # The program's own imports are its own affair.
    assert bound - read <= {"annotations", "nn", "F"}
    for function in (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.decorator_list):
        read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        targets = [n.targets[0] for n in function.body if isinstance(n, ast.Assign)]
        made_here = {target.id for target in targets if isinstance(target, ast.Name)}
        assert all(name.endswith("numel") for name in made_here - read)


def test_kernels_and_launches_are_the_ones_inductor_wrote(both: tuple[Loaded, Pair]) -> None:
    loaded, pair = both
    original = with_class(
        readable.renamed(pair.original_triton_code, readable.new_names(pair.original_triton_code)), pair.triton_code
    )
    mine, theirs = (recording.record(text, loaded) for text in (pair.triton_code, original))
    assert [(r.kernel.__name__, r.grid, r.keywords) for r in mine] == [
        (r.kernel.__name__, r.grid, r.keywords) for r in theirs
    ]
    assert any(max(r.grid) > 1 for r in mine)
    ours, inductors = (cubin.compile_text(text, loaded, ["sm_80"])["sm_80"] for text in (pair.triton_code, original))
    # Debug information has line numbers, so binaries differ in size.
    assert {k: dataclasses.replace(v, binary_bytes=0) for k, v in ours.items()} == {
        k: dataclasses.replace(v, binary_bytes=0) for k, v in inductors.items()
    }


def test_simple_grids_follow_the_block_sizes(both: tuple[Loaded, Pair]) -> None:
    found = re.findall(r"\[lambda meta: (\(.*\))\]", both[1].triton_code)
    assert found and all("triton.cdiv(" in text and "BLOCK" in text for text in found)
    launch = launches.Launch(("xnumel", "ynumel"), (), {"XBLOCK": 32, "YBLOCK": 8}, {}, {"grid_type": "Grid2D"})
    text = launch.grid_text({"xnumel": 100, "ynumel": 50})
    assert text == "lambda meta: (triton.cdiv(100, meta['XBLOCK']), triton.cdiv(50, meta['YBLOCK']),)"
    assert launch.grid({"xnumel": 100, "ynumel": 50}) == (4, 7, 1)
    fixed = dataclasses.replace(launch, constants={}, inductor_meta={"grid_type": "FixedGrid", "fixed_grid": "abc"})
    assert (
        fixed.grid_text({"a": 5, "b": 1, "c": 1}) == "(5,)"
        and fixed.grid_text({"a": 1, "b": 1, "c": 2}) == "(1, 1, 2,)"
    )


def test_library_calls_and_views_are_torchs_public_ones() -> None:
    source = program(
        "q, k, v = self.linear(x).relu().chunk(3, -1)\n"
        "return (q @ k.transpose(1, 2)).softmax(-1) @ v, x[1:] @ v[1:].mT",
        init="self.linear = nn.Linear(6, 18)",
        inputs="torch.randn(4, 5, 6)",
    )
    loaded, pair = made(source, Settings(templates="extern"))
    assert pair.evidence["extern_calls"] and "extern_kernels" not in pair.triton_code
    assert "reinterpret_tensor" not in pair.triton_code and ".as_strided(" in pair.triton_code
    assert "torch.bmm(" in pair.triton_code and recording.record(pair.triton_code, loaded)


def test_a_view_begins_where_its_tensor_does() -> None:
    writer = plain._Statements({})
    said = [
        "buf0 = empty_strided_cuda((4, 4), (4, 1), torch.float32)",
        "buf1 = buf0",
        "extern_kernels.mm(reinterpret_tensor(buf1, (2, 2), (2, 1), 3), arg0_1, out=buf2)",
        "buf1 = reinterpret_tensor(arg0_1, (2, 2), (2, 1), 0)",
        "buf3 = reinterpret_tensor(buf1, (2, 2), (2, 1), 5)",
        "extern_kernels.bias_addmm(buf1)",
    ]
    assert [writer.written(ast.parse(line).body[0]) for line in said] == [
        "buf0 = torch.empty_strided((4, 4), (4, 1), dtype=torch.float32, device='cuda')",
        "buf1 = buf0",
        "torch.mm(buf1.as_strided((2, 2), (2, 1), 3), arg0_1, out=buf2)",
        "buf1 = arg0_1.as_strided((2, 2), (2, 1))",
        "buf3 = buf1.as_strided((2, 2), (2, 1), buf1.storage_offset() + 5)",
        "extern_kernels.bias_addmm(buf1)",  # Inductor's own, torch has none
    ]


def test_helpers_of_one_name_are_written_once_each() -> None:
    source = """import triton
@triton.jit
def helper(a):
    return a + BY
@deco(1)
@triton.jit
def k(p):
    helper(p)
"""
    helpers: dict[str, str] = {}
    written = [plain._functions("k", source.replace("BY", by), helpers)[0] for by in ("1", "1", "2")]
    assert list(helpers) == ["helper", "helper_2"]
    assert [text.count("def helper") for text in written] == [1, 0, 1]
    assert "helper_2(p)" in written[2] and "    helper(p)" in written[1] and "deco" not in "".join(written)


UNKNOWN = """
triton_k = async_compile.triton('triton_k', '''
import triton
import triton.language as tl
from torch._inductor.runtime import triton_heuristics
from torch._inductor.runtime.hints import DeviceProperties
other = triton.jit

@triton_heuristics.pointwise(
    size_hints={'x': 4}, filename=__file__,
    triton_meta={
        'signature': {'p': '*fp32', 'xnumel': 'i32', 'XBLOCK': 'constexpr'}, 'constants': {}, 'configs': [{}],
        'device': DeviceProperties(
            type='cuda', index=0, multi_processor_count=108, cc=80, major=8, regs_per_multiprocessor=65536,
            max_threads_per_multi_processor=2048, warp_size=32,
        ),
    },
    inductor_meta={'grid_type': 'Grid1D'},
)
@triton.jit
def triton_k(p, xnumel, XBLOCK : tl.constexpr):
    tl.store(p, 1)
''', device_str='cuda')


def call(args):
    arg0_1, = args
    triton_k.run(arg0_1, 4, stream=raw_stream0)
    return (arg0_1,)
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    triton_k.run", "    if args: triton_k.run", "statement of another kind"),
        ("@triton.jit", "@other", "not Triton's"),
        ("(arg0_1, 4,", "(arg0_1,", "launched with 1 arguments and takes 2"),
        ("p, xnumel, XBLOCK : tl.constexpr", "p, XBLOCK : tl.constexpr, xnumel", "constexpr parameters before others"),
    ],
)
def test_what_is_not_known_is_refused(old: str, new: str, said: str) -> None:
    assert "triton_k[lambda meta: (triton.cdiv(4, meta['XBLOCK']),)](arg0_1, 4, XBLOCK=" in plain.write(UNKNOWN, ())
    with pytest.raises(ValueError, match=said):
        plain.write(UNKNOWN.replace(old, new), ())
