"""Whether a program that runs is an honest one: a function of its arguments and parameters, and nothing besides.

Decided from runs of several instances of the program (`instance`), each reason by a run that shows it:

    the first instance     fresh memory holds filling 0      first on the inputs, then on others
    the second instance    fresh memory holds filling 1      first on the others, then on the inputs

An honest program answers the same in both columns.  One that does not is run again, with one difference at a time, to
say why: memory that nobody wrote to, earlier calls, or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

import operators
from validators.conduct.instance import Made, Ran
from validators.loading import Refused, duplicate, map_tensors, tensors
from validators.verdict import Reason

# In this order: a program that does several of them is turned down for the most telling one.
_NOTES = {
    "patched": Reason.REPLACES_FUNCTIONS,
    "evaded": Reason.EVADES_COMPILER,
    "asked": Reason.ASKS_FOR_COMPILER,
    "subclass": Reason.TENSOR_SUBCLASS,
    "training": Reason.TRAINING_ONLY,
    "reseeded": Reason.HIDDEN_STATE,
}


class Side(Protocol):
    """What `instance.Instance` does, here or in another process."""

    filling: int

    def make(self, seed: int) -> Made:
        """Build model and inputs."""

    def draw(self, seed: int) -> list[Any]:
        """Further inputs."""

    def run(self, inputs: list[Any], seed: int, recording: bool = False, training: bool = False) -> Ran:
        """One forward pass."""

    def another(self, filling: int) -> Side:
        """The program imported anew."""


@dataclass(frozen=True)
class Seeds:
    """One for making models and inputs, one for every forward pass, one for the other inputs."""

    making: int
    running: int
    others: int


@dataclass(frozen=True)
class History:
    """What an instance was made with, and its calls: the inputs of each, untouched, and what it answered."""

    made: Made
    calls: list[tuple[list[Any], Any]]


def check_notes(notes: dict[str, str]) -> None:
    """Raises Refused for what was seen besides the output."""
    for key, reason in _NOTES.items():
        if notes.get(key):
            raise Refused(reason, notes[key])


def check_alias(ran: Ran) -> None:
    """Raises Refused(RETURNS_INPUT) where the output is an input's memory."""
    if ran.notes["alias"]:
        raise Refused(Reason.RETURNS_INPUT, f"the output lies in the memory of {ran.notes['alias']}")


def check_copy(history: History) -> None:
    """Raises Refused(RETURNS_INPUT) where the output was an input's copy in every call.

    An input of one value says nothing: all zeros are the sum of zeros too.
    """
    for index, given in enumerate(tensors(history.calls[0][0])):
        if not _is_constant(given) and all(_is_copy(list(tensors(i))[index], o) for i, o in history.calls):
            raise Refused(Reason.RETURNS_INPUT, f"the output is equal to input {index}")


def _is_copy(given: torch.Tensor, output: Any) -> bool:
    return all(same_tensor(given, tensor) for tensor in tensors(output))


def refuse_same_output(output: Any) -> Refused:
    """The refusal of a program whose output stays `output` for other inputs."""
    found = list(tensors(output))
    whole = sum(t.numel() for t in found) > 1 and all(t.numel() > 0 for t in found)
    if whole and all(map(_is_constant, found)):
        values = ", ".join(str(t.reshape(-1)[0].item()) for t in found[:4])
        return Refused(Reason.CONSTANT_OUTPUT, f"all elements are {values}")
    return Refused(Reason.IGNORES_INPUTS)


def _is_constant(tensor: torch.Tensor) -> bool:
    return tensor.numel() == 0 or bool((tensor == tensor.reshape(-1)[0]).all())


def check_first_call(instance: Side, others: list[Any], output: Any, seeds: Seeds) -> None:
    """After an output that stays `output`: did the program keep it?  Raises Refused(HIDDEN_STATE)."""
    fresh = instance.another(instance.filling)
    fresh.make(seeds.making)
    if not same(fresh.run(copied(others), seeds.running).output, output):
        raise Refused(Reason.HIDDEN_STATE, "the output of the first call is returned for ever")


