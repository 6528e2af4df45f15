"""Recurrent layers over long sequences as one Triton kernel a layer, instead of one copy of the cell a step.

PyTorch decomposes `nn.RNN`, `nn.LSTM` and `nn.GRU` (`_decomp/decompositions.py`, torch 2.13) into a matrix product of
all inputs and then a cell for every step, one after the other: Inductor's code grows with the sequence, and its time
faster than that.  Here sequences longer than MAX_UNROLLED become one operator a layer and direction, lowered to a
template: each program takes a block of the batch through all steps and writes each step's hidden state, which the next
step reads back.  Programs need nothing of each other, since rows of a batch do not.

The arithmetic, states rounded to the tensor's dtype after each step included, is that of the cells it replaces.

Private, read in torch 2.13.0 and 2.11.0; `tests/validators/test_recurrence.py` fails when they move:
`torch._decomp.decompositions.one_layer_lstm`, `.one_layer_rnn`, `.gru_cell` and the closure that `rnn_cell` makes;
`lowering.lowerings`, `.empty_strided`; `select_algorithm.TritonTemplate` and its `mutated_inputs`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

import torch
import torch.nn.functional as F
from torch import Tensor
from torch._decomp import decompositions
from torch._inductor import ir, lowering
from torch._inductor.select_algorithm import (
    SymbolicGridFn,
    TritonTemplate,
    autotune_select_algorithm,
    realize_inputs,
)

MAX_UNROLLED = 16  # steps; shorter sequences stay separate kernels, which Inductor fuses with what is around them
BLOCK_M = 16  # rows of the batch
WIDE = 64  # hidden units from which blocks are as large: an LSTM's kernel has 236 registers then, and spills none
DTYPES = (torch.float32, torch.float16, torch.bfloat16)
# Gates per hidden unit, in the order of PyTorch's weights.
GATES = {"rnn_tanh": ("n",), "rnn_relu": ("n",), "gru": ("r", "z", "n"), "lstm": ("i", "f", "g", "o")}

_LIBRARY = torch.library.Library("synth", "FRAGMENT")  # the operator lives as long as this
_LIBRARY.define(
    "recurrent(Tensor gates, Tensor weight, Tensor bias, Tensor hidden, Tensor? cell, str kind, bool reverse)"
    " -> (Tensor, Tensor)"
)
OPERATOR = torch.ops.synth.recurrent.default


@torch.library.register_fake("synth::recurrent", lib=_LIBRARY)
def _shapes(
    gates: Tensor, weight: Tensor, bias: Tensor, hidden: Tensor, cell: Tensor | None, kind: str, reverse: bool
) -> tuple[Tensor, Tensor]:
    """Hidden states (step, batch, hidden), and the last cell state of an LSTM or hidden state of the others."""
    return hidden.new_empty((gates.size(0), *hidden.shape)), hidden.new_empty(hidden.shape)


def _source(kind: str) -> str:
    gates = GATES[kind]
    names = ["GATES", "W", "BIAS", "HIDDEN", *(["CELL"] if kind == "lstm" else []), "Y"]
    names += ["STATE"] if kind == "lstm" else []
    lines = [f"{{{{def_kernel({', '.join(repr(name) for name in names)})}}}}"]
    lines += ['    STEPS = {{size("GATES", 0)}}', '    BATCH = {{size("HIDDEN", 0)}}']
    lines += ['    UNITS = {{size("HIDDEN", 1)}}']
    for place, g in enumerate(gates):
        for name, axis in (("W", 0), ("BIAS", 0), ("GATES", 2)):
            moved = f' + {place} * UNITS * {{{{stride("{name}", {axis})}}}}' if place else ""
            lines += [f"    {name}_{g} = {name}{moved}"]
    lines += ["    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)"]
    lines += ["    in_batch = (rows < BATCH)[:, None]", "    row_at = rows[:, None] * UNITS"]
    lines += ['    gates_at = rows[:, None] * {{stride("GATES", 1)}}']
    lines += ["    for step in range(STEPS):"]
    lines += ["        now = STEPS - 1 - step if REVERSE else step"]
    lines += ["        before = Y + (now + 1 if REVERSE else now - 1) * BATCH * UNITS"]
    lines += ["        for first in range(0, UNITS, BLOCK_N):", "            cols = first + tl.arange(0, BLOCK_N)"]
    lines += ["            in_units = (cols < UNITS)[None, :]", "            mask = in_batch & in_units"]
    lines += ['            col_at = cols[None, :] * {{stride("W", 0)}}']
    lines += [f"            acc_{g} = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)" for g in gates]
    lines += ["            for start in range(0, UNITS, BLOCK_K):"]
    lines += ["                ks = start + tl.arange(0, BLOCK_K)"]
    lines += ["                mask_h = in_batch & (ks < UNITS)[None, :]"]
    lines += ["                mask_w = (ks < UNITS)[:, None] & in_units"]
    lines += _state("                ", "h", "HIDDEN", "ks", "mask_h", "before")
    lines += ['                weight_at = col_at + ks[:, None] * {{stride("W", 1)}}']
    for g in gates:
        lines += [f"                w_{g} = tl.load(W_{g} + weight_at, mask=mask_w, other=0.0)"]
        lines += [f"                acc_{g} = tl.dot(h, w_{g}, acc_{g}, allow_tf32=ALLOW_TF32)"]
    lines += ['            at = now * {{stride("GATES", 0)}} + gates_at + cols[None, :] * {{stride("GATES", 2)}}']
    lines += ['            bias_at = cols[None, :] * {{stride("BIAS", 0)}}']
    for g in gates:
        lines += [f"            x_{g} = tl.load(GATES_{g} + at, mask=mask, other=0.0).to(tl.float32)"]
        lines += [f"            acc_{g} += tl.load(BIAS_{g} + bias_at, mask=in_units, other=0.0).to(tl.float32)"]
    lines += [" " * 12 + line for line in _cell(kind)]
    lines += ["            tl.store(Y + now * BATCH * UNITS + row_at + cols[None, :], y, mask=mask)"]
    lines += ["        # The next step reads what all threads of this program have written."]
    lines += ["        tl.debug_barrier()"]
    last = "STATE" if kind == "lstm" else "Y + (0 if REVERSE else STEPS - 1) * BATCH * UNITS"
    lines += ["    for first in range(0, UNITS, BLOCK_N):", "        idx_m = rows[:, None]"]
    lines += ["        idx_n = (first + tl.arange(0, BLOCK_N))[None, :]"]
    lines += ["        mask = (idx_m < BATCH) & (idx_n < UNITS)"]
    lines += [f"        last = tl.load({last} + idx_m * UNITS + idx_n, mask=mask, other=0.0)"]
    stored = '("idx_m", "idx_n"), "last", "mask", indent_width=8, val_shape=("BLOCK_M", "BLOCK_N")'
    return "\n".join([*lines, f"        {{{{store_output({stored})}}}}"]) + "\n"


def _state(indent: str, name: str, initial: str, columns: str, mask: str, written: str) -> list[str]:
    """Load a state: what the caller gave at first, what the step before has written later."""
    at = f'rows[:, None] * {{{{stride("{initial}", 0)}}}} + {columns}[None, :] * {{{{stride("{initial}", 1)}}}}'
    return [
        f"{indent}if step == 0:",
        f"{indent}    {name} = tl.load({initial} + {at}, mask={mask}, other=0.0)",
        f"{indent}else:",
        f"{indent}    {name} = tl.load({written} + row_at + {columns}[None, :], mask={mask}, other=0.0)",
    ]


def _cell(kind: str) -> list[str]:
    """The cell's arithmetic for a block, from `acc_*` (the hidden state's part) and `x_*` (the input's) to `y`."""
    if kind == "rnn_relu":
        return ["y = tl.maximum(acc_n + x_n, 0.0)"]
    if kind == "rnn_tanh":
        return ["y = libdevice.tanh(acc_n + x_n)"]
    if kind == "gru":
        lines = ["r = tl.sigmoid(acc_r + x_r)", "z = tl.sigmoid(acc_z + x_z)", "n = libdevice.tanh(x_n + acc_n * r)"]
        lines += _state("", "previous", "HIDDEN", "cols", "mask", "before")
        return [*lines, "y = (previous.to(tl.float32) - n) * z + n"]
    lines = _state("", "previous", "CELL", "cols", "mask", "STATE")
    lines += ["c = tl.sigmoid(acc_f + x_f) * previous.to(tl.float32)"]
    lines += ["c += tl.sigmoid(acc_i + x_i) * libdevice.tanh(acc_g + x_g)"]
    lines += ["tl.store(STATE + row_at + cols[None, :], c, mask=mask)"]
    return [*lines, "y = tl.sigmoid(acc_o + x_o) * libdevice.tanh(c)"]


def _grid(batch: Any, units: Any, meta: Any, *, cdiv: Any) -> tuple[Any, int, int]:
    return cdiv(batch, meta["BLOCK_M"]), 1, 1


# Registered with Inductor under these names when the module is imported, as its own templates are.
TEMPLATES = {kind: TritonTemplate(name=kind, grid=SymbolicGridFn(_grid), source=_source(kind)) for kind in GATES}


def whole_layers() -> AbstractContextManager[Any]:
    """While it lasts, long recurrent layers become one operator, and Inductor has a template for that."""
    stack = ExitStack()
    stack.enter_context(mock.patch.object(decompositions, "one_layer_lstm", _lstm(decompositions.one_layer_lstm)))
    stack.enter_context(mock.patch.object(decompositions, "one_layer_rnn", _rnn(decompositions.one_layer_rnn)))
    packet = torch.ops.synth.recurrent
    stack.enter_context(mock.patch.dict(lowering.lowerings, {OPERATOR: _lower, packet: _lower}))
    return stack


def _takes(inp: Tensor, hidden: Tensor, params: Any) -> bool:
    return inp.device.type == "cuda" and inp.size(0) > MAX_UNROLLED and hidden.dtype in DTYPES and hidden.numel() > 0


def _lstm(unrolled: Callable[..., Any]) -> Callable[..., Any]:
    def one_layer_lstm(inp: Tensor, hidden: Any, params: Any, has_biases: bool, reverse: bool = False) -> Any:
        projected = len(params) not in (2, 4)
        if projected or not _takes(inp, hidden[0], params):
            return unrolled(inp, hidden, params, has_biases, reverse)
        y, cell = _layer(inp, hidden[0], hidden[1], params, has_biases, "lstm", reverse)
        return y, (y[0 if reverse else -1], cell)

    return one_layer_lstm


def _rnn(unrolled: Callable[..., Any]) -> Callable[..., Any]:
    def one_layer_rnn(
        inp: Tensor, hidden: Tensor, params: Any, has_biases: bool, hidden_fn: Any, reverse: bool = False
    ) -> Any:
        kind = _kind(hidden_fn)
        if not kind or not _takes(inp, hidden, params):
            return unrolled(inp, hidden, params, has_biases, hidden_fn, reverse)
        return _layer(inp, hidden, None, params, has_biases, kind, reverse)

    return one_layer_rnn


def _kind(hidden_fn: Any) -> str:
    if hidden_fn is decompositions.gru_cell:
        return "gru"
    nonlinearity = inspect.getclosurevars(hidden_fn).nonlocals.get("nonlinearity")
    return {torch.tanh: "rnn_tanh", torch.relu: "rnn_relu"}.get(nonlinearity, "")  # type: ignore[arg-type]


def _layer(
    inp: Tensor, hidden: Tensor, cell: Tensor | None, params: Any, has_biases: bool, kind: str, reverse: bool
) -> tuple[Tensor, Tensor]:
    weight = params[1]
    gates = F.linear(inp, params[0], params[2] if has_biases else None)
    bias = params[3] if has_biases else weight.new_zeros(weight.size(0))
    y, last = OPERATOR(gates, weight, bias, hidden, cell, kind, reverse)
    return y, last


def _lower(gates: Any, weight: Any, bias: Any, hidden: Any, cell: Any, kind: str, reverse: bool) -> Any:
    given = realize_inputs(gates, weight, bias, hidden, *([cell] if kind == "lstm" else []))
    steps, (batch, units) = int(gates.get_size()[0]), (int(size) for size in hidden.get_size())
    device, dtype = hidden.get_device(), hidden.get_dtype()
    sizes = [[steps, batch, units], *([[batch, units]] if kind == "lstm" else [])]
    written = [lowering.empty_strided(size, None, dtype=dtype, device=device) for size in sizes]
    layout = ir.FixedLayout(device, dtype, [batch, units])
    side = WIDE if units >= WIDE else WIDE // 2  # hidden units, and summands of one step of the inner loop
    choices: list[Any] = []
    TEMPLATES[kind].maybe_append_choice(
        choices,
        input_nodes=[*given, *written],
        layout=layout,
        mutated_inputs=written,
        REVERSE=reverse,
        ALLOW_TF32=False,
        BLOCK_M=BLOCK_M,
        BLOCK_N=side,
        BLOCK_K=side,
        num_stages=1,  # a pipelined load would be issued before the barrier
        num_warps=side // 8,  # four of a gate's units for each thread
    )
    selected = autotune_select_algorithm("recurrent", choices, [*given, *written], layout)
    last = selected[0] if isinstance(selected, tuple) else selected  # torch 2.11 returns the node alone
    return written[0], last
