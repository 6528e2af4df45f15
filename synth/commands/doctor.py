"""`.doctor`: can this machine do the job?"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from synth.config import RULES, RunConfig
from synth.display.terminal import console, say
from synth.errors import DONE, FAILED, CommandError
from synth.files.rundir import DEFAULT_PARENT, RunDir
from synth.run.admission import versions
from synth.run.judging import PoolOpener, open_pool, settings_of
from validators.containment.layers import ADVICE, MEANING, Layer, Tier
from validators.verdict import Program, Settings

_KNOWN_GOOD = """\
import torch
import torch.nn as nn


class SelfTest(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)

    def forward(self, x, scale):
        y = torch.tanh(self.inner(self.norm(x)))
        return x + self.outer(y) * torch.sigmoid(scale)


def get_inputs():
    return [torch.randn(8, 24), torch.randn(8, 1)]


def get_init_inputs():
    return [24, 40], {}
"""
_WANTED_MIB_PER_WORKER = 2048  # a warm child plus a typical program with its compile


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Prints one line for each check; the exit code."""
    out = console()
    healthy = True

    def tell(ok: bool | None, what: str, finding: str) -> None:
        nonlocal healthy
        healthy = healthy and ok is not False
        word = {True: "ok", False: "FAIL", None: "note"}[ok]
        say(out, f"{word:5} {what:12} {finding}")

    tell(sys.version_info >= (3, 11), "python", sys.version.split()[0])
    for package, found in versions().items():
        tell(found != "not installed", package, found)
    _tell_memory(tell)
    gpu = Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists()
    tell(None, "device", "a GPU is present" if gpu else "no GPU; Triton code is written without one")
    try:
        existed = DEFAULT_PARENT.exists()
        probe = RunDir(DEFAULT_PARENT / ".doctor")
        probe.create()
        for folder in (probe.rejects, probe.inner, probe.root, *(() if existed else (DEFAULT_PARENT,))):
            folder.rmdir()
        tell(True, "outputs", f"{DEFAULT_PARENT.resolve()} can be written to")
    except (CommandError, OSError) as error:
        tell(False, "outputs", str(error))
    if given.get("self_test", True):
        config = replace(RunConfig(), **{key: value for key, value in given.items() if key in RULES})
        settings = replace(settings_of(config), allow_unsafe=True)  # what it finds is told here, not refused
        try:
            asyncio.run(_self_test(settings, out, tell, open_pool))
        except CommandError as error:
            tell(False, "validators", str(error))
    return DONE if healthy else FAILED


def _tell_memory(tell: Any) -> None:
    cores = len(os.sched_getaffinity(0))
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    fits = max(1, total // _WANTED_MIB_PER_WORKER)
    tell(True if fits >= cores else None, "machine", f"{cores} cores, {total} MiB memory, room for {fits} workers")


def _tell_tier(tell: Any, tier: Tier, missing: dict[Layer, str]) -> None:
    """What holds programs here, and what to do about what does not."""
    needs = " (allow_unsafe=true is needed to run)" if tier is Tier.GUARDED else ""
    tell(True if tier is Tier.CONTAINED else None, "tier", f"{tier}: {MEANING[tier]}{needs}")
    for layer, cause in missing.items():
        if cause:
            tell(None, layer.value, f"missing: {cause}; {ADVICE[layer]}")


async def _self_test(settings: Settings, out: Console, tell: Any, open_pool: PoolOpener) -> None:
    say(out, "      starting the validators ...")
    started = time.monotonic()
    async with open_pool(1, settings) as pool:
        tell(True, "validators", f"warm after {time.monotonic() - started:.1f} s")
        _tell_tier(tell, pool.tier, pool.missing)
        started = time.monotonic()
        judgement = await pool.judge(Program(_KNOWN_GOOD, "SelfTest"))
        for verdict in judgement.verdicts:
            finding = f"{verdict.cpu_seconds:.2f} cpu s" if verdict.ok else f"{verdict.reason}: {verdict.detail}"
            tell(verdict.ok, verdict.stage.value, finding)
        took = time.monotonic() - started
        kernels = len(judgement.pair.kernels) if judgement.pair else 0
        tell(None, "launch", f"pairs are run on the device against eager: {pool.launching}")
        tell(
            judgement.accepted,
            "self-test",
            f"{kernels} Triton kernels for {', '.join(settings.device_targets)} in {took:.1f} s",
        )
