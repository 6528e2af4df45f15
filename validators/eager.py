"""Stage EAGER: the program runs on CPU, in eval mode without gradients, and must behave like a function.

Checked from runs, not from the text: outputs finite, the same twice from the same seed, different for different inputs;
inputs untouched; every operator of the pattern executed; and what `honesty` asks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch

import operators
from operators.order import order, pairs
from validators.conduct import honesty
from validators.conduct.honesty import History, Seeds, Side, copied, same
from validators.conduct.instance import Instance, Ran
from validators.loading import Loaded, Refused, map_tensors, tensors
from validators.shapes import shape_list
from validators.verdict import Reason, Settings, Stage, Verdict


def check(loaded: Loaded, pattern: Sequence[str], settings: Settings) -> Verdict:
    """`judged`, in this process."""
    return judged(Instance(loaded, filling=0), pattern, settings)


def judged(first: Side, pattern: Sequence[str], settings: Settings) -> Verdict:
    """Run two instances of the program on two sets of inputs each, and compare.  Raises Refused.

    Metrics: `inputs` and `outputs` as `dtype[shape]`, `parameters` (count), `executed` (event counts), `order` (the
    pattern's operators as they first ran), `pairs` (which of them were given which other's result, see
    `operators.order`), `signature` (hash of the operators that ran, in order, with the shapes they ran on).
    """
    seeds = Seeds(settings.seed, settings.seed + 1, settings.seed + 2)
    first = first.another(first.filling)  # what an earlier stage left in the program's globals is not held against it
    made = first.make(seeds.making)
    honesty.check_notes(made.notes)
    inputs = made.inputs
    kept = copied(inputs)
    ran = first.run(inputs, seeds.running, recording=True)
    honesty.check_notes(ran.notes)
    if not same(kept, ran.inputs):
        raise Refused(Reason.MUTATES_INPUTS, honesty.first_difference(kept, ran.inputs))
    _check_output(ran.output)
    honesty.check_alias(ran)
    others, other = _on_other_inputs(first, kept, ran, seeds)
    calls = [(kept, ran.output), (kept, other.output) if others is None else (others, other.output)]
    history = History(made, calls)
    honesty.check_copy(history)
    honesty.check_second_instance(first, history, seeds)
    missing = operators.missing(list(pattern), ran.counts)
    if missing:
        raise honesty.refuse_missing(first, kept, pattern, missing)
    signature = hashlib.blake2b("\n".join([*ran.events, *shape_list(ran.output)]).encode(), digest_size=16).hexdigest()
    return Verdict(
        Stage.EAGER,
        True,
        metrics={
            "inputs": shape_list(kept),
            "outputs": shape_list(ran.output),
            "parameters": made.parameters,
            "executed": dict(sorted(ran.counts.items())),
            "order": order(pattern, ran.counts, ran.events),
            "pairs": list(map(list, pairs(pattern, ran.counts, ran.events, ran.reads))),
            "signature": signature,
        },
    )


def _check_output(output: Any) -> None:
    found = list(tensors(output))
    if not found:
        raise Refused(Reason.BAD_OUTPUT, f"forward returned {type(output).__name__} without a tensor")
    for tensor in found:
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
            raise Refused(Reason.BAD_OUTPUT, f"an output has layout {tensor.layout} on {tensor.device}")
        if (tensor.is_floating_point() or tensor.is_complex()) and not torch.isfinite(tensor).all():
            bad = int((~torch.isfinite(tensor)).sum())
            raise Refused(Reason.NON_FINITE, f"{bad} of {tensor.numel()} elements")


def _on_other_inputs(first: Side, kept: list[Any], ran: Ran, seeds: Seeds) -> tuple[list[Any] | None, Ran]:
    """Other inputs, and what the instance makes of them: another output, or the program is turned down.

    Where `get_inputs()` is constant the inputs are altered here; an alteration may leave the program's domain (an index
    past its table), so one that raises says nothing.  Without any that works: None, and a run on the same inputs.
    """
    fresh = first.draw(seeds.others)
    if not same(fresh, kept):
        other = first.run(copied(fresh), seeds.running)
        if same(other.output, ran.output):
            honesty.check_first_call(first, fresh, ran.output, seeds)
            raise honesty.refuse_same_output(ran.output)
        return fresh, other
    told: list[Any] | None = None
    for alter in honesty.alterations():
        torch.manual_seed(seeds.others)
        altered = map_tensors(alter, fresh)
        if same(altered, fresh):
            continue
        try:
            other = first.run(copied(altered), seeds.running)
        except Refused:
            continue
        if not same(other.output, ran.output):
            return altered, other
        told = altered
    if told is not None:
        honesty.check_first_call(first, told, ran.output, seeds)
        raise honesty.refuse_same_output(ran.output)
    return None, first.run(copied(kept), seeds.running)
