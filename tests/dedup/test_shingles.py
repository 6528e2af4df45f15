"""Shingles: what cosmetics leave alone, what an operator changes."""

from __future__ import annotations

import numpy as np
import pytest

from synth.dedup import shingles
from synth.dedup.record import record_of
from synth.dedup.shingles import jaccard, of_program, of_triton
from synth.errors import UsageError

PROGRAM = '''import torch
import torch.nn as nn
import torch.nn.functional as F


class Model(nn.Module):
    """A block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.norm = nn.GroupNorm(4, width)
        self.act = nn.GELU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.act(self.norm(self.conv(x)))
        y = F.max_pool2d(y, 2) * 0.5
        return torch.cat([y, -y], dim=1)


def get_inputs():
    return [torch.randn(2, 3, 32, 32)]


def get_init_inputs():
    return [16]
'''


@pytest.mark.parametrize(
    "changes",
    [
        [
            *(("Model", "Other"), ("self.conv", "self.first"), ("y = ", "hidden = "), ("(y, 2)", "(hidden, 2)")),
            ("[y, -y]", "[hidden, -hidden]"),
        ],
        [("0.5", "0.25"), ("2, 3, 32, 32", "8, 3, 64, 64"), ("[16]", "[64]"), ("GroupNorm(4", "GroupNorm(8")],
        [('    """A block."""\n\n', ""), (" -> None", ""), (": torch.Tensor", "")],
    ],
    ids=["names", "numbers", "docstring and annotations"],
)
def test_cosmetics_change_no_shingle(changes: list[tuple[str, str]]) -> None:
    text = PROGRAM
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    assert text != PROGRAM
    assert (of_program(text, "Other" if "Other" in text else "Model") == of_program(PROGRAM, "Model")).all()


@pytest.mark.parametrize(
    ("old", "new", "low", "high"),
    [
        ("nn.GELU()", "nn.SiLU()", 0.5, 0.95),
        ("max_pool2d", "avg_pool2d", 0.7, 0.97),
        ("        y = F.max", "        y = torch.sin(y)\n        y = F.max", 0.7, 0.97),  # a line more
    ],
)
def test_one_operator_changes_some(old: str, new: str, low: float, high: float) -> None:
    text = PROGRAM.replace(old, new)
    assert text != PROGRAM
    assert low < jaccard(of_program(PROGRAM, "Model"), of_program(text, "Model")) < high


TRITON = """import triton
import triton.language as tl


# ATen: relu, mul
@triton.jit
def triton_poi_relu_0(in_ptr0, out_ptr0, xnumel, XBLOCK: tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    tmp0 = tl.load(in_ptr0 + xoffset).to(tl.float32)
    tmp1 = triton_helpers.maximum(tmp0, 0.0)
    tl.store(out_ptr0 + xoffset, tmp1 * 0.5, xmask)


def call(args):
    buf0 = torch.empty_strided((20, 24), (24, 1), dtype=torch.float32, device="cuda")
    triton_poi_relu_0[(1,)](arg0_1, buf0, 480, XBLOCK=256)
    return (buf0,)


class ModelNew(nn.Module):
    def forward(self, x):
        return call([x])[0]
"""


def test_triton_texts_are_told_apart_by_what_kernels_do() -> None:
    other = TRITON.replace("triton_poi_relu_0", "triton_fused_7").replace("20, 24", "64, 1024").replace("480", "65536")
    other = other.replace("tmp0", "tmp12").replace("XBLOCK=256", "XBLOCK=1024").replace("# ATen: relu, mul", "#")
    other = other.replace("ModelNew", "OtherNew").replace("return call([x])[0]", "return call([x, x])[1]")
    assert (of_triton(TRITON) == of_triton(other)).all()
    assert jaccard(of_triton(TRITON), of_triton(TRITON.replace("maximum", "minimum"))) < 0.95
    assert jaccard(of_triton(TRITON), of_triton(TRITON.replace("float32", "float16"))) < 0.95


def test_a_template_weighs_one_token() -> None:
    lines = "".join(f"    line_{chr(97 + n)} = tl.step_{chr(97 + n)}(pid)\n" for n in range(26))
    template = f"@triton.jit\ndef triton_template_mm(arg_A, out_ptr0):\n    BLOCK: tl.constexpr = 16\n{lines}\n\n"
    with_it = of_triton(template + TRITON)
    assert 0 < len(with_it) - len(of_triton(TRITON)) <= 6
    assert (of_triton(template.replace("16", "64").replace("template_mm", "template_mm_1") + TRITON) == with_it).all()
    with_epilogue = template.replace("line_z =", "line_z = triton_helpers.maximum")
    assert 0.8 < jaccard(of_triton(with_epilogue + TRITON), with_it) < 1


def test_short_and_empty_texts() -> None:
    assert len(shingles.of_tokens(["a", "b"])) == 1
    assert len(shingles.of_tokens([])) == len(of_triton("# nothing")) == len(of_program("x = 1", "Model")) == 0
    empty = np.empty(0, dtype=np.uint32)
    assert jaccard(empty, empty) == 0.0


def test_the_order_of_tokens_counts() -> None:
    assert jaccard(shingles.of_tokens("abcde"), shingles.of_tokens("edcba")) == 0.0


def test_shingles_are_the_ones_they_always_were() -> None:
    """They lie in the files of an index."""
    assert shingles.of_tokens("abcdefg").tolist() == GOLDEN


GOLDEN = [693970545, 2048572451, 3314469051]


def test_a_row_without_a_graph_has_no_key_of_one() -> None:
    row = {"python_code": PROGRAM, "triton_code": TRITON, "entry_point": "Model", "verdicts": "not JSON"}
    made = record_of(row)
    assert (made.graph_strict, made.graph_root, made.operators) == ("", "", "")
    assert made.quality.tolerance_used == float("inf")


def test_a_program_that_is_none_is_named() -> None:
    for text in ("def (", "\0", "x" + "(" * 5000):
        with pytest.raises(UsageError, match="row 7: python_code cannot be read"):
            record_of({"python_code": text, "triton_code": "t", "entry_point": "M"}, (), "row 7")
