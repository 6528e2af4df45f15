"""How long a server asks to wait: every form in which servers say so, as seconds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

_UNITS = {
    **dict.fromkeys(("ns",), 1e-9),
    **dict.fromkeys(("us", "µs"), 1e-6),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_PIECE = re.compile(rf"(\d+(?:\.\d+)?|\.\d+) ?({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![a-zµ])", re.I)
_PIECES = rf"(?:{_PIECE.pattern},? ?(?:and )?)+"
_SENTENCE = re.compile(rf"\b(?:try(?:ing)? again|retry|wait)(?: (?:in|after|for))? ({_PIECES})", re.I)
#: when a limit is whole again (https://platform.openai.com/docs/guides/rate-limits); says nothing after another error
_RESETS = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens")


def delay_hint(
    headers: Mapping[str, str], message: str, details: Iterable[Mapping[str, Any]], limited: bool
) -> float | None:
    """Seconds the server asks to wait: the longest of all its hints, or None without any.

    Read are Retry-After (seconds or a date, RFC 9110 10.2.3), retry-after-ms, google.rpc.RetryInfo among the
    `details`, "try again in 1.5s" in the message and, after a 429 (`limited`), x-ratelimit-reset-*.
    """
    hints = [*_from_headers(headers, limited), *map(_retry_info, details), sentence(message)]
    return max((hint for hint in hints if hint is not None), default=None)


def duration(text: str) -> float | None:
    """Seconds of "1m30s", "20ms", "6m0s", "38.5s" or a bare number; None for any other text."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d*)?|\.\d+", text):
        return _sane(float(text))
    return _sum(text) if re.fullmatch(_PIECES, text, re.I) else None


def sentence(message: str) -> float | None:
    """Seconds of "try again in 6m0s", "retry in 38.1s" or "retry after 5 seconds"; None without one."""
    hints = [_sum(match[1]) for match in _SENTENCE.finditer(message[:2000])]
    return max((hint for hint in hints if hint is not None), default=None)


def retry_after(value: str, now: float) -> float | None:
    """Seconds of a Retry-After header; `now`, in seconds since 1970, is when it was sent."""
    if (seconds := duration(value)) is not None:
        return seconds
    date = _date(value)
    return None if date is None else _sane(max(0.0, date - now))


def _from_headers(headers: Mapping[str, str], limited: bool) -> Iterator[float | None]:
    if value := headers.get("retry-after"):
        sent = _date(headers.get("date", ""))  # the server's own clock, which may not be ours
        yield retry_after(value, time.time() if sent is None else sent)
    if value := headers.get("retry-after-ms"):
        milliseconds = duration(value)
        yield None if milliseconds is None else milliseconds / 1000
    for name in _RESETS if limited else ():
        yield duration(headers.get(name, ""))


def _retry_info(detail: Mapping[str, Any]) -> float | None:
    """google.rpc.RetryInfo: a protobuf Duration, which JSON writes as "38s"."""
    if not str(detail.get("@type", "")).endswith("RetryInfo"):
        return None
    delay = detail.get("retryDelay")
    return duration(delay) if isinstance(delay, str) else None


def _date(value: str) -> float | None:
    try:
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _sum(text: str) -> float | None:
    return _sane(sum(float(piece[1]) * _UNITS[piece[2].lower()] for piece in _PIECE.finditer(text)))


def _sane(seconds: float) -> float | None:
    return seconds if isfinite(seconds) and seconds >= 0 else None
