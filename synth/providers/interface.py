"""What a provider is: from a request for a program to an answer's text, or a typed failure.

A provider makes one call and tells what came of it.  It does not wait, retry or count: that is `synth/asking`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol


@dataclass(frozen=True)
class Message:
    """One turn of the conversation a language model is shown."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Request:
    """What one attempt of one sample asks for."""

    sample: int
    attempt: int
    pattern: tuple[str, ...]
    class_name: str
    seed: int
    temperature: float
    #: empty for providers that write programs from the pattern itself
    messages: tuple[Message, ...] = ()
    #: reasoning included
    max_output_tokens: int = 16384
    #: whether the operators are to run in the pattern's order; providers that are prompted are not told
    ordered: bool = False


@dataclass(frozen=True)
class Usage:
    """Tokens of one call as the server counted them; None where it did not say."""

    prompt_tokens: int | None = None  # the cached ones among them
    cached_tokens: int | None = None
    output_tokens: int | None = None  # everything billed as output, the reasoning ones among them
    reasoning_tokens: int | None = None
    cost: float | None = None  # US dollars, where the provider itself tells


@dataclass(frozen=True)
class Answer:
    """What came back, unedited; `text` is None when nothing did, with the cause in `detail`."""

    text: str | None
    detail: str = ""
    usage: Usage = field(default_factory=Usage)
    model: str = ""  # as the server names it
    finish: str = ""  # why it ended: "stop", "length" and so on, as the server says


class FailureKind(StrEnum):
    """Why a call brought no answer."""

    RATE_LIMITED = "rate_limited"  # too many at once or a minute; waiting helps
    OVERLOADED = "overloaded"  # the server has no room for anyone; waiting helps
    QUOTA_EXHAUSTED = "quota_exhausted"  # a daily quota, or no funds: waiting minutes does not help
    TRANSIENT = "transient"  # reset, 5xx, time-out, a body that cannot be read
    REASONING_EXHAUSTED = "reasoning_exhausted"  # reasoning ate the output budget; there is no text
    CONTEXT_TOO_LONG = "context_too_long"
    BLOCKED = "blocked"  # a safety filter, or a refusal of the server
    BAD_KEY = "bad_key"
    UNKNOWN_MODEL = "unknown_model"
    BAD_REQUEST = "bad_request"

    @property
    def costs_no_attempt(self) -> bool:
        """The server would have answered later: asking again is not another attempt."""
        return self in (FailureKind.RATE_LIMITED, FailureKind.OVERLOADED)

    @property
    def fatal(self) -> bool:
        """Every other request will fail in the same way."""
        return self in (FailureKind.BAD_KEY, FailureKind.UNKNOWN_MODEL, FailureKind.BAD_REQUEST)

    @property
    def hopeless(self) -> bool:
        """This request will fail again; others may not."""
        return self in (FailureKind.CONTEXT_TOO_LONG, FailureKind.BLOCKED)


@dataclass(frozen=True)
class Failure:
    """A call without an answer.  `detail` is one line for a person: no key, no prompt, no answer in it."""

    kind: FailureKind
    detail: str
    retry_after: float | None = None  # seconds the server asks to wait
    status: int | None = None  # of HTTP
    usage: Usage = field(default_factory=Usage)  # a failure may cost
    sent: bool = True  # False: there was no connection to send it over


@dataclass(frozen=True)
class About:
    """What there is to know of a provider before it is asked."""

    name: str  # "gemini"
    model: str = ""  # "gemini-2.5-flash"
    #: changes when the same request would be answered differently; "" when name and model say it all
    fingerprint: str = ""
    #: the patterns to ask for, where the provider brings its own; None to sample them
    patterns: tuple[tuple[str, ...], ...] | None = None
    #: requests to one endpoint share its limits; "" when there is nothing to wait for (builtin, replay)
    endpoint: str = ""
    #: needs `Request.messages`
    prompted: bool = False


class Provider(Protocol):
    """The one thing the rest knows of a provider."""

    about: About

    async def answer(self, request: Request) -> Answer | Failure:
        """Makes one call; the same request gets the same answer where the provider can promise it."""
        ...

    async def aclose(self) -> None:
        """Ends its connections."""
        ...


@dataclass(frozen=True)
class Options:
    """What a provider is told besides its name: the parameters of a run that concern it."""

    base_url: str = ""  # "" for the provider's own
    api: Literal["chat", "completions"] = "chat"
    request_timeout: float = 600.0  # seconds, from the moment the request is sent
    max_in_flight: int = 512  # connections the pool must hold
