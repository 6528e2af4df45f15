"""Stage EAGER: the program runs on CPU, in eval mode without gradients, and must behave like a function.

Checked from runs, not from the text: outputs finite, the same twice from the same seed, different for
different inputs; inputs untouched; every operator of the pattern executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch

import operators
from validators.errors import describe, is_out_of_memory
from validators.executed import record
from validators.loading import Loaded, Refused, map_tensors, tensors
from validators.shapes import shape_list
from validators.verdict import Reason, Settings, Stage, Verdict


def check(loaded: Loaded, pattern: Sequence[str], settings: Settings) -> Verdict:
    """Run the program three times: recorded, repeated, and on other inputs.

    Metrics: `inputs` and `outputs` as `dtype[shape]`, `parameters` (count), `executed` (event counts), `signature`
    (hash of the operators that ran, in order, with the shapes they ran on).
    """
    with torch.no_grad():
        torch.manual_seed(settings.seed)
        model = loaded.build()
        inputs = loaded.inputs()
        kept = map_tensors(torch.clone, inputs)
        output, counts, events = _run(lambda: record(model, inputs))
        _check_output(output)
        if not _equal(kept, inputs):
            raise Refused(Reason.MUTATES_INPUTS, _first_difference(kept, inputs))
        # Forward passes that draw random numbers are deterministic for a seed, so both runs get the same one.
        torch.manual_seed(settings.seed + 1)
        again = _run(lambda: model(*map_tensors(torch.clone, kept)))
        torch.manual_seed(settings.seed + 1)
        repeated = _run(lambda: model(*map_tensors(torch.clone, kept)))
        if not _equal(again, repeated):
            raise Refused(Reason.NONDETERMINISTIC, _first_difference(again, repeated))
        torch.manual_seed(settings.seed + 2)
        _check_depends_on_inputs(model, loaded.inputs(), kept, again, settings.seed + 1)
    missing = operators.missing(list(pattern), counts)
    if missing:
        raise Refused(Reason.MISSING_OPERATORS, ", ".join(missing))
    signature = hashlib.blake2b("\n".join([*events, *shape_list(output)]).encode(), digest_size=16).hexdigest()
    return Verdict(
        Stage.EAGER,
        True,
        metrics={
            "inputs": shape_list(kept),
            "outputs": shape_list(output),
            "parameters": sum(p.numel() for p in model.parameters()),
            "executed": dict(sorted(counts.items())),
            "signature": signature,
        },
    )


def _run(function: Any) -> Any:
    try:
        return function()
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.FORWARD_ERROR
        raise Refused(reason, describe(error)) from error


def _check_output(output: Any) -> None:
    found = list(tensors(output))
    if not found:
        raise Refused(Reason.BAD_OUTPUT, f"forward returned {type(output).__name__} without a tensor")
    for tensor in found:
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise Refused(Reason.BAD_OUTPUT, f"an output has layout {tensor.layout}")
        if (tensor.is_floating_point() or tensor.is_complex()) and not torch.isfinite(tensor).all():
            bad = int((~torch.isfinite(tensor)).sum())
            raise Refused(Reason.NON_FINITE, f"{bad} of {tensor.numel()} elements")


def _equal(a: Any, b: Any) -> bool:
    left, right = list(tensors(a)), list(tensors(b))
    return len(left) == len(right) and all(_same(x, y) for x, y in zip(left, right, strict=True))


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    # NaN equals NaN here: an input may hold one, and that is no difference.
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    same = a == b
    if a.is_floating_point() or a.is_complex():
        same = same | (torch.isnan(a) & torch.isnan(b))
    return bool(same.all())


def _first_difference(a: Any, b: Any) -> str:
    for index, (x, y) in enumerate(zip(tensors(a), tensors(b), strict=False)):
        if not _same(x, y):
            if x.shape != y.shape:
                return f"tensor {index}: shape {list(x.shape)} then {list(y.shape)}"
            return f"tensor {index}: {int((x != y).sum())} of {x.numel()} elements differ"
    return "a different number of tensors"


def _check_depends_on_inputs(model: Any, fresh: list[Any], before: list[Any], output: Any, seed: int) -> None:
    """Refuse a program whose output stays the same for `fresh` inputs.

    Where `get_inputs()` is constant the inputs are altered here; an alteration may leave the program's domain (an index
    past its table), so one that raises says nothing.
    """
    if not _equal(fresh, before):
        torch.manual_seed(seed)
        if _equal(output, _run(lambda: model(*fresh))):
            raise Refused(Reason.IGNORES_INPUTS)
        return
    told = False
    for alter in (_scaled, _reordered, _lowered, _raised):
        torch.manual_seed(seed + 1)
        altered = map_tensors(alter, fresh)
        if _equal(altered, fresh):
            continue
        torch.manual_seed(seed)
        try:
            other = model(*altered)
        except Exception:
            continue
        if not _equal(output, other):
            return
        told = True
    if told:
        raise Refused(Reason.IGNORES_INPUTS)


def _is_real(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _scaled(tensor: torch.Tensor) -> torch.Tensor:
    """A little smaller, so that probabilities stay probabilities; bits turned over; integers as they are."""
    if tensor.dtype == torch.bool:
        return ~tensor
    return tensor * (1 - 0.5 * torch.rand_like(tensor.abs())) if _is_real(tensor) else tensor


def _reordered(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.flatten().flip(0).reshape(tensor.shape)


def _lowered(tensor: torch.Tensor) -> torch.Tensor:
    """Indices stay in range when the first is taken for all."""
    return tensor - torch.rand_like(tensor.abs()) if _is_real(tensor) else torch.zeros_like(tensor)


def _raised(tensor: torch.Tensor) -> torch.Tensor:
    return tensor + torch.rand_like(tensor.abs()) if _is_real(tensor) else torch.ones_like(tensor)
