"""Convolutions that Inductor's own Triton templates leave out, as one template: grouped, dilated, transposed, 1-D.

Inductor (torch 2.13, `_inductor/kernel/conv.py`) has templates for plain 2-D and 3-D convolutions only.  The template
here is an implicit GEMM like those.  A transposed convolution with stride s is s^d interleaved ordinary ones: all
output pixels of one phase (their position modulo s) meet the same kernel taps, so each program works on one phase and
skips the taps that do not reach it; no multiplication by an inserted zero is ever made.  A convolution with one input
and one output channel per group has no matrix product in it and becomes a reduction.

Private parts of Inductor, read in torch 2.13.0 and 2.11.0; `tests/validators/test_templates.py` fails when they move:
`lowering.lowerings`, `kernel.conv.conv_layout`, `select_algorithm.TritonTemplate`, `.SymbolicGridFn`,
`.realize_inputs`, `utils.use_triton_template`, `virtualized.V`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

import torch
from torch._inductor import config, lowering
from torch._inductor.kernel.conv import conv_layout
from torch._inductor.select_algorithm import (
    SymbolicGridFn,
    TritonTemplate,
    autotune_select_algorithm,
    realize_inputs,
)
from torch._inductor.utils import use_triton_template
from torch._inductor.virtualized import V

aten = torch.ops.aten
Lowering = Callable[..., Any]
# Taps a depthwise convolution may have as a reduction; its kernel's index arithmetic grows with them.
MAX_DEPTHWISE_TAPS = 1024
UNROLLED_TAPS = 9  # up to so many are written out in one expression, as Inductor does for pooling


def _source(axes: str, transposed: bool) -> str:
    """The template's text for the spatial axes `axes` ("hw" or "dhw")."""
    upper = axes.upper()
    lines = ['{{def_kernel("X", "W")}}', '    BATCH = {{size("X", 0)}}']
    lines += ['    IN_C = {{size("X", 1)}}', "    OUT_C = {{size(None, 1)}}"]
    lines += ["    GROUP_IN_C = IN_C // GROUPS", "    GROUP_OUT_C = OUT_C // GROUPS"]
    lines += [f'    IN_{a} = {{{{size("X", {k})}}}}' for k, a in enumerate(upper, 2)]
    lines += [f"    OUT_{a} = {{{{size(None, {k})}}}}" for k, a in enumerate(upper, 2)]
    lines += [f'    stride_x{a} = {{{{stride("X", {k})}}}}' for k, a in enumerate("nc" + axes)]
    # A transposed convolution's weight has the input channels first.
    order = ["in", "out"] if transposed else ["out", "in"]
    lines += [f'    stride_w{a} = {{{{stride("W", {k})}}}}' for k, a in enumerate([*order, *axes])]
    lines += ["", "    group = tl.program_id(2).to(INDEX_DTYPE)"]
    step = {a: f"PHASES_{a.upper()}" if transposed else "1" for a in axes}
    if transposed:
        lines += [f"    PHASES_{a} = STRIDE_{a}" for a in upper]
        lines += [f"    PHASES = {' * '.join(f'PHASES_{a}' for a in upper)}"]
        lines += ["    # All output pixels of one program have the same position modulo the strides."]
        lines += ["    phase = tl.program_id(0).to(INDEX_DTYPE) % PHASES"]
        lines += ["    pixel = tl.program_id(0).to(INDEX_DTYPE) // PHASES * BLOCK_M + tl.arange(0, BLOCK_M)"]
        for a in reversed(axes):
            lines += [f"    phase_{a} = phase % {step[a]}", f"    phase = phase // {step[a]}"]
    else:
        lines += ["    pixel = tl.program_id(0).to(INDEX_DTYPE) * BLOCK_M + tl.arange(0, BLOCK_M)"]
    for a in reversed(axes):
        count = f"OUT_{a.upper()}"
        if transposed:
            lines += [f"    count_{a} = ({count} + {step[a]} - 1) // {step[a]}"]
            lines += [f"    idx_y_{a} = pixel % count_{a} * {step[a]} + phase_{a}", f"    pixel = pixel // count_{a}"]
        else:
            lines += [f"    idx_y_{a} = pixel % {count}", f"    pixel = pixel // {count}"]
    lines += ["    idx_n = pixel", "    idx_y_c = tl.program_id(1).to(INDEX_DTYPE) * BLOCK_N + tl.arange(0, BLOCK_N)"]
    lines += ["    x_base = X + (group * GROUP_IN_C * stride_xc + idx_n * stride_xn)[:, None]"]
    first = "group * GROUP_IN_C * stride_win" if transposed else "group * GROUP_OUT_C * stride_wout"
    lines += [f"    w_base = W + ({first} + idx_y_c * stride_wout)[None, :]"]
    lines += ["    acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)"]
    lines += ["    BLOCK_K_COUNT = (GROUP_IN_C + BLOCK_K - 1) // BLOCK_K"]
    taps = " * ".join(f"KERNEL_{a}" for a in upper)
    lines += [f"    for step in range({taps} * BLOCK_K_COUNT):"]
    lines += [
        "        idx_c = step % BLOCK_K_COUNT * BLOCK_K + tl.arange(0, BLOCK_K)",
        "        tap = step // BLOCK_K_COUNT",
    ]
    for a in reversed(axes):
        lines += [f"        tap_{a} = tap % KERNEL_{a.upper()}", f"        tap = tap // KERNEL_{a.upper()}"]
    body = _loop_body(axes, transposed)
    if transposed:
        reach = [f"((phase_{a} + PADDING_{a.upper()} - tap_{a} * DILATION_{a.upper()}) % {step[a]} == 0)" for a in axes]
        lines += [f"        if {' & '.join(reach)}:", textwrap.indent(body, " " * 12)]
    else:
        lines += [textwrap.indent(body, " " * 8)]
    lines += ["    mask = (idx_n < BATCH)[:, None] & (idx_y_c < GROUP_OUT_C)[None, :]"]
    lines += [f"    mask = mask & (idx_y_{a} < OUT_{a.upper()})[:, None]" for a in axes]
    lines += ["    idx_n = idx_n[:, None]", "    idx_c = idx_y_c[None, :] + group * GROUP_OUT_C"]
    lines += [f"    idx_{a} = idx_y_{a}[:, None]" for a in axes]
    names = ", ".join(f'"idx_{a}"' for a in "nc" + axes)
    lines += ["", f'    {{{{store_output(({names}), "acc", "mask", val_shape=("BLOCK_M", "BLOCK_N"))}}}}']
    return "\n".join(lines) + "\n"


