"""What both protocols have in common: a request as asked, the reply of a model, and why there is none."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Any

_DRAWS = struct.Struct("<8Q")


class MalformedError(ValueError):
    """The request is not one that this protocol allows; the message says why."""


@dataclass(frozen=True)
class Asked:
    """One request for a text.  Roles are `system`, `user` and `assistant` in either protocol."""

    model: str
    turns: tuple[tuple[str, str], ...]
    max_tokens: int | None = None
    #: what else makes the same conversation another request: seed and temperature
    sampling: tuple[Any, ...] = ()

    @cached_property
    def identity(self) -> bytes:
        """Names the request by its content; the token limit is left out, so that raising it asks the same again."""
        return blake2b(repr((self.model, self.turns, self.sampling)).encode(), digest_size=16).digest()

    @cached_property
    def prompt_tokens(self) -> int:
        """Four bytes to a token, rounded up: what English and code come to with current tokenizers."""
        return tokens_in("".join(text for _, text in self.turns))


class Finish(StrEnum):
    """Why a reply ended."""

    STOP = "stop"
    LENGTH = "length"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Reply:
    """What the model says, and what it counts."""

    text: str
    finish: Finish
    prompt_tokens: int
    text_tokens: int
    reasoning_tokens: int = 0


class Cause(StrEnum):
    """Why a request is turned away."""

    BAD_REQUEST = "bad_request"
    BAD_KEY = "bad_key"
    UNKNOWN_MODEL = "unknown_model"
    NOT_FOUND = "not_found"
    CONTEXT_TOO_LONG = "context_too_long"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    DAILY_QUOTA = "daily_quota"
    NO_FUNDS = "no_funds"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"


@dataclass(frozen=True)
class Refusal:
    """No answer: why, and for a limit the seconds to wait and the limit itself."""

    cause: Cause
    model: str = ""
    detail: str = ""
    wait: float | None = None
    limit: int = 0


@dataclass(frozen=True)
class Wire:
    """One HTTP response."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def as_json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Wire:
    """JSON data as a response."""
    return Wire(status, json.dumps(data).encode(), headers or {})


def tokens_in(text: str) -> int:
    """A count that needs no tokenizer; never above the number of bytes."""
    return (len(text.encode("utf-8", "replace")) + 3) // 4


def draws(seed: int, identity: bytes, visit: int) -> tuple[float, ...]:
    """Eight numbers in (0, 1) that depend on nothing but the arguments."""
    digest = blake2b(f"{seed}:{visit}:".encode() + identity, digest_size=64).digest()
    return tuple((number + 0.5) / 2**64 for number in _DRAWS.unpack(digest))
