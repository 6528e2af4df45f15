"""`.validate`: judges programs that are there already, and says of each rejected one why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from synth.config import RunConfig
from synth.errors import DONE, FAILED, INTERRUPTED, CommandError, UsageError
from synth.judging import PoolOpener, open_pool
from synth.monitor import watching
from synth.orchestrator import JudgingPool
from synth.programs import Candidate, find_candidates, read_candidate
from synth.progress import Progress
from synth.signals import stopping
from synth.terminal import console, say
from synth.window import WINDOW_PER_WORKER
from validators.verdict import Judgement, Settings, Stage


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Judges everything at `path`; the exit code."""
    if "path" not in given:
        raise UsageError("path is missing: name a .py, .json or .jsonl file, or a directory.")
    path: Path = given["path"]
    found = find_candidates(path)
    asked = given.get("stages", [stage.value for stage in Settings().stages])
    defaults = RunConfig()
    settings = Settings(
        device_target=given.get("device_target", defaults.device_target),
        validation_timeout=given.get("validation_timeout", defaults.validation_timeout),
        max_tensor_bytes=given.get("max_tensor_bytes", defaults.max_tensor_bytes),
        seed=given.get("seed", defaults.seed),
        allow_unsafe=given.get("allow_unsafe", defaults.allow_unsafe),
        stages=tuple(stage for stage in Stage if stage.value in asked),
    )
    if Stage.NUMERICS in settings.stages and Stage.TRITON not in settings.stages:
        raise UsageError("stages: numerics proves what triton writes; name both.")
    out = console()
    with _opened(given.get("out"), path, found) as sink:
        work = _Work(path, found, given.get("num_worker", defaults.num_worker), settings, sink)
        finished = asyncio.run(work.run(open_pool, out))
    if not finished:
        say(out, f"interrupted after {work.progress.settled} of {len(found)} programs")
        return INTERRUPTED
    rejected = work.progress.settled - work.progress.kept
    return FAILED if given.get("strict", False) and rejected else DONE


@contextmanager
def _opened(path: Path | None, judged: Path, found: list[Path | dict[str, Any]]) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    if path.resolve() in {judged.resolve(), *(item.resolve() for item in found if isinstance(item, Path))}:
        raise UsageError(f"out={path}: is one of the files to judge; choose another.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sink = path.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"out={path}: cannot be written to ({error.strerror}).") from None
    try:
        yield sink
    finally:
        with suppress(OSError):  # each line was flushed, so a failure has been told already
            sink.close()


class _Work:
    """One pass over the candidates, judged side by side and told in order."""

    def __init__(
        self, root: Path, found: list[Path | dict[str, Any]], workers: int, settings: Settings, sink: TextIO | None
    ) -> None:
        self._root, self._found, self._workers, self._settings, self._sink = root, found, workers, settings, sink
        self.progress = Progress(total=len(found), words=("programs", "accepted"))

    async def run(self, open_pool: PoolOpener, out: Console) -> bool:
        """Judges all; False when a signal came first."""
        with stopping() as stop:
            try:
                async with watching(self.progress, out):
                    self.progress.phase = "starting the validators"
                    async with open_pool(self._workers, self._settings) as pool:
                        self.progress.phase = "judging"
                        self.progress.workers = lambda: pool.workers
                        self.progress.begin()
                        async for candidate, judgement in self._judged(pool, stop):
                            self._note(candidate, judgement, out)
            except asyncio.CancelledError:
                return False
        return self.progress.settled == len(self._found)

    async def _judged(self, pool: JudgingPool, stop: asyncio.Event) -> AsyncIterator[tuple[Candidate, Judgement]]:
        """Candidates with their judgements in order; after a signal, those that were begun."""
        begun: list[tuple[Candidate, asyncio.Future[Judgement]]] = []
        pending = enumerate(self._found, start=1)
        try:
            while True:
                while len(begun) < WINDOW_PER_WORKER * self._workers and not stop.is_set():
                    number, found = next(pending, (0, None))
                    if found is None:
                        break
                    candidate = read_candidate(found, number, self._root)
                    begun.append((candidate, asyncio.ensure_future(_judge(pool, candidate))))
                if not begun:
                    return
                candidate, judgement = begun[0]
                await judgement
                yield candidate, judgement.result()
                begun.pop(0)
        finally:
            for _, judgement in begun:
                judgement.cancel()
            await asyncio.gather(*(judgement for _, judgement in begun), return_exceptions=True)

    def _note(self, candidate: Candidate, judgement: Judgement, out: Console) -> None:
        failure = judgement.failure
        pattern = candidate.program.pattern if candidate.program else ()
        self.progress.tally.add_judgement(pattern, judgement)
        self.progress.settled += 1
        self.progress.kept += failure is None
        if failure is not None:
            # One line each: a detail may hold a whole traceback.
            detail = " ".join(failure.detail.split())[:200]
            say(out, f"rejected  {candidate.label}  {failure.stage}/{failure.reason}  {detail}".rstrip())
        if self._sink is not None:
            try:
                self._sink.write(json.dumps(_record(candidate, judgement)) + "\n")
                self._sink.flush()
            except OSError as error:
                raise CommandError(f"out={self._sink.name}: cannot be written to ({error.strerror}).") from None


async def _judge(pool: JudgingPool, candidate: Candidate) -> Judgement:
    known = () if candidate.verdict is None else (candidate.verdict,)
    if candidate.program is None:
        return Judgement(known)
    judgement = await pool.judge(candidate.program)
    return Judgement((*known, *judgement.verdicts), judgement.pair)


def _record(candidate: Candidate, judgement: Judgement) -> dict[str, Any]:
    failure = judgement.failure
    return {
        "program": candidate.label,
        "entry_point": candidate.program.entry_point if candidate.program else None,
        "accepted": failure is None,
        "stage": failure.stage if failure else None,
        "reason": failure.reason if failure else None,
        "verdicts": [verdict.to_json() for verdict in judgement.verdicts],
        "python_code": candidate.program.source if candidate.program else None,
        "pair": judgement.pair.to_json() if judgement.pair else None,
    }