def _loop_body(axes: str, transposed: bool) -> str:
    lines = []
    for a in axes:
        u = a.upper()
        if transposed:
            place = f"(idx_y_{a} + PADDING_{u} - tap_{a} * DILATION_{u}) // STRIDE_{u}"
        else:
            place = f"idx_y_{a} * STRIDE_{u} + tap_{a} * DILATION_{u} - PADDING_{u}"
        lines += [f"idx_x_{a} = {place}"]
    place = " + ".join(f"idx_x_{a} * stride_x{a}" for a in axes)
    lines += [f"at_x = ({place})[:, None] + (idx_c * stride_xc)[None, :]"]
    lines += ["mask_x = (idx_n < BATCH)[:, None] & (idx_c < GROUP_IN_C)[None, :]"]
    lines += [f"mask_x = mask_x & ((idx_x_{a} >= 0) & (idx_x_{a} < IN_{a.upper()}))[:, None]" for a in axes]
    lines += ["matrix_x = tl.load(x_base + at_x, mask=mask_x, other=0.0)"]
    lines += [f"at_w = (idx_c * stride_win)[:, None] + {' + '.join(f'tap_{a} * stride_w{a}' for a in axes)}"]
    lines += ["mask_w = (idx_c < GROUP_IN_C)[:, None] & (idx_y_c < GROUP_OUT_C)[None, :]"]
    lines += ["matrix_w = tl.load(w_base + at_w, mask=mask_w, other=0.0)"]
    lines += ["acc += tl.dot(matrix_x, matrix_w, allow_tf32=ALLOW_TF32)"]
    return "\n".join(lines)


