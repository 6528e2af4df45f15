"""Stages NUMERICS and LAUNCH, the judge's part: whether the emitted Triton module computes what the program computes.

The program runs in one process, the emitted text in another, on values that this one draws (`draws`); the truth is
eager in float64 (`double`), the tolerance is measured and its sharpness proved (`comparison`).  The values follow from
program, text and run: neither was written knowing them.

Two draws: what agrees by chance for one set of values does not for another; an output of the other draw is a wrong
output that looks right in every other way; and the first runs on the blocks and grids of the text where that is
affordable, the second on blocks of another size, so that a result that hangs on the grid shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
import triton

from validators.loading import Refused, tensors
from validators.processes.remote import RemoteError
from validators.processes.wire import Opaque, WireError
from validators.proof import comparison, draws
from validators.proof.comparison import Expected, Mismatch
from validators.verdict import Program, Reason, Settings, Stage, Verdict

#: How large the values of each draw are, relative to the program's own.  The last one is left out where the first two
#: took long.  (Three times: ten times as large, sums of products lose all they have in 2 of 60 right pairs.)
SCALES = (1.0, 1.0, 3.0)
LONG = 1 << 27  # lanes that kernels touched


class Side(Protocol):
    """A process that executes the program, or the text; see `proof.sides`."""

    def ask(self, what: str, **arguments: Any) -> Any:
        """The answer to a question."""


@dataclass
class Draw:
    """One set of values and what came of it."""

    seed: int
    state: draws.State
    inputs: list[Any]
    eager: Any
    triton: Any = None
    random: bool = False  # the Triton side drew random numbers
    double: Any = None
    agreement: comparison.Agreement | None = field(default=None)

    @property
    def values(self) -> dict[str, Any]:
        """What a side is given."""
        return {"state": self.state, "inputs": self.inputs, "seed": self.seed}


def check(
    program_side: Side, text_side: Side, program: Program, triton_code: str, settings: Settings, stage: Stage
) -> Verdict:
    """Run `triton_code` and eager on the same values and compare.

    The Triton side has to be eager's up to rounding (see `comparison`).

    Metrics: `by` (the interpreter, or the device's name), `triton` (version), `draws`, `max_error` and `eager_error`
    (relative to the largest float64 element), `tolerance_used` (share), `rejected` (the wrong outputs that were told
    apart); in NUMERICS also `kernels` (launches), `as_written` (those with the text's own blocks and grid), `programs`
    (of all grids), `slowest` (name and CPU seconds).  Raises Refused.
    """
    seeds = [draws.seed_of(f"{program.source}\n{triton_code}", settings.seed, k) for k in range(len(SCALES))]
    told = program_side.ask("describe", seed=seeds[0])
    known = {"args": told["args"], "kwargs": told["kwargs"], "tensors": told["globals"]}
    refuse_what_is_no_data(known)
    by = text_side.ask("begin", told=known, seed=seeds[0])
    if type(by) is not str or len(by) > 100:
        raise WireError("what a text runs on has no name")
    made: list[Draw] = []
    activity: dict[str, Any] = {"lanes": 0}
    for seed, scale in zip(seeds, SCALES, strict=True):
        if len(made) < 2 or activity["lanes"] < LONG:
            draw = drawn(program_side, told, seed, scale)
            activity = _run_text(text_side, draw, stage)
            made.append(draw)
    for draw in made:
        draw.double = _double(program_side, draw)
    strides = _strides(program_side, made[0])
    for draw in made:
        draw.agreement = _compared(draw, strides, stage)
    rejected = _sharpness(made)
    return Verdict(stage, True, metrics=_metrics(by, made, rejected, activity))


def drawn(program_side: Side, told: dict[str, Any], seed: int, scale: float = 1.0) -> Draw:
    """Values, `scale` times as large as the program's, and eager's output for them.

    Values of ours may leave the program's domain (a matrix that has to be positive definite); then the program's own
    function makes the inputs, from our seed.
    """
    given = program_side.ask("given", seed=seed)
    generator = torch.Generator().manual_seed(seed)
    try:
        own = [(name, told["tensors"][place], parameter) for name, parameter, place in told["held"]]
        state, ours = draws.state(own, generator, scale), draws.inputs(given, generator, scale)
    except (TypeError, ValueError, IndexError) as error:
        raise WireError(f"{type(error).__name__} in a description") from error
    try:
        output = program_side.ask("eager", state=state, inputs=ours, seed=seed)
        if all(bool(torch.isfinite(t).all()) for t in tensors(output) if t.is_floating_point()):
            return Draw(seed, state, ours, output)
    except Refused as refused:
        if refused.reason is Reason.OUT_OF_MEMORY:
            raise
    if scale != 1:
        return drawn(program_side, told, seed)
    return Draw(seed, state, given, program_side.ask("eager", state=state, inputs=given, seed=seed))


def _run_text(text_side: Side, draw: Draw, stage: Stage) -> dict[str, Any]:
    """Let the text run on the draw and keep what it returns; what its kernels have done so far.  Raises Refused."""
    refuse_what_is_no_data(draw.values)
    found = text_side.ask("prove", **draw.values)
    try:
        draw.triton, draw.random = found["output"], bool(found["random"])
        if stage is Stage.LAUNCH:
            return {"lanes": 0}
        name, seconds = found["slowest"]
        counts = {key: _count(found[key]) for key in ("lanes", "kernels", "as_written", "programs")}
        return {**counts, "slowest": [str(name), float(seconds)]}
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"{type(error).__name__} in a text's results") from error


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("no count")
    return value


def refuse_what_is_no_data(value: Any) -> None:
    """What only the program's process can have keeps its text from being run in another.  Raises Refused."""
    if odd := _opaque(value):
        raise Refused(Reason.NOT_INTERPRETED, f"it is made of, or called with, something that is no data: {odd}")


def _opaque(value: Any) -> str:
    """The first thing in `value` that its owner keeps, if there is one."""
    if isinstance(value, Opaque):
        return repr(value)
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        return next(filter(None, map(_opaque, value)), "")
    return ""


def _double(program_side: Side, draw: Draw) -> Any:
    try:
        return program_side.ask("double", **draw.values)
    except RemoteError as error:
        reason = Reason.OUT_OF_MEMORY if error.out_of_memory else Reason.NOT_INTERPRETED
        raise Refused(reason, f"eager in float64: {error}") from error


def _strides(program_side: Side, draw: Draw) -> list[tuple[int, ...]]:
    """The strides eager gives its outputs: those seen here, or those on the device where Triton's differ.

    Attention and convolutions lay their results out otherwise on CUDA.  Fake tensors say how, at a cost.
    """
    here, got = list(tensors(draw.eager)), list(tensors(draw.triton))
    strides = [t.stride() for t in here]
    if len(here) != len(got) or all(map(comparison.same_strides, got, strides)):
        return strides
    there = program_side.ask("strides")
    if there is None or len(there) != len(strides):
        return strides
    return [tuple(stride) for stride in there]


def _compared(draw: Draw, strides: list[tuple[int, ...]], stage: Stage) -> comparison.Agreement:
    try:
        return comparison.compare(Expected(draw.eager, draw.double), draw.triton, strides)
    except Mismatch as mismatch:
        if draw.random:
            # Inductor gives each operator a seed and each element an offset; eager takes one number after another.
            raise Refused(
                Reason.NOT_INTERPRETED, "its kernels draw random numbers that eager cannot repeat"
            ) from mismatch
        reason = Reason.LAUNCH_MISMATCH if stage is Stage.LAUNCH else Reason.NUMERIC_MISMATCH
        raise Refused(reason, str(mismatch)) from mismatch


def _sharpness(made: list[Draw]) -> list[str]:
    """The wrong outputs that the comparison rejects.  Raises Refused(NOT_DISCRIMINATIVE) for one that it accepts."""
    first, second = made[0], made[1]
    expected = Expected(first.eager, first.double)
    rejected: list[str] = []
    for name, wrong in comparison.wrong_outputs(expected, first.inputs, second.eager, first.seed):
        try:
            comparison.compare(expected, wrong)
        except Mismatch:
            rejected.append(name)
        else:
            raise Refused(Reason.NOT_DISCRIMINATIVE, f"{name} would pass for the output")
    return rejected


def _metrics(by: str, made: list[Draw], rejected: list[str], activity: dict[str, Any]) -> dict[str, Any]:
    agreements = [draw.agreement for draw in made if draw.agreement is not None]
    return {
        "by": by,
        "triton": triton.__version__,
        "draws": len(made),
        "max_error": max(a.error for a in agreements),
        "eager_error": max(a.eager_error for a in agreements),
        "tolerance_used": max(a.allowed for a in agreements),
        "rejected": rejected,
        **{key: value for key, value in activity.items() if key != "lanes"},
    }
