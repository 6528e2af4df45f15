"""Running the two sides of a pair on CPU: eager, and the emitted Triton text in Triton's interpreter.

What they are run on, and whether they agree, is `proving`'s to say, in a process that runs neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from validators import draws
from validators.errors import describe, is_out_of_memory
from validators.interpreter import memory, pair
from validators.loading import Loaded, Refused, map_tensors
from validators.verdict import Reason


@dataclass
class Run:
    """One set of values, and what the Triton side made of it."""

    seed: int
    state: draws.State
    inputs: list[Any]
    triton: Any = None
    random: bool = False  # the Triton side drew random numbers


def prepare(device_target: str) -> None:
    """Make this process one in which pairs can be proved.  Raises RuntimeError."""
    from validators import offline_cuda
    from validators.interpreter import setup

    setup.install()
    offline_cuda.install(device_target)
    torch.set_num_threads(1)


def built(loaded: Loaded, seed: int) -> nn.Module:
    """The program's model, made from `seed`."""
    torch.manual_seed(seed)
    model = loaded.build()
    lazy = [m for m in model.modules() if isinstance(m, LazyModuleMixin) and m.has_uninitialized_params()]
    if lazy:  # they learn their sizes in the first forward pass
        eager(model, loaded.inputs(), seed)
    return model


def eager(model: nn.Module, inputs: list[Any], seed: int) -> Any:
    """What the model returns.  Raises Refused."""
    torch.manual_seed(seed)
    try:
        return model(*map_tensors(torch.clone, inputs))
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.FORWARD_ERROR
        raise Refused(reason, describe(error)) from error


def run_triton(loaded: Loaded, triton_code: str, made: list[Run]) -> None:
    """Run the text on each draw and keep what it returns there.  Raises Refused."""
    try:
        module = pair.execute(triton_code)
        torch.manual_seed(made[0].seed)
        model = pair.build(module, loaded)
        pair.share_globals(module, loaded)
        for index, draw in enumerate(made):
            draws.assign(model, draw.state)
            torch.manual_seed(draw.seed)
            before = torch.get_rng_state()
            draw.triton = pair.run(model, map_tensors(torch.clone, draw.inputs), split=index > 0)
            draw.random = not torch.equal(before, torch.get_rng_state())
    except Refused:
        raise
    except (memory.TooLarge, NotImplementedError) as error:
        raise Refused(Reason.NOT_INTERPRETED, describe(error)) from error
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.NUMERIC_ERROR
        raise Refused(reason, describe(error)) from error
