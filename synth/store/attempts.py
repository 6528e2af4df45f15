"""What the journal holds of an attempt, and how it is read out of its rows."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from synth.providers.interface import Message, Usage
from validators.verdict import Pair, Reason, Stage, Verdict


@dataclass(frozen=True)
class Origin:
    """Where an answer came from: who was asked for what, in which words."""

    provider: str = ""
    asked: str = ""  # the model asked for; "" where there is none
    model: str = ""  # the model as the server names it
    prompt: str = ""  # the strategy; "" for providers that need no prompt
    prompt_version: str = ""
    messages: tuple[Message, ...] = ()
    finish: str = ""  # why the answer ended, as the server says
    usage: Usage | None = None  # of the call that brought the answer


@dataclass(frozen=True)
class Attempt:
    """One attempt as the journal has it."""

    sample: int
    attempt: int
    pattern: tuple[str, ...]
    name: str
    answer: str | None
    program: str | None
    entry_point: str | None
    verdicts: tuple[Verdict, ...] | None
    pair: Pair | None
    source_hash: str | None
    signature: str | None
    graph: str | None
    stage: Stage | None
    reason: Reason | None
    detail: str
    origin: Origin
    cost: float | None  # US dollars, all calls of the attempt; None when it is not known

    @property
    def judged(self) -> bool:
        """Whether the validators have spoken."""
        return self.verdicts is not None


@dataclass(frozen=True)
class Outcome:
    """A judged attempt as the figures need it."""

    attempt: int
    pattern: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    stage: Stage | None
    reason: Reason | None


@dataclass(frozen=True)
class Begun:
    """An attempt without its texts: who was asked with what, and whether it passed."""

    sample: int
    attempt: int
    pattern_size: int
    provider: str
    asked: str
    prompt: str
    judged: bool
    stage: str | None

    @property
    def passed(self) -> bool:
        """Whether nothing turned it down."""
        return bool(self.judged) and self.stage is None


def pack(text: str | None) -> bytes | None:
    """Text as the file holds it; any text, lone surrogates too."""
    return None if text is None else zlib.compress(text.encode("utf-8", "surrogatepass"), 6)


def unpack(blob: bytes | None) -> str | None:
    """The inverse of `pack`."""
    return None if blob is None else zlib.decompress(blob).decode("utf-8", "surrogatepass")


COLUMNS = (
    "sample, attempt, pattern, attempts.name, answer, program, entry_point, verdicts, pair, source_hash, signature,"
    " graph, stage, reason, detail, provider, asked, model, prompt, prompt_version, messages, finish, usage, cost"
)
# The same, with what was judged taken from the table of gradients.
GRADIENT_COLUMNS = (
    "sample, attempt, pattern, attempts.name, answer, gradients.program, gradients.entry_point, gradients.verdicts,"
    " gradients.pair, gradients.source_hash, gradients.signature, gradients.graph, gradients.stage, gradients.reason,"
    " gradients.detail,"
    " provider, asked, model, prompt, prompt_version, messages, finish, usage, cost"
)


def attempt_of(row: tuple[Any, ...]) -> Attempt:
    """From the values of `COLUMNS`.  Raises ValueError, KeyError, TypeError or zlib.error where they are damaged."""
    sample, attempt, pattern, name, answer, program, entry_point, verdicts, pair = row[:9]
    source_hash, signature, graph, stage, reason, detail = row[9:15]
    provider, asked, model, prompt, prompt_version, messages, finish, usage, cost = row[15:]
    pair = unpack(pair)
    return Attempt(
        sample=sample,
        attempt=attempt,
        pattern=tuple(json.loads(pattern)),
        name=name,
        answer=unpack(answer),
        program=unpack(program),
        entry_point=entry_point,
        verdicts=None if verdicts is None else tuple(map(Verdict.from_json, json.loads(verdicts))),
        pair=None if pair is None else Pair.from_json(json.loads(pair)),
        source_hash=source_hash,
        signature=signature,
        graph=graph,
        stage=None if stage is None else Stage(stage),
        reason=None if reason is None else Reason(reason),
        detail=detail or "",
        origin=Origin(
            provider=provider,
            asked=asked,
            model=model,
            prompt=prompt,
            prompt_version=prompt_version,
            messages=tuple(Message(**message) for message in json.loads(unpack(messages) or "[]")),
            finish=finish,
            usage=None if usage is None else Usage(**json.loads(usage)),
        ),
        cost=cost,
    )


OUTCOME_COLUMNS = "attempt, pattern, verdicts, stage, reason"


def outcome_of(row: tuple[Any, ...]) -> Outcome:
    """From the values of `OUTCOME_COLUMNS`, all of a judged attempt."""
    attempt, pattern, verdicts, stage, reason = row
    return Outcome(
        attempt,
        tuple(json.loads(pattern)),
        tuple(map(Verdict.from_json, json.loads(verdicts))),
        None if stage is None else Stage(stage),
        None if reason is None else Reason(reason),
    )
