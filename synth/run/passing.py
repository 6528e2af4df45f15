"""One pass over things that are there already: judged side by side, told in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar

from rich.console import Console

from synth.display.monitor import watching
from synth.display.progress import Progress
from synth.errors import CommandError, UsageError
from synth.run.judging import JudgingPool, PoolOpener
from synth.run.signals import stopping
from synth.run.window import WINDOW_PER_WORKER
from validators.verdict import Judgement, Settings, Verdict

Item = TypeVar("Item")


@dataclass(frozen=True)
class Batch(Generic[Item]):
    """Things to judge under one set of settings; they are taken from `items` as workers become free."""

    settings: Settings
    items: Iterable[Item]


class Pass(Generic[Item]):
    """Judges all batches, one after the other; `note` hears of each item in order."""

    def __init__(
        self,
        progress: Progress,
        workers: int,
        judge: Callable[[JudgingPool, Item], Awaitable[Judgement]],
        note: Callable[[Item, Judgement], None],
    ) -> None:
        self.progress, self._workers, self._judge, self._note = progress, workers, judge, note

    async def run(self, batches: Sequence[Batch[Item]], open_pool: PoolOpener, out: Console) -> bool:
        """Judges all; False when a signal came first."""
        with stopping() as stop:
            try:
                async with watching(self.progress, out):
                    for batch in batches:
                        self.progress.phase = "starting the validators"
                        async with open_pool(self._workers, batch.settings) as pool:
                            self.progress.phase = "judging"
                            self.progress.workers = lambda pool=pool: pool.workers  # type: ignore[misc]
                            self.progress.begin()
                            async for item, judgement in self._judged(pool, iter(batch.items), stop):
                                self.progress.settled += 1
                                self.progress.kept += judgement.failure is None
                                self._note(item, judgement)
                        if stop.is_set():
                            break
            except asyncio.CancelledError:
                return False
        return self.progress.settled == self.progress.total

    async def _judged(
        self, pool: JudgingPool, pending: Iterator[Item], stop: asyncio.Event
    ) -> AsyncIterator[tuple[Item, Judgement]]:
        """Items with their judgements in order; after a signal, those that were begun."""
        begun: list[tuple[Item, asyncio.Future[Judgement]]] = []
        more = True
        try:
            while True:
                while more and len(begun) < WINDOW_PER_WORKER * self._workers and not stop.is_set():
                    try:
                        item = next(pending)
                    except StopIteration:
                        more = False
                        break
                    begun.append((item, asyncio.ensure_future(self._judge(pool, item))))
                if not begun:
                    return
                item, judgement = begun[0]
                await judgement
                yield item, judgement.result()
                begun.pop(0)
        finally:
            for _, judgement in begun:
                judgement.cancel()
            await asyncio.gather(*(judgement for _, judgement in begun), return_exceptions=True)


def rejection(label: str, failure: Verdict) -> str:
    """What is said of an item that was turned down, in one line: a detail may hold a whole traceback."""
    detail = " ".join(failure.detail.split())[:200]
    return f"rejected  {label}  {failure.stage}/{failure.reason}  {detail}".rstrip()


class Sink:
    """A file of JSON lines, each written out as soon as it is known."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def write(self, record: dict[str, Any]) -> None:
        """One line.  Raises CommandError."""
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()
        except OSError as error:
            raise CommandError(f"out={self._file.name}: cannot be written to ({error.strerror}).") from None


@contextmanager
def opened(path: Path | None, judged: Iterable[Path]) -> Iterator[Sink]:
    """The sink at `path`, or one that keeps nothing; none of the files `judged` is overwritten.  Raises UsageError."""
    if path is None:
        yield Sink(None)
        return
    if path.resolve() in {file.resolve() for file in judged}:
        raise UsageError(f"out={path}: is one of the files to judge; choose another.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"out={path}: cannot be written to ({error.strerror}).") from None
    try:
        yield Sink(file)
    finally:
        with suppress(OSError):  # each line was flushed, so a failure has been told already
            file.close()
