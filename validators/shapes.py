"""Stage SHAPES: the whole program on fake tensors, so that nothing large is ever allocated.

Finds shape and dtype errors, and the bytes of tensors alive at once, before a single real tensor is made.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from validators.errors import describe, is_out_of_memory
from validators.fake import FakeMode, is_fake_only
from validators.loading import Loaded, Refused, tensors
from validators.verdict import Reason, Settings, Stage, Verdict


class _PeakBytes(TorchDispatchMode):
    """Counts the bytes of storages that are alive, and stops at a limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.alive: dict[int, int] = {}
        self.now = 0
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        for tensor in tensors(output):
            self._add(tensor)
        return output

    def _add(self, tensor: torch.Tensor) -> None:
        if tensor.layout != torch.strided:
            return
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self.alive:
            return
        size = storage.nbytes()
        self.alive[key] = size
        weakref.finalize(storage, self._drop, key)
        self.now += size
        self.peak = max(self.peak, self.now)
        if self.peak > self.limit:
            raise Refused(
                Reason.TOO_LARGE,
                f"at least {self.peak} bytes of tensors alive at once, max_tensor_bytes is {self.limit}",
            )

    def _drop(self, key: int) -> None:
        self.now -= self.alive.pop(key, 0)


def check(loaded: Loaded, settings: Settings) -> Verdict:
    """Run constructor, inputs and forward on fake tensors.

    Metrics: `peak_bytes` (tensors alive at once), `inputs` and `outputs` as `dtype[shape]`; or `skipped` with the
    reason when the program needs real values, which the eager stage then judges.
    """
    peak = _PeakBytes(settings.max_tensor_bytes)
    try:
        with FakeMode(), peak, torch.no_grad():
            model = loaded.build()
            inputs = loaded.inputs()
            try:
                output = model(*inputs)
            except Refused:
                raise
            except Exception as error:
                if is_fake_only(error):
                    raise
                raise Refused(_reason(error), describe(error)) from error
    except Refused:
        raise
    except Exception as error:
        return Verdict(Stage.SHAPES, True, metrics={"skipped": describe(error, 200)})
    return Verdict(
        Stage.SHAPES,
        True,
        metrics={"peak_bytes": peak.peak, "inputs": shape_list(inputs), "outputs": shape_list(output)},
    )


def shape_list(value: Any) -> list[str]:
    """`["float32[2, 3]", ...]` for every tensor in a nest."""
    return [f"{str(t.dtype).removeprefix('torch.')}{list(t.shape)}" for t in tensors(value)]


def _reason(error: Exception) -> Reason:
    if is_out_of_memory(error):
        return Reason.OUT_OF_MEMORY
    # torch reports sizes and dtypes that do not fit as one of these; the rest is Python going wrong.
    return Reason.SHAPE_ERROR if isinstance(error, RuntimeError | ValueError | IndexError) else Reason.FORWARD_ERROR
