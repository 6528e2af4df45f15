"""The command line and the environment of a warm process, inside bubblewrap where the machine lets it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from validators.containment import bubblewrap, view
from validators.containment.enter import Plan
from validators.containment.layers import Containment, Layer
from validators.verdict import Settings, Stage, settings_to_json

_PROJECT = Path(__file__).resolve().parents[2]
_OUTSIDE = "outside"


@dataclass(frozen=True)
class Start:
    """What to execute, with which environment, where."""

    arguments: list[str]
    environment: dict[str, str]
    directory: Path


def start(settings: Settings, containment: Containment, scratch: Path) -> Start:
    """How to start a warm process whose files go to `scratch`, or to bubblewrap's own.

    Takes as long as a bare Python needs to start, since it is tried whether bubblewrap works here.
    """
    readable = [*view.readable(_PROJECT), *map(Path, settings.fingerprints)]
    cuda = Stage.LAUNCH in settings.stages
    if Layer.NAMESPACES in containment.without:
        no_namespaces = "left out"
    else:
        no_namespaces = bubblewrap.why_not(readable, cuda)
    outside = scratch / _OUTSIDE  # no namespaces hide what they do not hide from themselves
    outside.write_text("not for programs")
    inside = scratch if no_namespaces else bubblewrap.SCRATCH
    plan = Plan(containment.without, tuple(map(str, readable)), str(outside), no_namespaces)
    given = json.dumps({"settings": settings_to_json(settings), "plan": plan.to_json()})
    arguments = [sys.executable, "-m", "validators.processes.template", given]
    if not no_namespaces:
        bwrap = bubblewrap.find()
        assert bwrap is not None, "why_not has found one"
        arguments = [*bubblewrap.command(bwrap, readable, cuda), *arguments]
    return Start(arguments, _environment(settings, inside), scratch)


def _environment(settings: Settings, scratch: Path) -> dict[str, str]:
    """An environment of its own: no keys to read, one thread (forking needs it), hashing that repeats itself."""
    names = ["PATH", "LD_LIBRARY_PATH", "LANG"]
    launching = Stage.LAUNCH in settings.stages
    keep = {key: os.environ[key] for key in names + ["CUDA_VISIBLE_DEVICES"] * launching if key in os.environ}
    # Code generation never touches a real device, so that the process stays safe to fork.
    hidden = {} if launching else {"CUDA_VISIBLE_DEVICES": ""}
    # Triton decides when it is imported whether kernels are compiled or interpreted.
    interpreted = {"TRITON_INTERPRET": "1"} if Stage.NUMERICS in settings.stages else {}
    return {
        **keep,
        **hidden,
        **interpreted,
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        "PYTHONPATH": str(_PROJECT),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "USER": "synth",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(scratch / "inductor"),
        "TRITON_CACHE_DIR": str(scratch / "triton"),
    }
