"""What the bodies of good answers have in common, whichever protocol: JSON that may be broken, text that may be."""

from __future__ import annotations

import json
from typing import Any

from synth.providers.interface import Failure, FailureKind, Request, Usage
from synth.sampling import derived_rng


def read_json(body: bytes | str) -> dict[str, Any] | None:
    """The object in a body, or None when there is none to be read."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def unreadable(what: str, usage: Usage | None = None) -> Failure:
    """The failure of an answer with status 200 whose body is not what the protocol says."""
    return Failure(FailureKind.TRANSIENT, f"HTTP 200 with {what}", status=200, usage=usage or Usage())


def storable(text: str) -> str:
    """The text with halves of surrogate pairs, which JSON may carry but UTF-8 may not, joined or replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def count(value: object) -> int | None:
    """A number of tokens, or None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else None


def seed_of(request: Request) -> int:
    """A seed for the server's own draws, different for each attempt; 31 bits, as Gemini takes no more."""
    return derived_rng(request.seed, request.sample, f"model:{request.attempt}").getrandbits(31)
