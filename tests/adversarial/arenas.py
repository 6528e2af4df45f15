"""Warm pools that programs are judged in, one for each tier and set of stages, shared by all tests of a session."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from concurrent.futures import Future

import pytest
from outside import wait_until_gone
from warm_pool import WarmPool

from validators.containment.layers import Containment, Layer, Tier
from validators.verdict import Judgement, Program, Settings, Stage

RUNNING = (Stage.CONTRACT, Stage.SHAPES, Stage.EAGER)
COMPILING = (*RUNNING, Stage.TRITON)

_UNPRIVILEGED = frozenset({Layer.NAMESPACES, Layer.PID_NAMESPACE})
#: layers to leave out for a machine to be of the tier
WITHOUT: dict[Tier, frozenset[Layer]] = {
    Tier.CONTAINED: frozenset(),
    Tier.CONFINED: _UNPRIVILEGED,
    Tier.GUARDED: _UNPRIVILEGED | {Layer.LANDLOCK, Layer.SECCOMP},
}
WORKERS = 4


class Arena(WarmPool):
    """One pool, in a thread of its own, and what it has been given."""

    def __init__(self, without: frozenset[Layer], stages: tuple[Stage, ...], seconds: float) -> None:
        # The seed is on the warm process's command line, which its forks have too: they can be found by it.
        self.seed = random.SystemRandom().randrange(1 << 30, 1 << 31)
        settings = Settings(validation_timeout=seconds, max_tensor_bytes=128 << 20, seed=self.seed, stages=stages)
        self._heavy = asyncio.Lock()
        self._futures: dict[str, Future[Judgement]] = {}
        super().__init__(WORKERS, settings, Containment(without, allow_unsafe=True))

    def submit(self, source: str, pattern: Sequence[str] = (), heavy: bool = False) -> Future[Judgement]:
        """Judge a program, once; `heavy` ones take memory and come one at a time."""
        if source not in self._futures:
            self._futures[source] = self.call(self._judge(Program(source, "Model", tuple(pattern)), heavy))
        return self._futures[source]

    async def _judge(self, program: Program, heavy: bool) -> Judgement:
        if not heavy:
            return await self.pool.judge(program)
        async with self._heavy:
            return await self.pool.judge(program)

    def left(self) -> list[int]:
        """What there is of the pool and of all programs after the end."""
        return wait_until_gone(f'"seed": {self.seed}')


class Arenas:
    """Arenas by tier and stages."""

    def __init__(self) -> None:
        self._made: dict[tuple[frozenset[Layer], tuple[Stage, ...], float], Arena] = {}

    def of(self, tier: Tier, stages: tuple[Stage, ...] = RUNNING, seconds: float = 10.0) -> Arena:
        """The arena of a tier; skips the test where the machine is of a lower one."""
        arena = self.without(WITHOUT[tier], stages, seconds)
        if arena.pool.tier is not tier:
            missing = {layer: cause for layer, cause in arena.pool.missing.items() if cause}
            pytest.skip(f"this machine is {arena.pool.tier}, not {tier}: {missing}")
        return arena

    def without(self, layers: frozenset[Layer], stages: tuple[Stage, ...] = RUNNING, seconds: float = 10.0) -> Arena:
        """The arena that leaves `layers` out."""
        key = (layers, stages, seconds)
        if key not in self._made:
            self._made[key] = Arena(layers, stages, seconds)
        return self._made[key]

    def close(self) -> None:
        """End all; nothing of them may be left."""
        for arena in self._made.values():
            arena.close()
        left = [pid for arena in self._made.values() for pid in arena.left()]
        assert not left, f"left running: {left}"