def _grid(axes: str, transposed: bool) -> Any:
    def grid(n: Any, c: Any, *rest: Any, cdiv: Any) -> tuple[Any, Any, Any]:
        *sizes, meta = rest
        pixels, phases = n, 1
        for size, axis in zip(sizes, axes.upper(), strict=True):
            step = meta[f"STRIDE_{axis}"] if transposed else 1
            pixels, phases = pixels * cdiv(size, step), phases * step
        blocks = cdiv(c // meta["GROUPS"], meta["BLOCK_N"])
        return cdiv(pixels, meta["BLOCK_M"]) * phases, blocks, meta["GROUPS"]

    return SymbolicGridFn(grid)


# Registered with Inductor under these names when the module is imported, as its own templates are.
TEMPLATES: dict[tuple[int, bool], TritonTemplate] = {
    (len(axes), transposed): TritonTemplate(
        name=f"convolution{len(axes)}d_{'transposed' if transposed else 'general'}",
        grid=_grid(axes, transposed),
        source=_source(axes, transposed),
    )
    for axes in ("hw", "dhw")
    for transposed in (False, True)
}


def lowered() -> AbstractContextManager[Any]:
    """While it lasts, Inductor lowers `aten.convolution` with the templates of this file where it has none."""
    op = aten.convolution.default
    original = lowering.lowerings[op]

    def convolution(*args: Any) -> Any:
        return _lower(original, *args)

    return mock.patch.dict(lowering.lowerings, {op: convolution, aten.convolution: convolution})


def _lower(
    original: Lowering,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Any:
    L = lowering.lowerings  # noqa: N806 - Inductor's own name for it
    given = (stride, padding, dilation, transposed, output_padding, groups)
    sizes = [int(size) for size in weight.get_size()]
    n = len(sizes) - 2
    stride, padding, dilation, output_padding = (_each(v, n) for v in (stride, padding, dilation, output_padding))
    if len(x.get_size()) == n + 1:
        batched = _lower(original, L[aten.unsqueeze](x, 0), weight, bias, *given)
        return L[aten.squeeze](batched, 0)
    if any(int(size) == 0 for size in [*sizes, *x.get_size()]):
        return original(x, weight, bias, *given)
    if n == 1:
        x, weight = L[aten.unsqueeze](x, 2), L[aten.unsqueeze](weight, 2)
        wide = ([1, *stride], [0, *padding], [1, *dilation], transposed, [0, *output_padding], groups)
        return L[aten.squeeze](_lower(original, x, weight, bias, *wide), 2)
    plain = not transposed and set(dilation) == {1} and groups == 1
    layout = conv_layout(
        x, weight, None, tuple(stride), tuple(padding), tuple(dilation), transposed, tuple(output_padding), groups
    )
    if not use_triton_template(layout):  # float64, complex
        return original(x, weight, bias, *given)
    if plain:
        with config.patch(max_autotune_conv_backends="TRITON"):
            return original(x, weight, bias, *given)
    if not transposed and sizes[1] == 1 and sizes[0] == groups and _product(sizes[2:]) <= MAX_DEPTHWISE_TAPS:
        result = _depthwise(x, weight, stride, padding, dilation, [int(size) for size in layout.size])
    else:
        result = _from_template(x, weight, layout, stride, padding, dilation, transposed, groups)
    if bias is None:
        return result
    return L[aten.add](result, L[aten.view](bias, [bias.get_size()[0]] + n * [1]))


def _from_template(
    x: Any,
    weight: Any,
    layout: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    groups: int,
) -> Any:
    x, weight = realize_inputs(x, weight)
    sizes = [int(size) for size in weight.get_size()]
    out = [int(size) for size in layout.size]
    axes = "DHW"[-len(stride) :]
    steps = stride if transposed else [1] * len(stride)
    pixels = out[0] * _product([-(-size // step) for size, step in zip(out[2:], steps, strict=True)])
    inner = int(x.get_size()[1]) // groups
    configs = V.choices.get_conv_configs("cuda")
    tile = next(iter(configs(pixels, out[1] // groups, inner, dtype_size=x.get_dtype().itemsize)))
    named = {"KERNEL": sizes[2:], "STRIDE": stride, "PADDING": padding, "DILATION": dilation}
    numbers = {f"{name}_{a}": value for name, values in named.items() for a, value in zip(axes, values, strict=True)}
    choices: list[Any] = []
    TEMPLATES[len(stride), transposed].maybe_append_choice(
        choices,
        input_nodes=(x, weight),
        layout=layout,
        **numbers,
        GROUPS=groups,
        ALLOW_TF32=False,
        num_stages=tile.num_stages,
        num_warps=tile.num_warps,
        **tile.kwargs,
    )
    selected = autotune_select_algorithm("convolution", choices, [x, weight], layout)
    return selected[0] if isinstance(selected, tuple) else selected  # torch 2.11 returns the node alone


def _depthwise(
    x: Any, weight: Any, stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int], out: Sequence[int]
) -> Any:
    """One multiplication per tap, summed: `sum_t x[n, c, o * stride + t * dilation - padding] * w[c, 0, t]`."""
    from torch._inductor.ir import Reduction
    from torch._inductor.virtualized import ops

    x.realize_hint()
    sizes, taps = [int(s) for s in x.get_size()[2:]], [int(s) for s in weight.get_size()[2:]]
    load_x, load_w = x.make_loader(), weight.make_loader()
    dtype = x.get_dtype()

    def inner(index: Sequence[Any], tap: Sequence[Any]) -> Any:
        batch, channel, *place = index
        steps = zip(place, stride, tap, dilation, padding, strict=True)
        at = [o * s + t * d - p for o, s, t, d, p in steps]
        inside: Any = None
        for position, size, pad, last, step, tall, gap in zip(
            at, sizes, padding, out[2:], stride, taps, dilation, strict=True
        ):
            if pad == 0 and (last - 1) * step + (tall - 1) * gap < size:
                continue
            where = ops.index_expr(position, torch.int64)
            low = ops.ge(where, ops.index_expr(0, torch.int64))
            both = ops.and_(low, ops.lt(where, ops.index_expr(size, torch.int64)))
            inside = both if inside is None else ops.and_(inside, both)
        factor = load_w([channel, 0, *tap])
        if inside is None:
            return ops.mul(load_x([batch, channel, *at]), factor)
        value = ops.masked(inside, lambda: load_x([batch, channel, *at]), 0.0)
        return ops.mul(value, factor)

    with config.patch(unroll_reductions_threshold=UNROLLED_TAPS + 1):
        result: Any = Reduction.create(
            device=x.get_device(),
            dst_dtype=dtype,
            src_dtype=dtype,
            inner_fn=inner,
            ranges=list(out),
            reduction_ranges=taps,
            reduction_type="sum",
        )
    if isinstance(result.data.data, Reduction):  # an unrolled one is fused with what follows instead
        result.realize()
    return result


def _each(sizes: Sequence[int], n: int) -> list[int]:
    listed = [int(size) for size in sizes]
    return listed * n if len(listed) == 1 else listed


def _product(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product