def check_second_instance(first: Side, history: History, seeds: Seeds) -> None:
    """Hold a second instance, its memory filled otherwise, its calls in reverse, to what the first one did.

    Raises Refused(UNINITIALIZED_MEMORY, HIDDEN_STATE, NONDETERMINISTIC).
    """
    second = first.another(1 - first.filling)
    made = second.make(seeds.making)
    if difference := _made_differently(history.made, history.calls[0][0], made):
        raise _why_made_differently(first, history, difference, seeds)
    ran = None
    for inputs, output in reversed(history.calls):
        ran = second.run(copied(inputs), seeds.running)
        if not same(ran.output, output):
            raise _why_differently(first, history, first_difference(output, ran.output), seeds)
    if ran is not None and ran.notes["changed"]:
        raise Refused(Reason.HIDDEN_STATE, f"a call of forward changes {ran.notes['changed']}")


def _made_differently(before: Made, inputs: list[Any], made: Made) -> str:
    for name, value in before.state.items():
        if made.state.get(name) != value:
            return name
    return "" if same(inputs, made.inputs) else "get_inputs()"


def _why_made_differently(first: Side, history: History, difference: str, seeds: Seeds) -> Refused:
    again = first.another(first.filling).make(seeds.making)
    if _made_differently(history.made, history.calls[0][0], again):
        return Refused(Reason.NONDETERMINISTIC, f"{difference} has other values each time")
    return Refused(Reason.UNINITIALIZED_MEMORY, f"{difference} is used as torch.empty left it")


def _why_differently(first: Side, history: History, difference: str, seeds: Seeds) -> Refused:
    if not _repeats(first, first.filling, history, seeds):
        return Refused(Reason.NONDETERMINISTIC, difference)
    if _repeats(first, 1 - first.filling, history, seeds):
        return Refused(Reason.HIDDEN_STATE, f"after another call, {difference}")
    return Refused(Reason.UNINITIALIZED_MEMORY, difference)


def _repeats(first: Side, filling: int, history: History, seeds: Seeds) -> bool:
    """Whether a new instance, called as the first one was, answers as it did."""
    fresh = first.another(filling)
    fresh.make(seeds.making)
    return all(same(fresh.run(copied(inputs), seeds.running).output, output) for inputs, output in history.calls)


def refuse_missing(instance: Side, inputs: list[Any], pattern: Sequence[str], missing: list[str]) -> Refused:
    """The refusal of a program that did not run `missing`, which it may run in training mode."""
    try:
        ran = instance.run(copied(inputs), 0, recording=True, training=True)
    except Refused:
        return Refused(Reason.MISSING_OPERATORS, ", ".join(missing))
    still = operators.missing(list(pattern), ran.counts)
    if len(still) < len(missing):
        return Refused(Reason.TRAINING_ONLY, ", ".join(name for name in missing if name not in still))
    return Refused(Reason.MISSING_OPERATORS, ", ".join(missing))


def copied(inputs: list[Any]) -> list[Any]:
    """Inputs of their own memory, for a run that might change them."""
    return list(map_tensors(duplicate, inputs))


def same(a: Any, b: Any) -> bool:
    """Whether two nests hold the same tensors, element for element."""
    left, right = list(tensors(a)), list(tensors(b))
    return len(left) == len(right) and all(same_tensor(x, y) for x, y in zip(left, right, strict=True))


def same_tensor(a: torch.Tensor, b: torch.Tensor) -> bool:
    """NaN equals NaN here: an input may hold one, and that is no difference."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    equal = a == b
    if a.is_floating_point() or a.is_complex():
        equal = equal | (torch.isnan(a) & torch.isnan(b))
    return bool(equal.all())


def first_difference(a: Any, b: Any) -> str:
    """Where two nests differ, for people."""
    for index, (x, y) in enumerate(zip(tensors(a), tensors(b), strict=False)):
        if not same_tensor(x, y):
            if x.shape != y.shape:
                return f"tensor {index}: shape {list(x.shape)} then {list(y.shape)}"
            return f"tensor {index}: {int((x != y).sum())} of {x.numel()} elements differ"
    return "a different number of tensors"


Alteration = Callable[[torch.Tensor], torch.Tensor]


def alterations() -> tuple[Alteration, ...]:
    """Ways to make other inputs where `get_inputs()` is constant; each keeps most domains."""
    return _scaled, _reordered, _lowered, _raised


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
