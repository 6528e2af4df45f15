"""The interpreter's stand-ins against the real functions, and kernels that must be caught.

They need a process in which triton was imported with TRITON_INTERPRET=1: the first test runs this file in one, where
the others are collected.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

if os.environ.get("TRITON_INTERPRET") != "1":

    def test_the_interpreter_in_a_process_of_its_own() -> None:
        environment = dict(os.environ, TRITON_INTERPRET="1")
        command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", __file__]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
        found = re.search(r"(\d+) passed", done.stdout)
        assert found is not None and int(found[1]) > 100, done.stdout[-4000:]

else:
    import triton
    import triton.language as tl
    from torch._inductor.runtime import triton_helpers
    from triton.runtime import interpreter
    from triton.runtime.interpreter import ReduceOps, ScanOps

    GENERIC_REDUCE, GENERIC_SCAN = ReduceOps.generic_reduce, ScanOps.apply_impl
    SORT = triton_helpers.sort_with_index
    from validators.proof.interpreter import (
        arrays,
        blocks,
        externs,
        host,
        kernels,
        libdevice,
        memory,
        operators,
        reduce,
        setup,
    )
    from validators.proof.interpreter import pair as pairs

    setup.install()
    pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
    RNG = np.random.default_rng(0)

    KINDS = {"float32": tl.float32, "int32": tl.int32, "int64": tl.int64, "bool": tl.int1, "float64": tl.float64}

    def plain(data: Any) -> Any:
        """A block as the interpreter itself holds it."""
        kind = KINDS[data.dtype.name]
        return tl.tensor(interpreter.TensorHandle(data, kind), tl.block_type(kind, list(data.shape)))

    def block(data: Any, kind: Any = None) -> Any:
        """A block as `lockstep` holds it: the axis of programs first."""
        data = np.asarray(data)
        return operators.made(data[None], kind or KINDS[data.dtype.name])

    def values(result: Any) -> list[Any]:
        results = result if isinstance(result, tuple | list) else [result]
        return [r.handle.data for r in results]

    def firsts(result: Any) -> list[Any]:
        return [data[0] for data in values(result)]

    SPECIAL = RNG.standard_normal((4, 8)).astype(np.float32)
    SPECIAL[0, 3], SPECIAL[1, 2], SPECIAL[1, 5], SPECIAL[2, 0] = np.nan, np.inf, np.inf, -np.inf
    SPECIAL[3, 6] = SPECIAL[3, 2] = SPECIAL[3].max() + 1
    INDEX = np.broadcast_to(np.arange(8, dtype=np.int64), (4, 8))
    WEIGHT = np.abs(RNG.standard_normal((4, 8))).astype(np.float32)

    @pytest.mark.parametrize("axis", [0, 1])
    @pytest.mark.parametrize("keep_dims", [False, True])
    @pytest.mark.parametrize(
        ("name", "inputs"),
        [
            ("maximum", [SPECIAL]),
            ("minimum", [SPECIAL]),
            ("maximum", [INDEX]),
            ("_prod_accumulate", [WEIGHT]),
            ("_any_combine", [SPECIAL > 0]),
            ("maximum_with_index", [SPECIAL, INDEX]),
            ("minimum_with_index", [SPECIAL, INDEX]),
            ("welford_combine", [WEIGHT - 1, WEIGHT, np.ones((4, 8), np.float32)]),
        ],
    )
    def test_reductions_agree_with_the_interpreters_own(
        name: str, inputs: list[Any], axis: int, keep_dims: bool
    ) -> None:
        function = getattr(triton_helpers, name)
        operation = ReduceOps(axis, function, keep_dims)
        ours = firsts(operation.apply_impl(tuple(block(a) for a in inputs)))
        theirs = values(GENERIC_REDUCE(operation, tuple(plain(np.asarray(a)) for a in inputs)))
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.shape == other.shape and mine.dtype == other.dtype
            np.testing.assert_allclose(mine, other, rtol=2e-6)

    @triton.jit
    def _plus(a: Any, b: Any) -> Any:
        return a + b

    @pytest.mark.parametrize("reverse", [False, True])
    @pytest.mark.parametrize("axis", [0, 1])
    @pytest.mark.parametrize("name", ["_plus", "maximum_with_index", "minimum_with_index", "maximum"])
    def test_scans_agree_with_the_interpreters_own(name: str, axis: int, reverse: bool) -> None:
        function = _plus if name == "_plus" else getattr(triton_helpers, name)
        inputs = [SPECIAL, INDEX] if "index" in name else [WEIGHT if name == "_plus" else SPECIAL]
        operation = ScanOps(axis, function, reverse)
        ours = firsts(operation.apply_impl(tuple(block(a) for a in inputs)))
        theirs = values(GENERIC_SCAN(operation, tuple(plain(a) for a in inputs)))
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other, rtol=2e-6)

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("rnumel", [None, 6])
    @pytest.mark.parametrize("data", [SPECIAL, INDEX % 3, SPECIAL > 0])
    def test_sorts_agree_with_the_bitonic_network(data: Any, rnumel: int | None, descending: bool) -> None:
        given = data.astype(np.int8) if data.dtype == np.bool_ else data
        kind = tl.int8 if data.dtype == np.bool_ else None
        index = INDEX.astype(np.int16)
        arguments = (block(given, kind), block(index, tl.int16), rnumel, 1, True, descending)
        ours, theirs = firsts(reduce.sort_with_index(*arguments)), firsts(SORT(*arguments))
        for mine, other in zip(ours, theirs, strict=True):
            keep = slice(None) if rnumel is None else slice(rnumel)
            np.testing.assert_array_equal(mine[:, keep], other[:, keep])

    ORDINARY = torch.tensor([-2.5, -1.5, -0.5, 0.0, 0.25, 0.5, 1.5, 2.5, 3.0, 20.0])
    UNIT = torch.linspace(-0.9, 0.9, 10)
    TRUTH: dict[str, Any] = {
        "rsqrt": torch.rsqrt, "erf": torch.erf, "erfc": torch.erfc, "erfinv": torch.erfinv, "lgamma": torch.lgamma,
        "exp": torch.exp, "exp2": torch.exp2, "expm1": torch.expm1, "log1p": torch.log1p, "log10": torch.log10,
        "tanh": torch.tanh, "asinh": torch.asinh, "atanh": torch.atanh, "acos": torch.acos, "asin": torch.asin,
        "sinh": torch.sinh, "cosh": torch.cosh, "tan": torch.tan, "atan": torch.atan, "nearbyint": torch.round,
        "trunc": torch.trunc, "floor": torch.floor, "ceil": torch.ceil, "isnan": torch.isnan, "isinf": torch.isinf,
        "signbit": torch.signbit, "log2": torch.log2, "acosh": torch.acosh, "sin": torch.sin, "cos": torch.cos,
        "log": torch.log, "sqrt": torch.sqrt, "abs": torch.abs,
    }  # fmt: skip

    @pytest.mark.parametrize("name", sorted(TRUTH))
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_math_functions_agree_with_torch(name: str, dtype: torch.dtype) -> None:
        x = torch.cat([ORDINARY, UNIT, torch.tensor([float("nan"), float("inf"), -0.0])]).to(dtype)
        x = torch.nn.functional.pad(x, (0, 32 - x.numel()))
        result = getattr(triton_helpers.libdevice, name)(block(x.numpy())).handle.data[0]
        np.testing.assert_allclose(result.astype(np.float64), TRUTH[name](x).double(), rtol=3e-6, atol=1e-6)

    @pytest.mark.parametrize(
        ("name", "truth"),
        [
            ("pow", torch.pow),
            ("fmod", torch.fmod),
            ("hypot", torch.hypot),
            ("atan2", torch.atan2),
            ("copysign", torch.copysign),
            ("nextafter", torch.nextafter),
        ],
    )
    def test_math_functions_of_two_arguments_agree_with_torch(name: str, truth: Any) -> None:
        x, y = torch.randn(64).abs() + 0.1, torch.randn(64)
        result = getattr(triton_helpers.libdevice, name)(block(x.numpy()), block(y.numpy())).handle.data[0]
        np.testing.assert_allclose(result, truth(x, y), rtol=3e-6)

    def test_a_math_function_that_is_missing_names_itself() -> None:
        with pytest.raises(NotImplementedError, match=r"libdevice\.rhypot"):
            libdevice.make().rhypot(1.0)

    def test_bfloat16_rounds_as_torch_does() -> None:
        x = torch.cat([torch.randn(1000) * 100, torch.tensor([1.00390625, 1.01171875, float("inf"), float("nan")])])
        bits = arrays.to_bfloat16(x.numpy())
        rounded = torch.from_numpy(arrays.from_bfloat16(bits))
        torch.testing.assert_close(rounded, x.bfloat16().float(), rtol=0, atol=0, equal_nan=True)

    @pytest.mark.parametrize("divisor", [3, -3, np.array([3, -4] * 4)])
    def test_integer_division_is_towards_zero(divisor: Any) -> None:
        x = np.array([-7, -6, -1, 0, 1, 5, 6, 7], dtype=np.int32)
        by = np.broadcast_to(np.asarray(divisor, np.int32), x.shape)
        quotient = (block(x) // block(by)).handle.data[0]
        remainder = (block(x) % block(by)).handle.data[0]
        np.testing.assert_array_equal(quotient, np.trunc(x / by).astype(np.int32))
        np.testing.assert_array_equal(remainder, np.fmod(x, by))

    def test_dot_products_of_half_precision_are_summed_in_float32() -> None:
        a, b = torch.randn(16, 32).bfloat16(), torch.randn(32, 16).bfloat16()
        left, right = (block(t.view(torch.uint16).numpy(), tl.bfloat16) for t in (a, b))
        result = tl.dot(left, right, allow_tf32=False).handle.data[0]
        np.testing.assert_allclose(result, a.float() @ b.float(), rtol=1e-5, atol=1e-5)

    HEAD = """
