"""Stage LAUNCH: the emitted Triton module runs on a CUDA device, against eager on the same device.

Only where the machine has a device of the target's compute capability: a kernel compiled for another one does not
load there.
"""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from validators.errors import describe, is_out_of_memory
from validators.loading import Loaded, Refused, map_tensors, tensors
from validators.verdict import Reason, Settings, Stage, Verdict

# Reductions run in another order in the kernels than in eager; both are float32 at heart.
RELATIVE_TOLERANCE = 1e-3
ABSOLUTE_TOLERANCE = 1e-4
# Half precision keeps 8 or 11 bits of mantissa.
HALF_TOLERANCE = 2e-2


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


def check(loaded: Loaded, triton_code: str, settings: Settings, device: str = "cuda") -> Verdict:
    """Build both modules with the same parameters on `device`, run both on the same inputs, compare.

    Metrics: `device`, `max_abs_error`, `max_abs_output`.  Raises Refused.
    """
    # Eager must not round where the kernels do not.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    with torch.no_grad(), torch.device(device):
        torch.manual_seed(settings.seed)
        model = loaded.build()
        torch.manual_seed(settings.seed + 1)
        inputs = map_tensors(lambda t: t.to(device), loaded.inputs())
        expected = _run(lambda: model(*map_tensors(torch.clone, inputs)), Reason.FORWARD_ERROR)
        torch.manual_seed(settings.seed)
        actual = _run(lambda: _build(loaded, triton_code, model)(*inputs), Reason.LAUNCH_ERROR)
    metrics = _compare(expected, actual)  # reads the results, which waits for the device
    name = torch.cuda.get_device_name(0) if device == "cuda" else device
    return Verdict(Stage.LAUNCH, True, metrics={"device": name, **metrics})


def _build(loaded: Loaded, triton_code: str, model: torch.nn.Module) -> torch.nn.Module:
    path = Path.cwd() / "pair.py"
    path.write_text(triton_code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("synth_pair", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["synth_pair"] = module
    spec.loader.exec_module(module)
    args, kwargs = loaded.init_inputs()
    built = getattr(module, f"{loaded.entry_point}New")(*args, **kwargs).eval()
    built.load_state_dict(model.state_dict())
    return built


def _run(function: Any, reason: Reason) -> Any:
    try:
        return function()
    except Refused:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            reason = Reason.OUT_OF_MEMORY
        raise Refused(reason, describe(error)) from error


def _compare(expected: Any, actual: Any) -> dict[str, float]:
    if _structure(expected) != _structure(actual):
        raise Refused(Reason.LAUNCH_MISMATCH, f"eager returns {_structure(expected)}, Triton {_structure(actual)}")
    worst, largest = 0.0, 0.0
    for index, (want, got) in enumerate(zip(tensors(expected), tensors(actual), strict=True)):
        if want.dtype != got.dtype or want.shape != got.shape:
            detail = f"output {index}: {want.dtype}{list(want.shape)} and {got.dtype}{list(got.shape)}"
            raise Refused(Reason.LAUNCH_MISMATCH, detail)
        if not want.numel():
            continue
        half = want.dtype in (torch.float16, torch.bfloat16)
        want, got = want.double(), got.double()
        scale = float(want.abs().max())
        error = float((want - got).abs().max())
        relative = HALF_TOLERANCE if half else RELATIVE_TOLERANCE
        if not torch.allclose(want, got, rtol=relative, atol=ABSOLUTE_TOLERANCE + relative * scale, equal_nan=True):
            raise Refused(Reason.LAUNCH_MISMATCH, f"output {index}: largest difference {error:.3g} of {scale:.3g}")
        worst, largest = max(worst, error), max(largest, scale)
    return {"max_abs_error": worst, "max_abs_output": largest}


def _structure(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return "tensor"
    if isinstance(value, dict):
        return {key: _structure(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(_structure(item) for item in value)]
    return repr(value)
