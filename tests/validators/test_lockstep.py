"""Programs in lockstep against programs one by one, and quick operators against those they replace.

They need a process in which triton was imported with TRITON_INTERPRET=1: the first test runs this file in one, where
the others are collected.
"""

from __future__ import annotations

import operator
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

if os.environ.get("TRITON_INTERPRET") != "1":

    def test_lockstep_in_a_process_of_its_own() -> None:
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

    from validators.proof.interpreter import lockstep, memory, operators, setup

    setup.install()
    pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

    @triton.jit
    def tiles(in_ptr0, out_ptr0, height, width, rows_each: tl.constexpr, cols_each: tl.constexpr):
        """A transposed copy whose last tiles hang over."""
        m = tl.program_id(0) * rows_each + tl.arange(0, rows_each)
        n = tl.program_id(1) * cols_each + tl.arange(0, cols_each)
        mask = (m < height)[:, None] & (n < width)[None, :]
        x = tl.load(in_ptr0 + (m[:, None] * width + n[None, :]), mask, other=0.0)
        turned = tl.trans(
            tl.join(x, x + 1).reshape([rows_each, 2 * cols_each]).reshape([rows_each, cols_each, 2]).sum(2)
        )
        tl.store(out_ptr0 + (n[:, None] * height + m[None, :]), turned, tl.trans(mask))

    @triton.jit
    def products(in_ptr0, out_ptr0, height, width, rows_each: tl.constexpr, cols_each: tl.constexpr):
        """x @ x.T, programs in groups whose last one is smaller."""
        grid = tl.cdiv(height, rows_each)
        group = tl.program_id(0) // (2 * grid)
        size = min(grid - group * 2, 2)
        rows = (group * 2 + (tl.program_id(0) % size)) * rows_each + tl.arange(0, rows_each)
        cols = (tl.program_id(0) % (2 * grid)) // size * rows_each + tl.arange(0, rows_each)
        acc = tl.zeros((rows_each, rows_each), dtype=tl.float32)
        for start in range(tl.cdiv(width, cols_each)):
            k = start * cols_each + tl.arange(0, cols_each)
            a = tl.load(in_ptr0 + (rows[:, None] % height * width + k[None, :]), k[None, :] < width, other=0.0)
            b = tl.load(in_ptr0 + (cols[None, :] % height * width + k[:, None]), k[:, None] < width, other=0.0)
            acc += tl.dot(a, b, allow_tf32=False)
        mask = (rows < height)[:, None] & (cols < height)[None, :]
        tl.store(out_ptr0 + (rows[:, None] * height + cols[None, :]), acc, mask)

    @triton.jit
    def ways(in_ptr0, out_ptr0, height, width, rows_each: tl.constexpr, cols_each: tl.constexpr):
        """Each program takes its own way and its own time, and has written before it knows."""
        pid = tl.program_id(0)
        n = tl.arange(0, cols_each)
        tl.store(out_ptr0 + pid * cols_each + n, -1.0)
        if pid % 3 == 0:
            total = tl.zeros([cols_each], tl.float32)
            for k in range(pid + 1):
                total += tl.load(in_ptr0 + k * cols_each + n)
            tl.store(out_ptr0 + pid * cols_each + n, total)
        elif pid > 4:
            old = tl.load(out_ptr0 + pid * cols_each + n)
            tl.store(out_ptr0 + pid * cols_each + n, old * 2)

    @triton.jit
    def totals(in_ptr0, out_ptr0, height, width, rows_each: tl.constexpr, cols_each: tl.constexpr):
        """Sums, extremes with their places, a scan, a sort and additions to the same places from all programs."""
        pid = tl.program_id(0)
        n = tl.arange(0, cols_each)[None, :]
        x = tl.load(in_ptr0 + pid * cols_each + n)
        place = tl.broadcast_to(n, [1, cols_each])
        best, where = triton_helpers.max_with_index(x, place, 1)
        running = tl.associative_scan(x, 1, triton_helpers._prod_accumulate)
        ordered, _ = triton_helpers.sort_with_index(x, place.to(tl.int16), None, 1, stable=True, descending=False)
        tl.store(out_ptr0 + 64 + pid * cols_each + n, running + ordered + best[:, None] + where[:, None])
        tl.atomic_add(out_ptr0 + n, x)
        tl.atomic_add(out_ptr0 + 32, 1.0)
        tl.atomic_max(out_ptr0 + 33, tl.max(x))

    @triton.jit
    def chained(in_ptr0, out_ptr0, height, width, rows_each: tl.constexpr, cols_each: tl.constexpr):
        """A sum over all elements so far, block by block: each program waits for the one before it."""
        pid = tl.program_id(0)
        n = tl.arange(0, cols_each)
        scratch = out_ptr0 + height * width + 8 + tl.zeros([1], tl.int32)
        x = tl.cumsum(tl.load(in_ptr0 + pid * cols_each + n), 0)
        before = tl.atomic_xchg(scratch, tl.load(scratch) + tl.sum(tl.load(in_ptr0 + pid * cols_each + n)))
        tl.store(out_ptr0 + pid * cols_each + n, x + before)

    CASES: dict[str, tuple[Any, tuple[int, ...], int, int, int, int, int]] = {
        "tiles": (tiles, (3, 5), 37, 67, 16, 16, 37 * 67),
        "products": (products, (9,), 37, 21, 16, 16, 37 * 37),
        "ways": (ways, (11,), 11, 8, 1, 8, 88),
        "totals": (totals, (6,), 6, 16, 1, 16, 64 + 96),
        "chained": (chained, (7,), 7, 8, 1, 8, 56 + 16),
    }

    def launched(name: str, monkeypatch: pytest.MonkeyPatch, first: int, lanes: int) -> torch.Tensor:
        kernel, grid, m, n, bm, bn, size = CASES[name]
        monkeypatch.setattr(lockstep, "FIRST", first)
        monkeypatch.setattr(lockstep, "LANES", lanes)
        x = torch.rand(m, n, generator=torch.Generator().manual_seed(0))
        out = torch.zeros(size)
        kernel[grid](x, out, m, n, rows_each=bm, cols_each=bn)
        return out

    @pytest.mark.parametrize("first", [3, 64])
    @pytest.mark.parametrize("name", sorted(CASES))
    def test_programs_in_lockstep_do_what_they_do_one_by_one(
        name: str, first: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alone = launched(name, monkeypatch, 1, 1)
        torch.testing.assert_close(launched(name, monkeypatch, first, 1 << 17), alone, rtol=1e-6, atol=1e-6)

    def test_the_kernels_compute_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
        x = torch.rand(37, 67, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(launched("tiles", monkeypatch, 64, 1 << 17).view(67, 37), 2 * x.t() + 1)
        x = torch.rand(37, 21, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(launched("products", monkeypatch, 64, 1 << 17).view(37, 37), x @ x.t())
        x = torch.rand(11, 8, generator=torch.Generator().manual_seed(0))
        rows = launched("ways", monkeypatch, 64, 1 << 17).view(11, 8)
        torch.testing.assert_close(rows[9], x[:10].sum(0))
        assert rows[1].tolist() == [-1.0] * 8 and rows[5].tolist() == [-2.0] * 8
        x = torch.rand(6, 16, generator=torch.Generator().manual_seed(0))
        found = launched("totals", monkeypatch, 64, 1 << 17)
        torch.testing.assert_close(found[:16], x.sum(0))
        assert found[32] == 6 and found[33] == x.max()
        x = torch.rand(7, 8, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(launched("chained", monkeypatch, 64, 1 << 17)[:56], x.reshape(-1).cumsum(0))

    def test_an_access_out_of_bounds_by_one_of_many_programs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
        kernel, _, m, n, bm, bn, size = CASES["ways"]
        with pytest.raises(memory.OutOfBounds, match="out_ptr0 has 88 elements"):
            kernel[(m + 1,)](torch.rand(m, n), torch.zeros(size), m, n, rows_each=bm, cols_each=bn)

    def test_single_programs_are_counted_as_what_they_cost(monkeypatch: pytest.MonkeyPatch) -> None:
        memory.MEMORY.lanes = 0
        launched("tiles", monkeypatch, 64, 1 << 17)
        assert memory.MEMORY.widest == 256
        assert memory.MEMORY.lanes == 2 * memory.MIN_LANES

    KINDS = {"float32": tl.float32, "int32": tl.int32, "int64": tl.int64, "bool": tl.int1}
    RNG = np.random.default_rng(0)
    VALUES: dict[str, Any] = {
        "block": np.array([-5, -3, -2, -1, 1, 4, 6, 7] * 12, np.int32).reshape(3, 4, 8),
        "column": RNG.integers(1, 9, (1, 4, 1)).astype(np.int32),
        "scalar": RNG.integers(1, 9, (3,)).astype(np.int32),
        "wide": RNG.integers(1, 9, (1, 4, 8)).astype(np.int64),
        "real": RNG.standard_normal((3, 4, 8)).astype(np.float32),
        "real scalar": RNG.standard_normal((1,)).astype(np.float32),
        "truth": RNG.integers(0, 2, (3, 4, 8)).astype(bool),
        "seven": 7,
        "minus": -3,
        "half": 0.5,
    }
    OPERATIONS: tuple[Callable[..., Any], ...] = (
        operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.lt,
        operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.and_, operator.or_, operator.xor,
    )  # fmt: skip

    def given(name: str) -> Any:
        value = VALUES[name]
        return operators.made(value, KINDS[value.dtype.name]) if isinstance(value, np.ndarray) else value

    def outcome(operation: Callable[..., Any], left: str, right: str) -> Any:
        try:
            return operation(given(left), given(right))
        except Exception as error:
            return type(error)

    @pytest.mark.parametrize("right", sorted(VALUES))
    @pytest.mark.parametrize("left", sorted(VALUES))
    def test_operators_are_those_they_replace(left: str, right: str, monkeypatch: pytest.MonkeyPatch) -> None:
        if not any(isinstance(VALUES[name], np.ndarray) for name in (left, right)):
            return
        quick = [outcome(operation, left, right) for operation in OPERATIONS]
        monkeypatch.setattr(operators, "_operands", lambda *_: None)  # the long way round
        with np.errstate(all="ignore"):
            slow = [outcome(operation, left, right) for operation in OPERATIONS]
        for operation, one, other in zip(OPERATIONS, quick, slow, strict=True):
            if not isinstance(other, tl.tensor):
                assert one == other, operation
                continue
            assert one.dtype == other.dtype and [*map(int, one.shape)] == [*map(int, other.shape)], operation
            wanted = np.broadcast_arrays(one.handle.data, other.handle.data)
            np.testing.assert_array_equal(*wanted, err_msg=operation.__name__)
            assert one.handle.data.dtype == other.handle.data.dtype, operation

    def test_shapes_of_tensors_are_tritons_own_kind() -> None:
        assert type(given("block").shape) is tl.tuple
        assert operator.add(given("block").shape, [2]) == tl.tuple([4, 8, 2])
        assert given("block")[:, None].shape == tl.tuple([4, 1, 8])
        assert interpreter.interpreter_semantic.join(given("real"), given("real")).handle.data.shape == (3, 4, 8, 2)
