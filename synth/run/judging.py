"""The one place where the product process meets the validator pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from synth.config import RunConfig
from synth.display.progress import WorkerState
from synth.errors import CommandError, UsageError
from validators.containment.layers import Layer, Tier
from validators.contamination import packs
from validators.verdict import Judgement, Program, Settings, Stage


class JudgingPool(Protocol):
    """What the orchestrator needs of a validator pool."""

    @property
    def workers(self) -> Sequence[WorkerState]:
        """The state of each worker."""
        ...

    @property
    def launching(self) -> str:
        """Whether pairs are launched on a CUDA device: "yes", or why not."""
        ...

    @property
    def tier(self) -> Tier:
        """How programs are held."""
        ...

    @property
    def missing(self) -> dict[Layer, str]:
        """For each layer of containment why it does not hold; empty where it does."""
        ...

    async def judge(self, program: Program) -> Judgement:
        """All stages on one program."""
        ...

    async def verify(self, program: Program, triton_code: str) -> Judgement:
        """The stages that prove a pair, on one that is there already."""
        ...


#: the stages that `prove=false` leaves out
PROOFS = (Stage.COMPILED, Stage.NUMERICS)
#: how commands get a pool; tests hand in one that judges without torch
PoolOpener = Callable[[int, Settings], AbstractAsyncContextManager[JudgingPool]]


@asynccontextmanager
async def open_pool(num_worker: int, settings: Settings) -> AsyncIterator[JudgingPool]:
    """A started validator pool; its failures end the command with one line."""
    from validators.processes.pool import Pool, PoolError

    try:
        async with Pool(num_worker, settings) as pool:
            yield pool
    except PoolError as error:
        raise CommandError(f"validator pool: {error}; everything judged so far is kept.") from error


def settings_of(config: RunConfig) -> Settings:
    """What the validators need to know of a run.  Raises UsageError where a file of fingerprints cannot be used."""
    try:
        for file in config.packs:
            packs.read(Path(file))
    except packs.PackError as error:
        raise UsageError(f"fingerprints={error}") from None
    return Settings(
        stages=tuple(stage for stage in Settings().stages if config.prove or stage not in PROOFS),
        device_target=config.device_targets[0],
        further_targets=config.device_targets[1:],
        fingerprints=config.packs,
        benchmark_containment=config.benchmark_containment,
        templates=config.templates,
        validation_timeout=config.validation_timeout,
        max_tensor_bytes=config.max_tensor_bytes,
        seed=config.seed,
        allow_unsafe=config.allow_unsafe,
    )
