"""The one place where the product process meets the validator pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from synth.config import RunConfig
from synth.errors import CommandError
from synth.orchestrator import JudgingPool
from validators.verdict import Settings, Stage

#: how commands get a pool; tests hand in one that judges without torch
PoolOpener = Callable[[int, Settings], AbstractAsyncContextManager[JudgingPool]]


@asynccontextmanager
async def open_pool(num_worker: int, settings: Settings) -> AsyncIterator[JudgingPool]:
    """A started validator pool; its failures end the command with one line."""
    from validators.pool import Pool, PoolError

    try:
        async with Pool(num_worker, settings) as pool:
            yield pool
    except PoolError as error:
        raise CommandError(f"validator pool: {error}; everything judged so far is kept.") from error


def settings_of(config: RunConfig) -> Settings:
    """What the validators need to know of a run."""
    proofs = (Stage.COMPILED, Stage.NUMERICS)
    stages = tuple(stage for stage in Settings().stages if config.prove or stage not in proofs)
    return Settings(
        stages=stages,
        device_target=config.device_target,
        validation_timeout=config.validation_timeout,
        max_tensor_bytes=config.max_tensor_bytes,
        seed=config.seed,
        allow_unsafe=config.allow_unsafe,
    )
