"""A validator pool, a provider and an operator catalogue without torch: quick, and a pure function of the text."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from io import StringIO
from itertools import pairwise
from typing import ClassVar

from rich.console import Console

from synth.config import RunConfig
from synth.errors import CommandError
from synth.providers import About, Answer, Choice, Provider, Request
from synth.run import session
from synth.sampling import OperatorSets
from validators.containment.layers import Layer, Tier
from validators.verdict import Judgement, Pair, Program, Reason, Settings, Stage, Verdict

SETS = OperatorSets(("Conv2d", "Linear"), ("Embedding",), ("ReLU", "GELU", "Sum", "MaxPool2d"))


@dataclass
class Worker:
    index: int
    label: str = ""
    stage: str = ""
    since: float = 0.0


class FakePool:
    """Judges by hash: about one in eight fails, and signatures repeat now and then."""

    launching = "no: a fake pool"
    tier = Tier.CONTAINED
    missing: ClassVar[dict[Layer, str]] = {}

    def __init__(self, num_worker: int, settings: Settings, slow: float = 0.004, die_after: int | None = None) -> None:
        self.workers = [Worker(number) for number in range(num_worker)]
        self.settings, self.slow, self.die_after = settings, slow, die_after
        self.judged = self.now = self.most = 0

    async def judge(self, program: Program) -> Judgement:
        digest = blake2b(program.source.encode()).digest()
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.slow * digest[3] / 128)
        finally:
            self.now -= 1
        self.judged += 1
        if self.die_after is not None and self.judged > self.die_after:
            raise CommandError("the template process died; everything judged is kept.")
        contract = Verdict(Stage.CONTRACT, True, cpu_seconds=0.01)
        similarity = Verdict(Stage.SIMILARITY, True, metrics={"source_hash": digest[:8].hex()})
        if digest[0] < 32:
            failed = Verdict(Stage.EAGER, False, Reason.NON_FINITE, "output 0 holds NaN", cpu_seconds=0.1)
            return Judgement((contract, similarity, failed))
        ran = {"order": list(program.pattern), "pairs": [list(pair) for pair in pairwise(program.pattern)]}
        seen = {"inputs": ["float32[2, 3]"], "outputs": ["float32[2, 3]"], "parameters": 0, **ran}
        eager = Verdict(Stage.EAGER, True, metrics={"signature": str(digest[1] % 128), **seen}, cpu_seconds=0.1)
        triton = Verdict(Stage.TRITON, True, cpu_seconds=0.5)
        pair = Pair(f"# {program.entry_point}New\n", "# as written\n", ("triton_poi_0",), "sm_80", {"n": digest[2]})
        return Judgement((contract, similarity, eager, triton), pair)

    async def verify(self, program: Program, triton_code: str) -> Judgement:
        """Proves what does not say that it is wrong."""
        compiled = Verdict(Stage.COMPILED, True, cpu_seconds=0.25)
        if "wrong" in triton_code:
            failed = Verdict(Stage.NUMERICS, False, Reason.NUMERIC_MISMATCH, "off by\none", cpu_seconds=0.5)
            return Judgement((compiled, failed))
        evidence = {"compiled": {target: {} for target in self.settings.device_targets}, "numerics": {"draws": 2}}
        pair = Pair(triton_code, "", (), self.settings.device_target, evidence)
        return Judgement((compiled, Verdict(Stage.NUMERICS, True, cpu_seconds=0.5)), pair)


class FakeProvider:
    """Writes a program that differs by sample and attempt."""

    about = About("fake")

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    async def answer(self, request: Request) -> Answer:
        self.asked.append((request.sample, request.attempt))
        await asyncio.sleep(0)
        if (request.sample + request.attempt) % 17 == 0:
            return Answer("I would rather not.")
        return Answer(program_text(f"{request.sample}-{request.attempt}"))

    async def aclose(self) -> None:
        """There is nothing to end."""


def program_text(comment: str = "", name: str = "Model") -> str:
    return (
        f"```python\nimport torch.nn as nn\n\n\nclass {name}(nn.Module):  # {comment}\n"
        "    def forward(self, x):\n        return x\n\n\n"
        "def get_inputs():\n    return []\n\n\ndef get_init_inputs():\n    return [], {}\n```\n"
    )


def run_fake(config: RunConfig, provider: Provider | Choice | None = None, **pool_options: object) -> tuple[int, str]:
    """One run with everything faked; exit code and output."""
    out = StringIO()

    @asynccontextmanager
    async def open_pool(num_worker: int, settings: Settings):
        yield FakePool(num_worker, settings, **pool_options)

    console = Console(file=out, width=130)
    who = provider or FakeProvider()
    choice = who if isinstance(who, Choice) else Choice((who,), (1.0,))
    code = session.run_parallel(config, console, open_pool, SETS, choice)
    return code, out.getvalue()
