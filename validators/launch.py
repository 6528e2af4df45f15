"""Stage LAUNCH, the text's part: the emitted Triton module on a CUDA device.

What it is run on and what it is held against is `proving`'s to say, as in stage NUMERICS.  Only where the machine has a
device of the target's compute capability: a kernel compiled for another one does not load there.
"""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from validators.errors import describe, is_out_of_memory
from validators.loading import Loaded, Refused, map_tensors
from validators.proof import draws, emitted
from validators.verdict import Reason


class UnavailableError(Exception):
    """There is no device to launch on; the message says why."""


def device_capability() -> str | None:
    """`sm_90` and the like for the first CUDA device, found without initialising CUDA; None without one."""
    if torch.version.cuda is None:
        return None
    query = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    first = answer.strip().splitlines()[0].strip() if answer.strip() else ""
    return f"sm_{first.replace('.', '')}" if first else None


def prepare(device_target: str) -> None:
    """Import what every launch needs.  Raises UnavailableError where nothing can be launched."""
    found = device_capability()
    if found is None:
        raise UnavailableError("no CUDA device")
    if found != device_target:
        raise UnavailableError(f"the CUDA device is {found}, device_target is {device_target}")
    for name in ("torch._inductor.async_compile", "torch._inductor.select_algorithm", "triton.compiler"):
        importlib.import_module(name)


class LaunchedSide:
    """The emitted text, run on a device: `sides.EmittedSide` where there is one."""

    def __init__(self, told: Loaded, triton_code: str, seed: int, device: str = "cuda") -> None:
        """Execute the text and build its model from `seed`; `told` stands in for the program.  Raises Refused."""
        # Nothing may be rounded here that is not on CPU.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        self._device = device
        with _refusing(), torch.no_grad(), torch.device(device):
            module = emitted.execute(triton_code)
            torch.manual_seed(seed)
            args, kwargs = told.init_inputs()
            self._model: torch.nn.Module = getattr(module, f"{told.entry_point}New")(*args, **kwargs).eval()
            emitted.share_globals(module, told)

    @property
    def by(self) -> str:
        """What it runs on."""
        return torch.cuda.get_device_name(0) if self._device == "cuda" else self._device

    def prove(self, state: draws.State, inputs: list[Any], seed: int) -> dict[str, Any]:
        """Its output, back on CPU, and whether it drew random numbers.  Raises Refused."""
        drawn = torch.cuda.get_rng_state if self._device == "cuda" else torch.get_rng_state
        with _refusing(), torch.no_grad(), torch.device(self._device):
            draws.assign(self._model, state)
            torch.manual_seed(seed)
            before = drawn()
            output = self._model(*map_tensors(lambda t: t.to(self._device, copy=True), inputs))
            output = map_tensors(lambda t: t.detach().cpu(), output)  # waits for the device
            return {"output": output, "random": not torch.equal(before, drawn())}


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever the text raises, as a reason to turn it down."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.LAUNCH_ERROR
        raise Refused(reason, describe(error)) from error
