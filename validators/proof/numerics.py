"""Running the two sides of a pair on CPU: eager, and the emitted Triton text in Triton's interpreter.

What they are run on, and whether they agree, is `proving`'s to say, in a process that runs neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from validators.errors import describe, is_out_of_memory
from validators.loading import Loaded, Refused, duplicate, map_tensors
from validators.proof import draws, emitted
from validators.proof.interpreter import memory, pair
from validators.verdict import Reason


def prepare(device_target: str) -> None:
    """Make this process one in which pairs can be proved.  Raises RuntimeError."""
    from validators.inductor import offline_cuda
    from validators.proof.interpreter import setup

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
        return model(*map_tensors(duplicate, inputs))
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.FORWARD_ERROR
        raise Refused(reason, describe(error)) from error


class Emitted:
    """The emitted text as a live model, to be run on one set of values after another.

    The first run is on the blocks and grids of the text where that is affordable, those after it on blocks of another
    size.
    """

    def __init__(self, loaded: Loaded, triton_code: str, seed: int) -> None:
        """Execute the text, and build its model from `seed`.  Raises Refused."""
        self._runs = 0
        with _refusing():
            module = pair.execute(triton_code)
            torch.manual_seed(seed)
            self._model = pair.build(module, loaded)
            emitted.share_globals(module, loaded)

    def run(self, state: draws.State, inputs: list[Any], seed: int) -> tuple[Any, bool]:
        """Its output for these values, and whether it drew random numbers.  Raises Refused."""
        with _refusing():
            draws.assign(self._model, state)
            torch.manual_seed(seed)
            before = torch.get_rng_state()
            output = pair.run(self._model, map_tensors(duplicate, inputs), split=bool(self._runs))
            self._runs += 1
            return output, not torch.equal(before, torch.get_rng_state())


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever the text raises, as a reason to turn it down."""
    try:
        yield
    except Refused:
        raise
    except (memory.TooLarge, NotImplementedError) as error:
        raise Refused(Reason.NOT_INTERPRETED, describe(error)) from error
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.NUMERIC_ERROR
        raise Refused(reason, describe(error)) from error
