"""From what a server or a connection says to a `Failure`: one place for every provider.

The bodies read here are those of OpenAI, Gemini (google.rpc.Status), vLLM, SGLang, llama.cpp, Ollama and of proxies
and gateways before them; https://platform.openai.com/docs/guides/error-codes and
https://ai.google.dev/gemini-api/docs/troubleshooting name the codes.
"""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from synth.providers.delays import delay_hint
from synth.providers.interface import Failure, FailureKind
from synth.providers.keys import redact

LONGEST_DETAIL = 200  # characters of a server's message that are worth a person's while
QUOTED = 24  # characters in a row that a message and a prompt do not share by chance

_BAD_KEY = re.compile(r"invalid_api_key|api_key_invalid|api key (not valid|expired)|incorrect api key|invalid api key")
_NO_FUNDS = re.compile(
    r"insufficient[_ ](quota|funds|balance|credits?)|billing[_ ](hard[_ ]limit|not[_ ]active)"
    r"|credits? (are|is) depleted|credit balance is too low|spending (cap|limit)"
)
_LONG_QUOTA = re.compile(r"per[ _]?(day|week|month)|\((r|t)pd\)|(daily|monthly) (quota|limit)")
_OVERLOADED = re.compile(r"overloaded|slow_down|at capacity|loading model|no available (capacity|workers?)")
_UNKNOWN_MODEL = re.compile(
    r"model_not_found|(unknown|invalid) model|models?\b.{0,200}(does not exist|not (be )?found|not supported for)"
    r"|not a valid model|server is pinned to"
)
_CONTEXT = re.compile(
    r"context_length_exceeded|string_above_max_length|exceed_context_size|(maximum|available) context (length|size)"
    r"|context window|exceeds the maximum number of tokens|(prompt|input|request) is too long"
    r"|max_tokens must be at least"
)
#: the answer's share alone does not fit: not this prompt's fault, so every other request fails in the same way
_BUDGET_TOO_LARGE = re.compile(
    r"max_(?:completion_)?tokens'? (?:is|are) too large|maximum context length is (?P<whole>\d+) tokens"
    r".*?(?P<answer>\d+) in the completion",
    re.DOTALL,
)
_BLOCKED = re.compile(r"content_filter|content_policy|content management policy|invalid_prompt|usage policy|safety")
_UNWANTED = re.compile(
    r"unsupported|not supported|not support|not permitted|unrecognized|unknown parameter|only the def"
)


@dataclass(frozen=True)
class ServerError:
    """What the body of a refusal says, whichever server wrote it."""

    message: str = ""
    codes: str = ""  # its type, code, status and reasons, in lower case, space between
    param: str = ""  # the request's field that is at fault
    details: tuple[Mapping[str, Any], ...] = ()  # google.rpc

    @property
    def said(self) -> str:
        """All of it, for looking words up."""
        return f"{self.codes} {self.message[:2000].lower()}"

    def unwanted(self, fields: Iterable[str]) -> str | None:
        """Which of the request's fields this model or server does not know, if that is what it says."""
        return self.param if self.param in set(fields) and _UNWANTED.search(self.said) else None


def http_failure(status: int, headers: Mapping[str, str], body: object, private: Iterable[str] = ()) -> Failure:
    """The failure of an HTTP answer that is not one.

    `headers` must ignore case or be in lower case, `body` is bytes, text or parsed JSON.  `private` is what the
    request said; a message that quotes it is not repeated.
    """
    error = read_error(body)
    kind = _kind(status, error)
    return Failure(
        kind,
        detail_of(status, error.message, private),
        delay_hint(headers, error.message, error.details, limited=status == 429),
        status,
    )


_UNREACHED = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH)


