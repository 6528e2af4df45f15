"""`.single_debug`: one sample from pattern to Triton code, with everything shown and kept."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

import prompts
from synth import config as configs
from synth.config import RunConfig
from synth.errors import DONE, FEWER, INTERRUPTED, UsageError, nearest
from synth.extraction import Extracted, extract
from synth.judging import PoolOpener, open_pool, settings_of
from synth.naming import base_name
from synth.providers import Answer, Provider, Request, open_provider
from synth.rundir import DEFAULT_PARENT, write_file
from synth.sampling import OperatorSets, catalogue_sets
from synth.session import pattern_source
from synth.signals import stopping
from synth.terminal import console, say
from validators.verdict import SENTENCES, Judgement, Program


@dataclass(frozen=True)
class _Sample:
    """What is asked for."""

    index: int
    pattern: tuple[str, ...]
    name: str


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Makes, judges and shows one sample; the exit code."""
    index, asked, out = given.pop("index", 0), given.pop("pattern", None), given.pop("out", None)
    config = configs.build(given, given.pop("config", None))
    provider, sets = open_provider(config.model_name), catalogue_sets()
    sample = _sample(config, provider, sets, index, asked)
    folder = Path(out or DEFAULT_PARENT / "debug" / sample.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out={folder}: cannot be written to ({error.strerror}).") from None
    return asyncio.run(_show(config, provider, sample, folder, console(), open_pool))


def _sample(
    config: RunConfig, provider: Provider, sets: OperatorSets, index: int, asked: tuple[str, ...] | None
) -> _Sample:
    if asked is not None:
        known = {*sets.core, *sets.compound, *sets.supporting}
        for name in asked:
            if name not in known:
                raise UsageError(f"pattern: unknown operator {name}.{nearest(name, known)}")
        return _Sample(index, asked, base_name(asked))
    if provider.patterns is not None and index >= len(provider.patterns):
        raise UsageError(f"index={index}: allowed is at most {len(provider.patterns) - 1} with this model_name.")
    pattern = pattern_source(config, sets, provider)(index)
    return _Sample(index, pattern, base_name(pattern))


async def _show(
    config: RunConfig, provider: Provider, sample: _Sample, folder: Path, out: Console, open_pool: PoolOpener
) -> int:
    def part(title: str, file: str, text: str) -> None:
        write_file(folder / file, text if text.endswith("\n") else text + "\n")
        out.rule(f"{title} ({file})", align="left")
        say(out, text.rstrip("\n"))

    part(f"sample {sample.index}: pattern", "pattern.json", json.dumps(sample.pattern))
    note = " that a language model would get" if provider.name == "builtin" else ""
    try:
        prompt = prompts.render("plain", sample.pattern, sample.name)
    except prompts.PromptError as error:
        raise UsageError(str(error)) from None
    part(f"prompt{note}", "prompt.txt", prompt)
    request = Request(sample.index, 1, sample.pattern, sample.name, config.seed, config.temperature)
    answer: Answer = await provider.answer(request)
    part("answer", "answer.txt", answer.text or f"(none: {answer.detail})")
    extracted: Extracted = extract(answer.text, sample.name, sample.pattern)
    if extracted.program is None:
        assert extracted.refusal is not None
        judgement = Judgement((extracted.refusal,))
    else:
        part("program", f"{sample.name}.py", extracted.program.source)
        judged = await _judge(config, extracted.program, out, open_pool)
        if judged is None:
            say(out, "interrupted")
            return INTERRUPTED
        judgement = judged
    write_file(folder / "verdicts.json", json.dumps([v.to_json() for v in judgement.verdicts], indent=1) + "\n")
    if judgement.pair is not None:
        part("triton code", f"{sample.name}New.py", judgement.pair.triton_code)
        part("triton code as Inductor wrote it", "original_triton_code.py", judgement.pair.original_triton_code)
    out.rule("verdicts (verdicts.json)", align="left")
    for verdict in judgement.verdicts:
        word = "pass" if verdict.ok else f"FAIL {verdict.reason}"
        say(out, f"{verdict.stage:10} {word:12} {verdict.cpu_seconds:7.3f} cpu s  {json.dumps(verdict.metrics)[:400]}")
        if verdict.reason is not None:
            say(out, f"           {SENTENCES[verdict.reason]} {verdict.detail}")
    say(out, f"everything is in {folder}")
    return DONE if judgement.accepted else FEWER


async def _judge(config: RunConfig, program: Program, out: Console, open_pool: PoolOpener) -> Judgement | None:
    """The judgement, or None when a signal came first."""
    with stopping(lambda: False):
        try:
            say(out, "starting the validators ...")
            async with open_pool(1, settings_of(config)) as pool:
                return await pool.judge(program)
        except asyncio.CancelledError:
            return None
