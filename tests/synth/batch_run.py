"""A run in batches in a process of its own, so that a test can kill it: OUTPUT_DIR URL [WHERE_IT_DIES].

WHERE_IT_DIES: `before` the server hears of the second job, or `between` its taking that and our noting it.
"""

import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from fake_pool import SETS, FakePool
from rich.console import Console

from synth.asking import batch_desk, batch_job
from synth.config import RunConfig
from synth.providers.openai_batch import OpenAIBatches
from synth.run import session
from synth.store.ledger import Ledger

batch_desk.QUIET = 0.1
batch_job.FIRST_LOOK = batch_job.SEARCH_PAUSE = 0.1


def dies(owner: type, method: str) -> None:
    """The second call of a method is the process's last."""
    original, calls = getattr(owner, method), []

    def dying(self: object, *args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *args)

    setattr(owner, method, dying)


@asynccontextmanager
async def open_pool(num_worker, settings):
    yield FakePool(num_worker, settings, slow=0.002)


if __name__ == "__main__":
    out, url, *where = sys.argv[1:]
    if where == ["before"]:
        dies(OpenAIBatches, "submit")
    if where == ["between"]:
        dies(Ledger, "name_batch")
    config = RunConfig(
        output_dir=Path(out), num_total_samples=40, num_worker=2, seed=3, model_name="openai", mode="batch",
        batch_size=20, base_url=url, max_retries=2,
    )  # fmt: skip
    sys.exit(session.run_parallel(config, Console(width=130), open_pool, SETS))