def connection_failure(error: BaseException, timeout: float | None = None) -> Failure:
    """The failure of a call that got no HTTP answer, or one that cannot be read; `timeout` in seconds, to be told."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Failure(FailureKind.BAD_REQUEST, f"TLS certificate not accepted: {cause.verify_message}")
    for cause in reversed(causes):  # the innermost says most
        if isinstance(cause, OSError) and cause.errno:
            why = (
                os.strerror(cause.errno) if cause.errno > 0 else cause.strerror
            )  # those of name resolution are below 0
            reached = not isinstance(cause, ConnectionRefusedError | socket.gaierror) and cause.errno not in _UNREACHED
            return Failure(FailureKind.TRANSIENT, f"connection failed: {why}", sent=reached)
        if isinstance(cause, TimeoutError):
            limit = "in time" if timeout is None else f"within {timeout:g} s"
            return Failure(FailureKind.TRANSIENT, f"no answer {limit}")
    # Names only: the text of an exception may quote what was sent or received.
    return Failure(FailureKind.TRANSIENT, f"the call broke off: {type(causes[-1]).__name__}")


def read_error(body: object) -> ServerError:
    """Finds message, codes and details in any of the forms servers use; an empty one when there is nothing to read."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return ServerError(_plain(body))
        return read_error(data) if isinstance(data, dict | list) else ServerError(_plain(body))
    if isinstance(body, list):
        body = body[0] if body else None
    if not isinstance(body, dict):
        return ServerError()
    inner = body.get("error")
    error = inner if isinstance(inner, dict) else body
    message = _first_text(error.get("message"), inner, error.get("detail"), error.get("msg"))
    param = error.get("param")
    if isinstance(faults := error.get("detail"), list) and faults and isinstance(faults[0], dict):  # FastAPI
        message = _first_text(faults[0].get("msg"))
        location = faults[0].get("loc")
        param = location[-1] if isinstance(location, list) and location else None
    if message.startswith(("{", "[")) and (nested := read_error(message[:20000])).message:
        return nested  # a proxy that wraps the server's body into its own
    details = error.get("details")
    details = tuple(item for item in details if isinstance(item, dict)) if isinstance(details, list) else ()
    return ServerError(
        message, " ".join(_codes(error, details)).lower(), param if isinstance(param, str) else "", details
    )


def detail_of(status: int, message: str, private: Iterable[str] = ()) -> str:
    """One short line for a person: no key, and nothing of what the request said."""
    line = " ".join("".join(char if char.isprintable() else " " for char in message[:2000]).split())
    line = redact(line)
    if len(line) > LONGEST_DETAIL:
        line = line[: LONGEST_DETAIL - 3] + "..."
    if any(_quotes(line, text) for text in private):
        line = "the server's message quotes the request"
    return f"HTTP {status}: {line or _phrase(status)}"


def _kind(status: int, error: ServerError) -> FailureKind:
    said = error.said
    if 400 <= status < 500 and (status == 402 or _NO_FUNDS.search(said)):
        return FailureKind.QUOTA_EXHAUSTED
    if status == 429:
        if _LONG_QUOTA.search(said):
            return FailureKind.QUOTA_EXHAUSTED
        return FailureKind.OVERLOADED if _OVERLOADED.search(said) else FailureKind.RATE_LIMITED
    if status in (503, 529):
        return FailureKind.OVERLOADED
    if status in (400, 401, 403, 404, 413, 422) or (status == 500 and _CONTEXT.search(said)):
        return _refusal(status, said)
    if status in (408, 409, 425, 499) or status < 300 or (status >= 500 and status != 501):
        return FailureKind.OVERLOADED if _OVERLOADED.search(said) else FailureKind.TRANSIENT
    return FailureKind.BAD_REQUEST


def _refusal(status: int, said: str) -> FailureKind:
    """What a server means that will not answer this request, however often it is asked."""
    if status == 401 or _BAD_KEY.search(said):
        return FailureKind.BAD_KEY
    if budget := _BUDGET_TOO_LARGE.search(said):
        whole, answer = budget["whole"], budget["answer"]
        if whole is None or int(answer) >= int(whole):
            return FailureKind.BAD_REQUEST
    if status == 413 or _CONTEXT.search(said):
        return FailureKind.CONTEXT_TOO_LONG
    if _UNKNOWN_MODEL.search(said):
        return FailureKind.UNKNOWN_MODEL
    if _BLOCKED.search(said):
        return FailureKind.BLOCKED
    if status == 403 and "country" not in said:
        return FailureKind.BAD_KEY
    return FailureKind.BAD_REQUEST


def _codes(error: Mapping[str, Any], details: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Everything in a body that is meant for programs: OpenAI's type and code, google.rpc's status, reasons, quotas."""
    yield from (value for key in ("type", "code", "status") if isinstance(value := error.get(key), str))
    for detail in details:
        yield str(detail.get("reason", ""))
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict):
                yield str(violation.get("quotaId", ""))


def _first_text(*candidates: object) -> str:
    return next((text for text in candidates if isinstance(text, str) and text), "")


def _plain(text: str) -> str:
    """A body that is no JSON: the title of a page, or a short text; what is longer is not an error message."""
    if title := re.search(r"<title[^>]*>([^<]{1,200})", text[:5000], re.IGNORECASE):
        return title[1].strip()
    return text.strip() if len(text) <= LONGEST_DETAIL and not text.lstrip().startswith(("<", "{", "[")) else ""


def _quotes(message: str, text: str) -> bool:
    text = " ".join(text.split())
    if len(text) < QUOTED:
        return len(text) > 7 and text in message
    return any(message[start : start + QUOTED] in text for start in range(max(len(message) - QUOTED + 1, 0)))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no message"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        yield current
        seen.add(id(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
