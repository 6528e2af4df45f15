"""`.single_debug`: one sample from pattern to Triton code, every attempt at it, with everything shown and kept."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from synth import config as configs
from synth.answers.naming import base_name
from synth.answers.prompting import Strategies, messages_for
from synth.answers.reading import read
from synth.asking.calls import Call
from synth.config import RunConfig
from synth.display.terminal import console, say
from synth.errors import DONE, FEWER, INTERRUPTED, UsageError, nearest
from synth.files.rundir import DEFAULT_PARENT, write_file
from synth.providers import Message
from synth.run import gradient
from synth.run.asks import Asks
from synth.run.casting import Cast, open_cast
from synth.run.judging import JudgingPool, PoolOpener, open_pool, settings_of
from synth.run.signals import stopping
from synth.sampling import OperatorSets, catalogue_sets
from synth.store.attempts import Attempt
from synth.store.journal import Journal
from validators.verdict import SENTENCES, Judgement, Program


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Makes, judges and shows one sample; the exit code."""
    index, asked, out = given.pop("index", 0), given.pop("pattern", None), given.pop("out", None)
    config = configs.build(given, given.pop("config", None))
    sets = catalogue_sets()
    cast = open_cast(config, sets)
    pattern = _pattern(cast, sets, index, asked)
    cast = replace(cast, pattern=lambda _: pattern)
    folder = Path(out or DEFAULT_PARENT / "debug" / base_name(pattern))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out={folder}: cannot be written to ({error.strerror}).") from None
    debug = _Debug(config, cast, index, pattern, folder, console(), open_pool)
    return asyncio.run(debug.interruptible())


def _pattern(cast: Cast, sets: OperatorSets, index: int, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    if asked is not None:
        known = {*sets.core, *sets.compound, *sets.supporting}
        for name in asked:
            if name not in known:
                raise UsageError(f"pattern: unknown operator {name}.{nearest(name, known)}")
        return asked
    if cast.limit is not None and index >= cast.limit:
        raise UsageError(f"index={index}: allowed is at most {cast.limit - 1} with this model_name.")
    return cast.pattern(index)


@dataclass(frozen=True)
class _Debug:
    """One sample, and where it is shown."""

    config: RunConfig
    cast: Cast
    index: int
    pattern: tuple[str, ...]
    folder: Path
    out: Console
    open_pool: PoolOpener

    async def interruptible(self) -> int:
        """Shows the sample; the exit code."""
        with stopping(lambda: False):
            try:
                return await self._show()
            except asyncio.CancelledError:
                say(self.out, "interrupted")
                return INTERRUPTED
            finally:
                await self.cast.aclose()

    async def _show(self) -> int:
        self._part(f"sample {self.index}: pattern", "pattern.json", json.dumps(self.pattern))
        journal = Journal.create_or_open(Path(":memory:"))  # SQLite's name for no file at all
        calls: list[Call] = []
        asks = Asks(self.config, self.cast, 0.0, calls.append)
        chain: list[Attempt] = []
        judgement: Judgement | None = None
        async with AsyncExitStack() as stack:
            pool: JudgingPool | None = None
            for number in range(1, self.config.max_retries + 1):
                name = base_name(self.pattern)
                received = await asks.ask(self.index, number, name, chain)
                journal.add_answer(self.index, number, self.pattern, name, received.text, received.origin)
                attempt = _attempt(journal, self.index, number)
                self._show_answer(attempt, calls, received.refusal.detail if received.refusal else "")
                verdict, program = read(attempt) if received.refusal is None else (received.refusal, None)
                judgement = Judgement((verdict,))
                if program is not None:
                    self._part("program", f"{name}{_nth(number)}.py", program.source)
                    if pool is None:
                        say(self.out, "starting the validators ...")
                        pool = await stack.enter_async_context(self.open_pool(1, settings_of(self.config)))
                    judged = await pool.judge(program)
                    judgement = Judgement((verdict, *judged.verdicts), judged.pair)
                journal.add_judgement(self.index, number, program, judgement)
                self._show_verdicts(judgement, name, _nth(number))
                if judgement.accepted:
                    if self.config.backward and pool is not None and program is not None:
                        await self._show_gradient(pool, program, judgement)
                    break
                chain.append(_attempt(journal, self.index, number))
                calls.clear()
        journal.close()
        say(self.out, f"everything is in {self.folder}")
        return DONE if judgement is not None and judgement.accepted else FEWER

    async def _show_gradient(self, pool: JudgingPool, program: Program, judgement: Judgement) -> None:
        derived, judged = await gradient.judged(program, judgement.verdicts, pool)
        if derived is not None:
            self._part("gradient", f"{derived.entry_point}.py", derived.source)
        self._show_verdicts(judged, derived.entry_point if derived else "gradient", "-gradient")

    def _show_answer(self, attempt: Attempt, calls: list[Call], detail: str) -> None:
        origin, number = attempt.origin, attempt.attempt
        named = origin.provider + (f":{origin.asked}" if origin.asked else "")
        self.out.rule(f"attempt {number} of at most {self.config.max_retries}: {named}", align="left")
        if origin.messages:
            self._part(
                f"prompt {origin.prompt}@{origin.prompt_version}", _file("prompt", number), _talk(origin.messages)
            )
        elif number == 1:
            strategy = Strategies.parse(self.config.prompt, self.config.prompt_dir).strategy_for(
                self.config.seed, self.index
            )
            talk = _talk(messages_for(self.pattern, base_name(self.pattern), strategy))
            self._part("prompt that a language model would get", _file("prompt", number), talk)
        self._part("answer", _file("answer", number), attempt.answer or f"(none: {detail})")
        if calls:
            facts = [asdict(call) for call in calls]
            self._part("calls", f"calls{_nth(number)}.json", json.dumps(facts, indent=1))

    def _show_verdicts(self, judgement: Judgement, name: str, suffix: str) -> None:
        if judgement.pair is not None:
            self._part("triton code", f"{name}New.py", judgement.pair.triton_code)
            original = judgement.pair.original_triton_code
            self._part("triton code as Inductor wrote it", f"original_triton_code{suffix}.py", original)
        file = f"verdicts{suffix}.json"
        write_file(self.folder / file, json.dumps([v.to_json() for v in judgement.verdicts], indent=1) + "\n")
        self.out.rule(f"verdicts ({file})", align="left")
        for verdict in judgement.verdicts:
            word = "pass" if verdict.ok else f"FAIL {verdict.reason}"
            facts = json.dumps(verdict.metrics)[:400]
            say(self.out, f"{verdict.stage:10} {word:12} {verdict.cpu_seconds:7.3f} cpu s  {facts}")
            if verdict.reason is not None:
                say(self.out, f"           {SENTENCES[verdict.reason]} {verdict.detail}")

    def _part(self, title: str, file: str, text: str) -> None:
        write_file(self.folder / file, text if text.endswith("\n") else text + "\n")
        self.out.rule(f"{title} ({file})", align="left")
        say(self.out, text.rstrip("\n"))


def _attempt(journal: Journal, sample: int, number: int) -> Attempt:
    attempt = journal.attempt(sample, number)
    assert attempt is not None
    return attempt


def _nth(number: int) -> str:
    return "" if number == 1 else f"-{number}"


def _file(what: str, number: int) -> str:
    return f"{what}{_nth(number)}.txt"


def _talk(messages: tuple[Message, ...]) -> str:
    if len(messages) == 1:
        return messages[0].content
    return "\n\n".join(f"--- {message.role} ---\n{message.content.strip()}" for message in messages) + "\n"
