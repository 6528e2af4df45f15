"""How a server says when to come back: the headers and phrases in use."""

from __future__ import annotations

from email.utils import formatdate
from math import ceil
from time import time


def headers_of(wait: float, hints: tuple[str, ...], limit: int) -> dict[str, str]:
    """The response headers of the chosen hints; `wait` in seconds."""
    headers: dict[str, str] = {}
    if "retry-after" in hints:
        headers["retry-after"] = str(ceil(wait))  # RFC 9110 knows whole seconds only
    if "http-date" in hints:
        headers["retry-after"] = formatdate(ceil(time() + wait), usegmt=True)
    if "retry-after-ms" in hints:
        headers["retry-after-ms"] = str(ceil(wait * 1000))
    if "ratelimit-reset" in hints:
        headers["x-ratelimit-limit-requests"] = str(limit)
        headers["x-ratelimit-remaining-requests"] = "0"
        headers["x-ratelimit-reset-requests"] = _duration(wait)
    return headers


def sentence_of(wait: float, hints: tuple[str, ...], phrase: str) -> str:
    """The sentence to append to an error's message, or nothing."""
    return " " + phrase.format(f"{wait:.3f}") if "message" in hints else ""


def _duration(seconds: float) -> str:
    """As OpenAI writes one: 340ms, 20.5s, 6m0s."""
    if seconds < 1:
        return f"{ceil(seconds * 1000)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"
