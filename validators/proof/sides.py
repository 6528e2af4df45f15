"""The two processes of stage NUMERICS that execute something: eager in one, the emitted text in the other.

Each gets the values that the judge drew and gives back tensors.  They share no memory, no file and no pipe.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch

from validators import codegen
from validators.fake import FakeMode
from validators.loading import Loaded, map_tensors, tensors
from validators.proof import double, draws, numerics
from validators.proof.interpreter import kernels, memory


class EagerSide:
    """The program, run as PyTorch runs it."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._wide = False

    def describe(self, seed: int) -> dict[str, Any]:
        """What values can be drawn for, and what the class is made of.  Raises Refused.

        `held` lists name, whether it is a parameter, and which of `tensors` it is.
        """
        with _quiet():
            self._model = numerics.built(self._loaded, seed)
            held = list(draws.held(self._model))
            places: dict[int, int] = {}
            for _, tensor, _ in held:
                places.setdefault(id(tensor), len(places))
            args, kwargs = self._loaded.init_inputs()
        return {
            "held": [[name, parameter, places[id(tensor)]] for name, tensor, parameter in held],
            "tensors": list({id(tensor): tensor.detach() for _, tensor, _ in held}.values()),
            "args": list(args),
            "kwargs": kwargs,
            "globals": {k: v for k, v in vars(self._loaded.namespace).items() if isinstance(v, torch.Tensor)},
        }

    def given(self, seed: int) -> list[Any]:
        """The program's own inputs.  Raises Refused."""
        with _quiet():
            torch.manual_seed(seed)
            return self._loaded.inputs()

    def eager(self, state: draws.State, inputs: list[Any], seed: int) -> Any:
        """Its output.  Raises Refused."""
        with _quiet():
            draws.assign(self._model, state)
            return numerics.eager(self._model, inputs, seed)

    def double(self, state: draws.State, inputs: list[Any], seed: int) -> Any:
        """Its output in float64; from then on the model stays in float64."""
        with _quiet():
            if not self._wide:
                self._model.double()
                self._wide = True
            draws.assign(self._model, state)
            torch.manual_seed(seed)
            return double.run(self._model, inputs)

    def strides(self) -> list[list[int]] | None:
        """The strides of its outputs on the device, from fake tensors; None where they cannot say."""
        try:
            with _quiet(), FakeMode():
                with torch.device("cuda"):
                    model, inputs, _ = codegen.on_fake_cuda(self._loaded)
                return [list(t.stride()) for t in tensors(model(*inputs))]
        except Exception:  # the program makes CPU tensors on its way, or something fake tensors cannot do
            return None


class EmittedSide:
    """The emitted text, run in Triton's interpreter.

    `told` stands in for the program; `lanes` is how many elements the kernels may touch (`memory.LANES_A_SECOND`).
    """

    def __init__(self, told: Loaded, triton_code: str, seed: int, lanes: int) -> None:
        """Raises Refused."""
        memory.MEMORY.limit = lanes
        with _quiet():
            self._emitted = numerics.Emitted(told, triton_code, seed)

    by = "interpreter"

    def prove(self, state: draws.State, inputs: list[Any], seed: int) -> dict[str, Any]:
        """Its output, whether it drew random numbers, and what its kernels have done so far.  Raises Refused."""
        with _quiet():
            output, random = self._emitted.run(state, inputs, seed)
        activity = kernels.ACTIVITY
        slowest = max(activity.seconds.items(), key=lambda item: item[1], default=("", 0.0))
        return {
            "output": map_tensors(torch.Tensor.detach, output),
            "random": random,
            "lanes": memory.MEMORY.lanes,
            "kernels": activity.launches,
            "as_written": activity.as_written,
            "programs": activity.programs,
            "slowest": [slowest[0], round(slowest[1], 4)],
        }


class _quiet:  # noqa: N801 - reads as the statement it is
    """No warnings, no gradients."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")
        self._gradients = torch.no_grad()
        self._gradients.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._gradients.__exit__(*error)
        self._warnings.__exit__(*error)
