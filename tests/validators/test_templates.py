"""Matrix products and convolutions as Triton: which operators are left to a library, and that the choice repeats.

The private parts of Inductor that `templates.py`, `convolution.py` and `decompositions.py` use are reached here.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from programs import program

from validators import codegen
from validators.inductor import offline_cuda, templates
from validators.inductor.decompositions import TABLE
from validators.inductor.offline_cuda import DEVICE_TARGETS
from validators.loading import Refused, load
from validators.verdict import Pair, Program, Reason, Settings

TRITON = Settings(templates="triton")
aten = torch.ops.aten


@pytest.fixture(scope="module", autouse=True)
def offline_device() -> None:
    offline_cuda.install(TRITON.device_target)


def pair_of(source: str, settings: Settings = TRITON) -> Pair:
    asked = Program(source, "Model")
    return codegen.check(load(asked), asked, settings)[1]


def module(make: str, inputs: str, call: str = "self.layer(x)") -> str:
    return program(f"return {call}", init=f"self.layer = {make}", inputs=inputs)


LAYERS = {
    "linear": module("nn.Linear(6, 5)", "torch.randn(4, 6)"),
    "matmul": program("return x @ x.mT + (x.relu() @ x.mT.abs())", inputs="torch.randn(3, 4, 6)"),
    "two products": program("return x @ x.t() + x.relu() @ x.t().abs()"),
    "baddbmm": program("return torch.baddbmm(x @ x.mT, x, x.mT, beta=0.5, alpha=2)", inputs="torch.randn(3, 4, 6)"),
    "long inner dimension": program("return x @ x.t()", inputs="torch.randn(2, 4096)"),
    "convolution 1d": module("nn.Conv1d(4, 6, 3, 2, 1)", "torch.randn(2, 4, 17)"),
    "convolution 2d": module("nn.Conv2d(4, 6, 3, padding=1)", "torch.randn(2, 4, 9, 8)"),
    "pointwise convolution": module("nn.Conv2d(4, 6, 1)", "torch.randn(2, 4, 9, 8)"),
    "convolution 3d": module("nn.Conv3d(4, 6, 3, dilation=2)", "torch.randn(2, 4, 9, 8, 7)"),
    "groups": module("nn.Conv2d(4, 6, 3, groups=2)", "torch.randn(2, 4, 9, 8)"),
    "depthwise": module("nn.Conv2d(4, 4, 5, 2, 2, groups=4)", "torch.randn(2, 4, 9, 8)"),
    "transposed 1d": module("nn.ConvTranspose1d(4, 6, 4, 2, 1, output_padding=1)", "torch.randn(2, 4, 9)"),
    "transposed 2d": module("nn.ConvTranspose2d(4, 6, 3, (2, 3), 1, groups=2)", "torch.randn(2, 4, 5, 4)"),
    "transposed 3d": module("nn.ConvTranspose3d(4, 6, 2, 2, dilation=2)", "torch.randn(2, 4, 3, 4, 3)"),
    "unbatched": module("nn.Conv2d(4, 6, 3)", "torch.randn(4, 9, 8)"),
    "half": program("return (x.half() @ x.half().t()).float()"),
    "attention": program("return F.scaled_dot_product_attention(x, x, x)", inputs="torch.randn(2, 2, 5, 8)"),
    "lstm": module("nn.LSTMCell(6, 5)", "torch.randn(4, 6)", "self.layer(x)[0]"),
    "gru from zeros": module("nn.GRU(6, 5)", "torch.randn(3, 4, 6)", "self.layer(x)[0]"),
    "bilinear": module("nn.Bilinear(6, 6, 5)", "torch.randn(4, 6)", "self.layer(x, x.abs())"),
    "bag": module("nn.EmbeddingBag(9, 5)", "torch.randint(0, 9, (4, 3))"),
    "distance": program("return torch.cdist(x, x + 1, p=3)"),
    "median": program("return torch.median(x, 1)[0] + x.topk(2)[0].sum(1)"),
    "digamma": program("return torch.digamma(x)"),
    "uneven pooling": module("nn.AdaptiveAvgPool2d(3)", "torch.randn(2, 4, 31, 32)"),
    "pooling 3d": module("nn.AdaptiveAvgPool3d((2, 3, 4))", "torch.randn(2, 4, 9, 8, 7)"),
    "large windows": module("nn.MaxPool2d(7, 3, 2)", "torch.randn(2, 4, 19, 18)"),
    "integers": program("return x @ x.t(), torch.addmm(x, x, x[:, :4] @ x)", inputs="torch.randint(0, 9, (4, 4))"),
    "indices": module("nn.Embedding(9, 5)", "torch.randint(0, 9, (4, 3))", "self.layer(x).sum(1) + x.cumsum(1)[:, :1]"),
    "bytes": program("return (x.float() / 255).mean(1)", inputs="torch.randint(0, 9, (4, 6), dtype=torch.uint8)"),
    "channels last": module(
        "nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, groups=8), nn.ConvTranspose2d(8, 4, 2, 2))"
        ".to(memory_format=torch.channels_last)",
        "torch.randn(2, 3, 8, 8).to(memory_format=torch.channels_last)",
    ),
}
HALVES = ("torch.bfloat16", "torch.float16")
LAYERS |= {
    f"{name} in {dtype}": module(f"{make}.to({dtype})", f"torch.randn({size}, dtype={dtype})", call)
    for dtype in HALVES
    for name, make, size, call in (
        ("linear", "nn.Sequential(nn.Linear(6, 8), nn.GELU())", "4, 6", "self.layer(x)"),
        ("convolution", "nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))", "2, 3, 8, 8", "self.layer(x)"),
        ("transposed", "nn.ConvTranspose2d(4, 6, 3, 2, groups=2)", "2, 4, 5, 4", "self.layer(x)"),
        ("attention", "nn.MultiheadAttention(8, 2)", "5, 2, 8", "self.layer(x, x, x)[0]"),
        ("lstm", "nn.LSTM(6, 5)", "3, 4, 6", "self.layer(x)[0]"),
        ("digamma", "nn.Identity()", "4, 6", "torch.digamma(x)"),
    )
}


@pytest.mark.parametrize("name", LAYERS)
def test_no_library_call_is_left(name: str) -> None:
    pair = pair_of(LAYERS[name])
    assert pair.evidence["extern_calls"] == [] and pair.kernels
    assert "extern_kernels" not in pair.triton_code


def test_what_follows_a_product_is_computed_with_it() -> None:
    assert len(pair_of(module("nn.Linear(6, 5)", "torch.randn(4, 6)", "F.gelu(self.layer(x)) * 2")).kernels) == 1


def test_what_has_no_triton_is_refused_or_left_to_the_library() -> None:
    source = program("return torch.linalg.inv(x) + x.sin()", inputs="torch.randn(4, 4)")
    with pytest.raises(Refused) as caught:
        pair_of(source)
    assert caught.value.reason is Reason.EXTERN_KERNEL_LEFT and "linalg_inv_ex" in caught.value.detail
    assert pair_of(source, Settings(templates="auto")).evidence["extern_calls"]
    doubles = program("return (x.double() @ x.double().t()).float()")
    assert pair_of(doubles, Settings(templates="auto")).evidence["extern_calls"] == ["extern_kernels.mm"]


def test_extern_leaves_products_to_the_library_and_auto_does_not() -> None:
    source = module("nn.Linear(6, 5)", "torch.randn(4, 6)", "self.layer(x).softmax(-1)")
    left = pair_of(source, Settings(templates="extern"))
    assert left.evidence["extern_calls"] == ["extern_kernels.addmm"] and len(left.kernels) == 1
    assert pair_of(source, Settings(templates="auto")) == pair_of(source)
    with pytest.raises(Refused) as caught:  # without templates nothing of this program is Triton
        pair_of(LAYERS["linear"], Settings(templates="extern"))
    assert caught.value.reason is Reason.NO_TRITON_KERNEL


def test_the_text_does_not_depend_on_what_was_compiled_before_it() -> None:
    names = ("transposed 2d", "linear", "groups")
    orders = [{name: pair_of(LAYERS[name]) for name in order} for order in itertools.permutations(names)]
    assert all(pairs == orders[0] for pairs in orders[1:])


@pytest.mark.parametrize("target", ["sm_80", "sm_100"])
def test_another_process_writes_the_same_bytes(tmp_path: Path, target: str) -> None:
    script = (
        "import sys, hashlib\n"
        "from validators import codegen\nfrom validators.inductor import offline_cuda\n"
        "from validators.loading import load\n"
        "from validators.verdict import Program, Settings\n"
        "settings = Settings(templates='triton', device_target=sys.argv[1])\n"
        "offline_cuda.install(settings.device_target)\n"
        "asked = Program(sys.stdin.read(), 'Model')\n"
        "pair = codegen.check(load(asked), asked, settings)[1]\n"
        "print(hashlib.sha256(repr(pair).encode()).hexdigest())\n"
    )
    source = LAYERS["transposed 2d"]
    digests = set()
    for seed in ("1", "2"):
        environment = dict(os.environ, PYTHONHASHSEED=seed, TORCHINDUCTOR_CACHE_DIR=str(tmp_path / seed))
        command = [sys.executable, "-c", script, target]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, input=source, capture_output=True, text=True, env=environment, cwd=root)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize(("m", "n", "k"), [(4, 5, 6), (128, 256, 64), (4096, 4096, 1024), (1, 1000, 100_000)])
@pytest.mark.parametrize("target", sorted(DEVICE_TARGETS))
def test_the_chosen_tile_fits_the_device_and_the_sizes(m: int, n: int, k: int, target: str) -> None:
    device = DEVICE_TARGETS[target]
    tiles = list(itertools.product((16, 64, 256), (16, 64, 256), (16, 64), (2, 5), (2, 8)))
    costs = {tile: templates.cost(tile, device, 1, m, n, k, 4) for tile in tiles}
    best = min(costs, key=lambda tile: costs[tile])
    shared = (best[0] + best[1]) * best[2] * best[3] * 4
    assert shared <= device.shared_memory_per_block_optin
    assert best[0] * best[1] <= templates.MAX_ACCUMULATORS * 32 * best[4]
    assert costs[(256, 256, 64, 5, 2)] == float("inf")
    if m <= 16 and n <= 16:
        assert best[:2] == (16, 16)


X, Y = torch.linspace(-3, 3, 2 * 3 * 13 * 17).sin().view(2, 3, 13, 17), torch.linspace(-5, 5, 2 * 3 * 7 * 9 * 11).cos()
Y = Y.view(2, 3, 7, 9, 11)
ROWS = torch.linspace(-9, 9, 36).sin().view(4, 9)
GAPS = ROWS.clone()
GAPS[0, 3] = float("nan")
CALLS: list[tuple[Any, tuple[Any, ...]]] = [
    (aten._adaptive_avg_pool2d.default, (X, [2, 3])),
    (aten._adaptive_avg_pool3d.default, (Y, [2, 3, 4])),
    (aten._adaptive_avg_pool3d.default, (Y, [7, 3, 1])),
    (aten.adaptive_max_pool2d.default, (X, [2, 3])),
    (aten.adaptive_max_pool3d.default, (Y, [2, 3, 4])),
    (aten.avg_pool2d.default, (X, [6, 5], [], [0], False, True, 7)),
    *((aten.avg_pool2d.default, (X, [6, 5], [4, 3], [2, 1], ceil, pad)) for ceil in (False, True) for pad in (0, 1)),
    *((aten.avg_pool3d.default, (Y, [3], [2], [1], ceil, pad)) for ceil in (False, True) for pad in (0, 1)),
    *((aten.max_pool2d_with_indices.default, (X, [6, 5], [4, 3], [2, 1], [1, 2], ceil)) for ceil in (False, True)),
    *((aten.max_pool3d_with_indices.default, (Y, [3], [2], [1], [1], ceil)) for ceil in (False, True)),
    (aten.median.dim, (GAPS, 1)),
    (aten.median.dim, (GAPS, 0, True)),
    (aten.median.default, (ROWS,)),
    (aten.kthvalue.default, (ROWS, 3)),
    (aten.digamma.default, (torch.linspace(-6.05, 40, 461, dtype=torch.float64),)),
    (aten.digamma.default, (torch.tensor([0.0, -0.0, 1e-3, 0.5, 1.4616, 300.0, -2.0, -2.5]),)),
    (aten.topk.default, (ROWS, 4)),
    (aten.topk.default, (ROWS, 2, 0, False)),
    *((aten._cdist_forward.default, (ROWS, ROWS * 2 + 1, p, None)) for p in (0.0, 1.0, 2.0, 3.0, float("inf"))),
    (aten.addbmm.default, (X[0, 0, :9, :9], X[0, :, :9, :5], X[0, :, :5, :9])),
    (aten._trilinear.default, (ROWS, X[0, :, :9, :13], X[1, 0, :4, :13], [1, 3], [0], [1, 2], [2, 3], 1)),
]


@pytest.mark.parametrize("index", range(len(CALLS)), ids=lambda k: str(CALLS[k][0]))
def test_decompositions_compute_what_the_operator_does(index: int) -> None:
    operator, given = CALLS[index]
    wanted, found = operator(*given), TABLE[operator](*given)
    pairs = zip(wanted, found, strict=True) if isinstance(wanted, tuple) else [(wanted, found)]
    for want, got in pairs:
        assert want.dtype == got.dtype
        torch.testing.assert_close(got, want, equal_nan=True)


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("padding", [-1, 2])
def test_a_bag_of_embeddings_is_a_masked_sum(mode: int, padding: int) -> None:
    indices, offsets = torch.tensor([1, 2, 5, 2, 2, 7, 0, 8]), torch.tensor([0, 3, 3, 5])
    given = (ROWS.view(9, 4), indices, offsets, False, mode, False, None, False, padding)
    wanted, found = aten._embedding_bag.default(*given), TABLE[aten._embedding_bag.default](*given)
    torch.testing.assert_close(found[0], wanted[0])


@pytest.mark.parametrize("cell", [torch.nn.LSTMCell, torch.nn.GRUCell])
def test_recurrent_cells_are_what_the_fused_kernels_compute(cell: Any) -> None:
    torch.manual_seed(0)
    built = cell(9, 5)
    hidden, state = torch.randn(4, 5), torch.randn(4, 5)
    gates = (ROWS @ built.weight_ih.t(), hidden @ built.weight_hh.t())
    biases = (built.bias_ih, built.bias_hh)
    if cell is torch.nn.LSTMCell:
        found = TABLE[aten._thnn_fused_lstm_cell.default](*gates, state, *biases)[:2]
        torch.testing.assert_close(found, built(ROWS, (hidden, state)))
    else:
        found = TABLE[aten._thnn_fused_gru_cell.default](*gates, hidden, *biases)[0]
        torch.testing.assert_close(found, built(ROWS, hidden))
