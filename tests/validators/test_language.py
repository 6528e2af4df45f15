"""Quick functions of the language against those they replace.

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

    def test_the_language_in_a_process_of_its_own() -> None:
        environment = dict(os.environ, TRITON_INTERPRET="1")
        command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", __file__]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
        found = re.search(r"(\d+) passed", done.stdout)
        assert found is not None and int(found[1]) > 60, done.stdout[-4000:]

else:
    import triton.language as tl
    from triton.runtime import interpreter

    from validators.proof.interpreter import arrays, language, memory, operators, setup

    setup.install()
    RNG = np.random.default_rng(0)
    KINDS = {
        torch.float32: ("fp32", tl.float32),
        torch.float16: ("fp16", tl.float16),
        torch.bfloat16: ("bf16", tl.bfloat16),
        torch.int64: ("i64", tl.int64),
        torch.bool: ("i1", tl.int1),
    }
    PROGRAMS, ROWS, COLS = 3, 4, 8

    def block(data: Any, kind: Any) -> Any:
        return operators.made(np.asarray(data), kind)

    def values(dtype: torch.dtype) -> torch.Tensor:
        return torch.arange(PROGRAMS * ROWS * COLS).to(dtype)

    def pointers(tensor: torch.Tensor) -> Any:
        """Each program's rows in reverse."""
        memory.MEMORY.buffers.clear()
        memory.MEMORY.begin(PROGRAMS)
        base = memory.pointer("x", tensor, KINDS[tensor.dtype][0])
        places = np.arange(PROGRAMS * ROWS * COLS, dtype=np.int32).reshape(PROGRAMS, ROWS, COLS)[:, :, ::-1]
        return base + block(places, tl.int32)

    MASKS: dict[str, Any] = {
        "none": lambda: None,
        "all": lambda: block(np.ones((1, ROWS, COLS), bool), tl.int1),
        "some": lambda: block(np.random.default_rng(1).integers(0, 2, (PROGRAMS, ROWS, COLS)) > 0, tl.int1),
        "columns": lambda: block((np.arange(COLS) < 5)[None, None], tl.int1),
        "scalar": lambda: block(np.array([True, False, True]), tl.int1),
        "no lane": lambda: block(np.zeros((1, ROWS, COLS), bool), tl.int1),
    }
    FILLERS: dict[str, Any] = {
        "nothing": lambda kind: None,
        "zero": lambda kind: 0.0,
        "whole": lambda kind: 3,
        "minus infinity": lambda kind: float("-inf"),
        "block": lambda kind: block(np.full((1, 1, COLS), 7, np.float32), tl.float32),
    }

    def outcome(function: Any, *arguments: Any, **options: Any) -> Any:
        """What a function returns, or the type of what it raises, and how many lanes it counts."""
        memory.MEMORY.lanes = 0
        try:
            found = function(*arguments, **options)
        except Exception as error:
            return type(error), memory.MEMORY.lanes
        return found, memory.MEMORY.lanes

    def assert_same(one: Any, other: Any) -> None:
        assert one[1] == other[1]
        if not isinstance(other[0], tl.tensor):
            assert one[0] == other[0]
            return
        quick, slow = one[0], other[0]
        assert quick.dtype is slow.dtype and quick.type == slow.type and quick.shape == slow.shape
        assert quick.handle.data.dtype == slow.handle.data.dtype
        np.testing.assert_array_equal(*np.broadcast_arrays(quick.handle.data, slow.handle.data))

    @pytest.mark.parametrize("filler", sorted(FILLERS))
    @pytest.mark.parametrize("mask", sorted(MASKS))
    @pytest.mark.parametrize("dtype", sorted(KINDS, key=str))
    def test_loads_are_those_they_replace(dtype: torch.dtype, mask: str, filler: str) -> None:
        where = pointers(values(dtype))
        given = (where, MASKS[mask](), FILLERS[filler](KINDS[dtype][1]))
        with np.errstate(all="ignore"):  # minus infinity as an integer
            assert_same(outcome(tl.load, *given), outcome(tl.load.__wrapped__, *given))

    @pytest.mark.parametrize("value", ["float32", "float64", "row", "scalar", "number"])
    @pytest.mark.parametrize("mask", sorted(MASKS))
    @pytest.mark.parametrize("dtype", sorted(KINDS, key=str))
    def test_stores_are_those_they_replace(dtype: torch.dtype, mask: str, value: str) -> None:
        given = {
            "float32": block(RNG.random((PROGRAMS, ROWS, COLS), np.float32), tl.float32),
            "float64": block(RNG.random((1, ROWS, COLS)), tl.float64),
            "row": block(RNG.random((1, 1, COLS), np.float32), tl.float32),
            "scalar": block(RNG.random(PROGRAMS, np.float32), tl.float32),
            "number": 2.5,
        }[value]
        written = []
        for function in (tl.store, tl.store.__wrapped__):
            tensor = values(dtype)
            found = outcome(function, pointers(tensor), given, MASKS[mask](), eviction_policy="evict_last")
            written.append((tensor, found[1], isinstance(found[0], type)))
        assert torch.equal(written[0][0], written[1][0]) and written[0][1:] == written[1][1:]

    def test_an_access_out_of_bounds_is_found_on_the_quick_way() -> None:
        where = pointers(values(torch.float32)) + 1
        for function in (language._load(tl.load.__wrapped__), tl.load.__wrapped__):
            with pytest.raises(memory.OutOfBounds):
                function(where)
        with pytest.raises(memory.OutOfBounds):
            tl.store(where, block(np.zeros((1, ROWS, COLS), np.float32), tl.float32))

    FACTORS: dict[str, Any] = {
        "plain": ((PROGRAMS, 16, 8), (1, 8, 32), None),
        "added": ((1, 16, 8), (PROGRAMS, 8, 32), (1, 16, 32)),
        "batched": ((1, 2, 16, 8), (PROGRAMS, 2, 8, 32), None),
        "wrong": ((1, 16, 8), (1, 16, 32), None),
        "wrong sum": ((1, 16, 8), (1, 8, 32), (1, 16, 16)),
    }

    @pytest.mark.parametrize(
        "options", [{}, {"allow_tf32": False}, {"input_precision": "ieee"}, {"out_dtype": tl.float16}]
    )
    @pytest.mark.parametrize("kind", [np.float32, np.float16])
    @pytest.mark.parametrize("name", sorted(FACTORS))
    def test_products_are_those_they_replace(name: str, kind: Any, options: dict[str, Any]) -> None:
        element = tl.float32 if kind is np.float32 else tl.float16
        left, right = (block(RNG.standard_normal(size).astype(kind), element) for size in FACTORS[name][:2])
        size = FACTORS[name][2]
        acc = None if size is None else block(RNG.standard_normal(size).astype(np.float32), tl.float32)
        quick, slow = (outcome(function, left, right, acc, **options) for function in (tl.dot, tl.dot.__wrapped__))
        if isinstance(slow[0], type):
            assert quick == slow
        else:
            assert_same(quick, slow)

    def test_ranges_constants_and_conversions_are_those_they_replace() -> None:
        for name, given in (
            ("arange", (0, 8)),
            ("arange", (tl.constexpr(4), tl.constexpr(8))),
            ("full", ([4, tl.constexpr(8)], 0, tl.float32)),
            ("full", ((8,), -0.0, tl.float32)),
            ("full", ((8,), 0.0, tl.float32)),
            ("full", ([4], 1, tl.int32)),
            ("full", ([4], True, tl.int1)),
            ("full", ([4], 1.5, tl.bfloat16)),
            ("full", ([], 1.5, tl.float32)),
            ("full", ([4], block(np.array([2, 3, 4], np.int32), tl.int32), tl.int32)),
        ):
            quick, slow = (outcome(function, *given) for function in (getattr(tl, name), getattr(tl, name).__wrapped__))
            assert_same(quick, slow)
            if isinstance(slow[0], tl.tensor):
                signs = [np.signbit(found[0].handle.data.astype(np.float64)) for found in (quick, slow)]
                np.testing.assert_array_equal(*signs)
        x = block(RNG.standard_normal((1, 4)).astype(np.float32), tl.float32)
        for kind in (tl.float32, tl.float64, tl.int32):
            assert_same(outcome(tl.tensor.to, x, kind), outcome(tl.tensor.to.__wrapped__, x, kind))

    def test_numpys_types_are_the_interpreters_own() -> None:
        kinds = (
            tl.int1,
            tl.uint8,
            tl.int16,
            tl.int32,
            tl.int64,
            tl.uint64,
            tl.float16,
            tl.bfloat16,
            tl.float32,
            tl.float64,
        )
        for kind in (*kinds, tl.pointer_type(tl.float32), tl.block_type(tl.int64, [4])):
            assert interpreter._get_np_dtype(kind) == arrays._long_way(kind)
        assert interpreter._get_np_dtype is arrays.numpy_dtype

    def test_what_is_kept_between_calls_cannot_be_written_to() -> None:
        for kept in (tl.arange(0, 16), tl.full([16], 0.0, tl.float32)):
            with pytest.raises(ValueError, match="read-only"):
                kept.handle.data[...] = 1

    def test_kernels_mostly_go_the_quick_way() -> None:
        def long_way(*_: Any, **__: Any) -> Any:
            raise AssertionError("the long way")

        where, mask = pointers(values(torch.float32)), MASKS["some"]()
        x = language._load(long_way)(where, mask, 0.0, eviction_policy="evict_last")
        language._store(long_way)(where, x, mask)
        wide = block(RNG.standard_normal((1, COLS, ROWS)).astype(np.float32), tl.float32)
        product = language._dot(long_way)(x, wide, None, allow_tf32=False, out_dtype=tl.float32)
        language._dot(long_way)(x, wide, product, allow_tf32=False)
        assert language._to(long_way)(x, tl.float32) is x
