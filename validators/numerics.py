"""Stage NUMERICS: the emitted Triton module runs in Triton's interpreter on CPU, against eager.

The text is executed as it stands.  Parameters and inputs are drawn here (`draws`), the truth is eager in float64
(`double`), the tolerance is measured and its sharpness proved (`comparison`).

Two draws: what agrees by chance for one set of values does not for another; an output of the other draw is a wrong
output that looks right in every other way; and the first runs on the blocks and grids of the text where that is
affordable, the second on blocks of another size, so that a result that hangs on the grid shows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import triton
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from validators import codegen, comparison, double, draws
from validators.comparison import Expected, Mismatch
from validators.errors import describe, is_out_of_memory
from validators.fake import FakeMode
from validators.interpreter import kernels, memory, pair
from validators.loading import Loaded, Refused, map_tensors, tensors
from validators.verdict import Program, Reason, Settings, Stage, Verdict

#: How large the values of each draw are, relative to the program's own.  The last one is left out where the first two
#: took long.  (Three times: ten times as large, sums of products lose all they have in 2 of 60 right pairs.)
SCALES = (1.0, 1.0, 3.0)
LONG = 1 << 27  # lanes that kernels touched


@dataclass
class _Draw:
    """One set of values and what came of it."""

    seed: int
    state: draws.State
    inputs: list[Any]
    eager: Any
    triton: Any = None
    random: bool = False  # the Triton side drew random numbers
    double: Any = None
    agreement: comparison.Agreement | None = field(default=None)


def prepare(device_target: str) -> None:
    """Make this process one in which pairs can be proved.  Raises RuntimeError."""
    from validators import offline_cuda
    from validators.interpreter import setup

    setup.install()
    offline_cuda.install(device_target)
    torch.set_num_threads(1)


def check(loaded: Loaded, program: Program, triton_code: str, settings: Settings) -> Verdict:
    """Run `triton_code` and eager on the same values and compare.

    The Triton side has to be eager's up to rounding (see `comparison`).

    Metrics: `by`, `triton` (version), `draws`, `max_error` and `eager_error` (relative to the largest float64
    element), `tolerance_used` (share), `rejected` (the wrong outputs that were told apart), `kernels` (launches),
    `as_written` (those with the text's own blocks and grid), `programs` (of all grids), `slowest` (name and CPU
    seconds).  Raises Refused.
    """
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        seeds = [draws.seed_of(program.source, settings.seed, k) for k in range(len(SCALES))]
        model = built(loaded, seeds[0])
        memory.MEMORY.limit = int(settings.validation_timeout * memory.LANES_A_SECOND)
        made = run_triton(loaded, triton_code, _draws(model, loaded, seeds), seeds[0])
        _run_double(model, made)
        strides = _strides(loaded, made[0])
        for draw in made:
            draw.agreement = _compared(draw, strides)
        rejected = _sharpness(made)
    return Verdict(Stage.NUMERICS, True, metrics=_metrics(made, rejected))


def _draws(model: nn.Module, loaded: Loaded, seeds: list[int]) -> Iterator[_Draw]:
    for index, (seed, scale) in enumerate(zip(seeds, SCALES, strict=True)):
        if index < 2 or memory.MEMORY.lanes < LONG:
            yield drawn(model, loaded, seed, scale)


def built(loaded: Loaded, seed: int) -> nn.Module:
    """The program's model, made from `seed`."""
    torch.manual_seed(seed)
    model = loaded.build()
    lazy = [m for m in model.modules() if isinstance(m, LazyModuleMixin) and m.has_uninitialized_params()]
    if lazy:  # they learn their sizes in the first forward pass
        _eager(model, loaded.inputs(), seed)
    return model


def drawn(model: nn.Module, loaded: Loaded, seed: int, scale: float = 1.0) -> _Draw:
    """Values, `scale` times as large as the program's, and eager's output for them.

    Values of ours may leave the program's domain (a matrix that has to be positive definite); then the program's own
    function makes the inputs, from our seed.
    """
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    given = loaded.inputs()
    state, ours = draws.state(model, generator, scale), draws.inputs(given, generator, scale)
    draws.assign(model, state)
    try:
        output = _eager(model, ours, seed)
        if all(bool(torch.isfinite(t).all()) for t in tensors(output) if t.is_floating_point()):
            return _Draw(seed, state, ours, output)
    except Refused as refused:
        if refused.reason is Reason.OUT_OF_MEMORY:
            raise
    if scale != 1:
        return drawn(model, loaded, seed)
    draws.assign(model, state)
    return _Draw(seed, state, given, _eager(model, given, seed))


