"""Who answers: from a request for a program to an answer's text.

A provider is an object with `answer`; `open_provider` finds one by its `model_name`.  Providers import
nothing of the orchestrator, so that adding one is one file and one line in `_OPENERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from synth.errors import UsageError, nearest

_NOT_YET = ("gemini", "openai", "local")


@dataclass(frozen=True)
class Request:
    """What one attempt of one sample asks for."""

    sample: int
    attempt: int
    pattern: tuple[str, ...]
    class_name: str
    seed: int
    temperature: float


@dataclass(frozen=True)
class Answer:
    """What came back, unedited; None when nothing did, with the cause in `detail`."""

    text: str | None
    detail: str = ""


class Provider(Protocol):
    """The one thing the orchestrator knows of a provider."""

    name: str
    #: changes when the same request would be answered differently; "" when `name` says it all
    fingerprint: str
    #: the patterns to ask for, where the provider brings its own; None to sample them
    patterns: tuple[tuple[str, ...], ...] | None

    async def answer(self, request: Request) -> Answer:
        """Answers one request; the same request gets the same answer where the provider can promise it."""
        ...


def _builtin(argument: str) -> Provider:
    if argument:
        raise UsageError(f"model_name=builtin:{argument}: builtin takes no argument.")
    from synth.providers.builtin import Builtin

    return Builtin()


def _replay(argument: str) -> Provider:
    from synth.providers.replay import Replay

    return Replay.open(argument)


_OPENERS: dict[str, Callable[[str], Provider]] = {"builtin": _builtin, "replay": _replay}


def open_provider(model_name: str) -> Provider:
    """The provider of a `model_name` such as `builtin` or `replay:FILE`."""
    kind, _, argument = model_name.partition(":")
    if kind in _NOT_YET:
        raise UsageError(f"model_name={model_name}: not in this version of synth; allowed is builtin or replay:FILE.")
    if kind not in _OPENERS:
        raise UsageError(
            f"model_name={model_name}: allowed is builtin or replay:FILE.{nearest(kind, [*_OPENERS, *_NOT_YET])}"
        )
    return _OPENERS[kind](argument)
