"""Library kernels that Inductor calls and torch has for CUDA only, computed on CPU from their definitions.

Registered for the CPU in the dispatcher, so that the text finds them where it looks.  The strides of the results do not
matter: `host` lays them out as the text asserts.
"""

from __future__ import annotations

import math
from typing import Any

import torch

_alive: list[Any] = []  # a registration lasts as long as its library object


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bias: torch.Tensor | None,
    causal: bool,
    scale: float | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention over (batch, heads, length, width) and the logarithm of its softmax's denominators."""
    groups = query.shape[1] // key.shape[1]
    if groups > 1:  # grouped queries share keys and values
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    wide = torch.promote_types(query.dtype, torch.float32)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = torch.matmul(query.to(wide), key.to(wide).transpose(-2, -1)) * factor
    if bias is not None:
        scores = scores + bias.to(wide)
    if causal:
        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
        scores = scores.masked_fill(~allowed, -math.inf)
    return torch.matmul(scores.softmax(-1), value.to(wide)).to(query.dtype), scores.logsumexp(-1)


def _no_dropout(dropout_p: float) -> None:
    if dropout_p:
        raise NotImplementedError("attention with dropout")


def _efficient_attention(
    query: Any, key: Any, value: Any, attn_bias: Any, compute_log_sumexp: bool, dropout_p: float = 0.0,
    is_causal: bool = False, *, scale: float | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    _no_dropout(dropout_p)
    output, logsumexp = _attention(query, key, value, attn_bias, is_causal, scale)
    kept = logsumexp if compute_log_sumexp else logsumexp[..., :0]
    return output, kept, torch.zeros((), dtype=torch.int64), torch.zeros((), dtype=torch.int64)


def _flash_attention(
    query: Any, key: Any, value: Any, dropout_p: float = 0.0, is_causal: bool = False,
    return_debug_mask: bool = False, *, scale: float | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    _no_dropout(dropout_p)
    output, logsumexp = _attention(query, key, value, None, is_causal, scale)
    none = torch.zeros(0)
    seed = torch.zeros(2, dtype=torch.uint64)
    return output, logsumexp, none, none, query.shape[2], key.shape[2], seed, seed[0].clone(), none


def _cudnn_attention(
    query: Any, key: Any, value: Any, attn_bias: Any, compute_log_sumexp: bool, dropout_p: float = 0.0,
    is_causal: bool = False, return_debug_mask: bool = False, *, scale: float | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    _no_dropout(dropout_p)
    output, logsumexp = _attention(query, key, value, attn_bias, is_causal, scale)
    none, seed = torch.zeros(0), torch.zeros((), dtype=torch.int64)
    return output, logsumexp, none, none, query.shape[2], key.shape[2], seed, seed.clone(), none


def _biased(gates: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return gates if bias is None else gates + bias


def _lstm_cell(
    input_gates: Any, hidden_gates: Any, cx: Any, input_bias: Any = None, hidden_bias: Any = None
) -> tuple[Any, Any, Any]:
    gates = _biased(input_gates, input_bias) + _biased(hidden_gates, hidden_bias)
    i, f, g, o = gates.chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    cell = f * cx + i * g
    return o * cell.tanh(), cell, torch.cat([i, f, g, o], 1)


def _gru_cell(
    input_gates: Any, hidden_gates: Any, hx: Any, input_bias: Any = None, hidden_bias: Any = None
) -> tuple[Any, Any]:
    ir, iz, inew = _biased(input_gates, input_bias).chunk(3, 1)
    hr, hz, hnew = _biased(hidden_gates, hidden_bias).chunk(3, 1)
    reset, update = (ir + hr).sigmoid(), (iz + hz).sigmoid()
    new = (inew + reset * hnew).tanh()
    return new + update * (hx - new), torch.cat([reset, update, new, hx, hnew], 1)


IMPLEMENTATIONS: dict[str, Any] = {
    "_scaled_dot_product_efficient_attention": _efficient_attention,
    "_scaled_dot_product_flash_attention": _flash_attention,
    "_scaled_dot_product_cudnn_attention": _cudnn_attention,
    "_thnn_fused_lstm_cell": _lstm_cell,
    "_thnn_fused_gru_cell": _gru_cell,
}


def install() -> None:
    """Register the implementations for the CPU, once: torch refuses a second time."""
    if _alive:
        return
    library = torch.library.Library("aten", "IMPL", "CPU")
    for name, function in IMPLEMENTATIONS.items():
        library.impl(name, function)
    _alive.append(library)