import triton
import triton.language as tl
from torch._inductor.runtime import triton_helpers, triton_heuristics
from torch._inductor.runtime.triton_helpers import libdevice
triton_helpers.set_driver_to_gpu()

@triton_heuristics.pointwise(
    size_hints={'x': 8192}, filename=__file__,
    triton_meta={'signature': {'in_ptr0': '*KIND', 'out_ptr0': '*KIND', 'xnumel': 'i32', 'XBLOCK': 'constexpr'}},
    inductor_meta={'grid_type': 'Grid1D', 'kernel_name': 'k'},
)
@triton.jit
def k(in_ptr0, out_ptr0, xnumel, XBLOCK : tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:]
"""
    MASKED = "    xmask = xindex < xnumel\n"

    def run(body: str, x: torch.Tensor, out: torch.Tensor, kind: str = "fp32", split: bool = False) -> torch.Tensor:
        kernels.ACTIVITY.split = split
        kernels.Kernel("k", HEAD.replace("KIND", kind) + body).run(x, out, x.numel())
        return out

    COPY = "    tl.store(out_ptr0 + xindex, tl.load(in_ptr0 + xindex, xmask) + 1, xmask)\n"

    @pytest.mark.parametrize("split", [False, True])
    @pytest.mark.parametrize("size", [1, 2, 1000, 100_000])
    def test_a_kernel_runs_on_any_size(size: int, split: bool) -> None:
        x = torch.randn(size)
        torch.testing.assert_close(run(MASKED + COPY, x, torch.empty(size), split=split), x + 1)

    def test_an_access_out_of_bounds_is_caught_before_it_happens() -> None:
        x = torch.randn(1000)
        for body in (
            MASKED + COPY.replace("in_ptr0 + xindex", "in_ptr0 + xindex + 1"),
            MASKED + COPY.replace("in_ptr0 + xindex", "in_ptr0 + xindex - 1"),
            MASKED + COPY.replace("out_ptr0 + xindex", "out_ptr0 + 2*xindex"),
            COPY.replace(", xmask", ""),  # 1000 elements and no mask
        ):
            with pytest.raises(memory.OutOfBounds, match="ptr0"):
                run(body, x, torch.empty(1000))

    def test_a_mask_dropped_for_a_multiple_of_the_largest_block_is_not_missed() -> None:
        x = torch.randn(3 * 4096)
        torch.testing.assert_close(run(COPY.replace(", xmask", ""), x, torch.empty_like(x)), x + 1)

    def test_lanes_without_a_value_are_nan_and_fresh_memory_shows() -> None:
        body = (
            MASKED
            + "    y = tl.load(in_ptr0 + xindex, xmask & (xindex > 3))\n    tl.store(out_ptr0 + xindex, y, xmask)\n"
        )
        assert run(body, torch.ones(8), torch.empty(8)).isnan().tolist() == [True] * 4 + [False] * 4
        assert host._empty_strided((2, 3), (1, 4), torch.float16).isnan().all()
        assert host._empty_strided((3,), (1,), torch.int32).min() > 1 << 29

    def test_a_tensor_of_another_type_than_declared_is_refused() -> None:
        with pytest.raises(TypeError, match=r"in_ptr0 is declared \*fp32"):
            run(MASKED + COPY, torch.ones(8, dtype=torch.float64), torch.empty(8))

    def test_bfloat16_kernels_compute_in_float32() -> None:
        body = MASKED + (
            "    y = tl.load(in_ptr0 + xindex, xmask).to(tl.float32)\n    tl.store(out_ptr0 + xindex, y * 3, xmask)\n"
        )
        x = torch.randn(100).bfloat16()
        torch.testing.assert_close(run(body, x, torch.empty_like(x), "bf16"), (x.float() * 3).bfloat16())

    def test_atomics_add_up_whatever_the_order() -> None:
        body = MASKED + "    tl.atomic_add(out_ptr0 + xindex % 4, tl.load(in_ptr0 + xindex, xmask), xmask)\n"
        x = torch.randn(1000)
        torch.testing.assert_close(run(body, x, torch.zeros(1000))[:4], x.reshape(-1, 4).sum(0))

    def test_a_device_assert_that_fails_is_an_error() -> None:
        body = MASKED + "    tl.device_assert((xindex < 5) | ~xmask, 'index')\n" + COPY
        run(body, torch.ones(5), torch.empty(5))
        with pytest.raises(AssertionError, match="index"):
            run(body, torch.ones(6), torch.empty(6))

    def test_what_would_take_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory.MEMORY, "limit", 100)
        memory.MEMORY.lanes = 0
        with pytest.raises(memory.TooLarge):
            run(MASKED + COPY, torch.ones(1000), torch.empty(1000))
        memory.MEMORY.lanes = 0

    def test_blocks_split_every_dimension_that_can_be() -> None:
        text = "xindex < xnumel; r0_index < r0_numel"
        names, sizes = ["XBLOCK", "R0_BLOCK"], {"x": 100, "r0_": 5000}
        assert blocks.choose(text, names, sizes, split=False) == {"XBLOCK": 8, "R0_BLOCK": 8192}
        assert blocks.choose(text, names, sizes, split=True) == {"XBLOCK": 16, "R0_BLOCK": 4096}
        assert blocks.choose("", ["XBLOCK"], {"x": 1}, split=True) == {"XBLOCK": 1}
        assert blocks.choose("", ["XBLOCK"], {"x": 3 * 4096}, split=False) == {"XBLOCK": 3 * 4096}

    def test_library_results_are_laid_out_as_asserted_and_inputs_are_not() -> None:
        x = torch.randn(4, 5)
        kept = x.clone()
        host._assert_size_stride(x, (4, 5), (1, 4), "torch.ops.aten.mm.default")
        assert x.stride() == (1, 4) and torch.equal(x, kept)
        with pytest.raises(AssertionError, match="strides"):
            host._assert_size_stride(x, (4, 5), (5, 1), "input")
        with pytest.raises(AssertionError, match="size"):
            host._assert_size_stride(x, (4, 4), (1, 4), "torch.ops.aten.mm.default")

    def test_whoever_asks_for_the_device_gets_the_cpu() -> None:
        with host.OnCpu():
            made = torch.tensor([1.0], device="cuda:0")
            full = torch.ops.aten.full.default([2], 3.0, device=torch.device("cuda", 0))
            assert made.cuda().to("cuda").device.type == full.device.type == "cpu"

    def test_attention_and_cells_compute_what_torchs_own_do() -> None:
        q, k, v, bias = torch.randn(2, 3, 7, 8), torch.randn(2, 3, 9, 8), torch.randn(2, 3, 9, 8), torch.randn(7, 9)
        want = torch.nn.functional.scaled_dot_product_attention(q, k, v, bias)
        got = torch.ops.aten._scaled_dot_product_efficient_attention.default(q, k, v, bias.expand(2, 3, 7, 9), False)
        torch.testing.assert_close(got[0], want)
        want = torch.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True, scale=0.3)
        got = torch.ops.aten._scaled_dot_product_flash_attention.default(q, q, q, 0.0, True, scale=0.3)
        torch.testing.assert_close(got[0], want)
        x, h, c = torch.randn(4, 6), torch.randn(4, 5), torch.randn(4, 5)
        lstm, gru = torch.nn.LSTMCell(6, 5), torch.nn.GRUCell(6, 5)
        with torch.no_grad():
            gates = x @ lstm.weight_ih.t(), h @ lstm.weight_hh.t()
            got = torch.ops.aten._thnn_fused_lstm_cell.default(*gates, c, lstm.bias_ih, lstm.bias_hh)
            torch.testing.assert_close(got[:2], lstm(x, (h, c)))
            gates = x @ gru.weight_ih.t(), h @ gru.weight_hh.t()
            got = torch.ops.aten._thnn_fused_gru_cell.default(*gates, h, gru.bias_ih, gru.bias_hh)
            torch.testing.assert_close(got[0], gru(x, h))
        assert set(externs.IMPLEMENTATIONS) <= set(dir(torch.ops.aten))

    def test_the_text_is_executed_as_it_stands() -> None:
        module = pairs.execute("value = __file__\nimport torch\nmade = torch.zeros(2, device='cuda')\n")
        assert module.value == "<synth_pair>" and module.made.device.type == "cpu"