def _eager(model: nn.Module, inputs: list[Any], seed: int) -> Any:
    torch.manual_seed(seed)
    try:
        return model(*map_tensors(torch.clone, inputs))
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.FORWARD_ERROR
        raise Refused(reason, describe(error)) from error


def run_triton(loaded: Loaded, triton_code: str, made: Iterable[_Draw], seed: int) -> list[_Draw]:
    """The draws, each with what the text returns for it; the model is built from `seed`.  Raises Refused."""
    done: list[_Draw] = []
    try:
        module = pair.execute(triton_code)
        torch.manual_seed(seed)
        model = pair.build(module, loaded)
        pair.share_globals(module, loaded)
        for draw in made:
            draws.assign(model, draw.state)
            torch.manual_seed(draw.seed)
            before = torch.get_rng_state()
            draw.triton = pair.run(model, map_tensors(torch.clone, draw.inputs), split=bool(done))
            draw.random = not torch.equal(before, torch.get_rng_state())
            done.append(draw)
        return done
    except Refused:
        raise
    except (memory.TooLarge, NotImplementedError) as error:
        raise Refused(Reason.NOT_INTERPRETED, describe(error)) from error
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.NUMERIC_ERROR
        raise Refused(reason, describe(error)) from error


def _run_double(model: nn.Module, made: list[_Draw]) -> None:
    model.double()
    for draw in made:
        draws.assign(model, draw.state)
        torch.manual_seed(draw.seed)
        try:
            draw.double = double.run(model, draw.inputs)
        except Exception as error:
            reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.NOT_INTERPRETED
            raise Refused(reason, f"eager in float64: {describe(error)}") from error


def _strides(loaded: Loaded, draw: _Draw) -> list[tuple[int, ...]]:
    """The strides eager gives its outputs: those seen here, or those on the device where Triton's differ.

    Attention and convolutions lay their results out otherwise on CUDA.  Fake tensors say how, at a cost.
    """
    here, got = list(tensors(draw.eager)), list(tensors(draw.triton))
    strides = [t.stride() for t in here]
    if len(here) != len(got) or all(map(comparison.same_strides, got, strides)):
        return strides
    try:
        with FakeMode():
            with torch.device("cuda"):
                model, inputs, _ = codegen.on_fake_cuda(loaded)
            return [t.stride() for t in tensors(model(*inputs))]
    except Exception:  # the program makes CPU tensors on its way, or something fake tensors cannot do
        return strides


def _compared(draw: _Draw, strides: list[tuple[int, ...]]) -> comparison.Agreement:
    try:
        return comparison.compare(Expected(draw.eager, draw.double), draw.triton, strides)
    except Mismatch as mismatch:
        if draw.random:
            # Inductor gives each operator a seed and each element an offset; eager takes one number after another.
            raise Refused(
                Reason.NOT_INTERPRETED, "its kernels draw random numbers that eager cannot repeat"
            ) from mismatch
        raise Refused(Reason.NUMERIC_MISMATCH, str(mismatch)) from mismatch


def _sharpness(made: list[_Draw]) -> list[str]:
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


def _metrics(made: list[_Draw], rejected: list[str]) -> dict[str, Any]:
    agreements = [draw.agreement for draw in made if draw.agreement is not None]
    activity = kernels.ACTIVITY
    slowest = max(activity.seconds.items(), key=lambda item: item[1], default=("", 0.0))
    return {
        "by": "interpreter",
        "triton": triton.__version__,
        "draws": len(made),
        "max_error": max(a.error for a in agreements),
        "eager_error": max(a.eager_error for a in agreements),
        "tolerance_used": max(a.allowed for a in agreements),
        "rejected": rejected,
        "kernels": activity.launches,
        "as_written": activity.as_written,
        "programs": activity.programs,
        "slowest": [slowest[0], round(slowest[1], 4)],
    }
