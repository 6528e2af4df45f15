"""Stage LAUNCH: its comparison on CPU, with hand-written modules in the place of Triton's; the rest needs a GPU.

`pytest -m gpu` on a machine with one runs pairs there.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from programs import GOOD, PUBLISHED, PUBLISHED_TRITON

from operators import catalogue
from synth.synthesizer import write_program
from validators import launch, proving
from validators.loading import Refused
from validators.processes.pool import Pool
from validators.processes.program_side import Here, ProgramSide
from validators.proof.standing_in import stand_in
from validators.verdict import Program, Reason, Settings, Stage

MODULE = """
import torch
import torch.nn as nn

class ModelNew(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 5)

    def forward(self, x):
        return RESULT
"""


def launched(result: str) -> Reason | None:
    text = MODULE.replace("RESULT", result)
    asked = Program(GOOD, "Model")
    program_side = Here(ProgramSide(asked, Settings(), text))
    try:
        verdict = proving.check(program_side, Here(OnCpu(text)), asked, text, Settings(), Stage.LAUNCH)
    except Refused as refused:
        return refused.reason
    assert verdict.stage is Stage.LAUNCH and verdict.metrics["by"] == "cpu" and "kernels" not in verdict.metrics
    return None


class OnCpu:
    """`TextSide` on a machine whose device is the CPU."""

    def __init__(self, text: str) -> None:
        self._text = text

    def begin(self, told: dict[str, Any], seed: int) -> str:
        self._side = launch.LaunchedSide(stand_in("Model", told), self._text, seed, device="cpu")
        return self._side.by

    def prove(self, **draw: Any) -> dict[str, Any]:
        return self._side.prove(**draw)


RIGHT = "torch.clamp(x @ self.linear.weight.t() + self.linear.bias, min=0) + 1"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (RIGHT, None),
        (f"({RIGHT}) * 1.01", Reason.LAUNCH_MISMATCH),
        (f"torch.zeros_like({RIGHT})", Reason.LAUNCH_MISMATCH),
        (f"({RIGHT}).flip(0)", Reason.LAUNCH_MISMATCH),
        (f"({RIGHT}).double()", Reason.LAUNCH_MISMATCH),
        (f"({RIGHT})[:1]", Reason.LAUNCH_MISMATCH),
        (f"({RIGHT},)", Reason.LAUNCH_MISMATCH),
        (f"({RIGHT}) * float('nan')", Reason.LAUNCH_MISMATCH),
        ("x @ x", Reason.LAUNCH_ERROR),
    ],
)
def test_only_the_same_values_in_the_same_form_agree(result: str, expected: Reason | None) -> None:
    assert launched(result) is expected


def test_without_a_device_of_the_targets_kind_nothing_is_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "device_capability", lambda: None)
    with pytest.raises(launch.UnavailableError, match="no CUDA device"):
        launch.prepare("sm_80")
    monkeypatch.setattr(launch, "device_capability", lambda: "sm_90")
    with pytest.raises(launch.UnavailableError, match="sm_90, device_target is sm_80"):
        launch.prepare("sm_80")
    launch.prepare("sm_90")


def test_the_pool_asks_the_driver_and_goes_on_without_a_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\nexit 9\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def run() -> str:
        async with Pool(1, Settings(stages=(Stage.COMPILED,))) as pool:
            judgement = await pool.verify(Program(PUBLISHED, "Model"), PUBLISHED_TRITON)
            assert judgement.accepted and judgement.verdicts[-1].stage is Stage.COMPILED, judgement
            return pool.launching

    assert asyncio.run(run()) == "no: no CUDA device"


@pytest.mark.gpu
@pytest.mark.skipif(launch.device_capability() is None, reason="needs a CUDA device")
def test_pairs_agree_with_eager_on_the_device() -> None:
    names = [operator.name for operator in catalogue()]
    patterns = [[names[(7 * k + step) % len(names)] for step in (0, 61, 122)] for k in range(50)]
    programs = [
        Program(write_program(pattern, random.Random(k), "Model"), "Model", tuple(pattern))
        for k, pattern in enumerate(patterns)
    ]
    settings = Settings(device_target=launch.device_capability() or "")

    async def run() -> list[str]:
        async with Pool(4, settings) as pool:
            assert pool.launching == "yes"
            judgements = await asyncio.gather(*(pool.judge(p) for p in programs))
        return [str(j.failure) for j in judgements if j.failure is not None and j.failure.stage is Stage.LAUNCH]

    assert asyncio.run(run()) == []
    assert torch.version.cuda
