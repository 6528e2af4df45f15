"""How the mock server acts: its speed, its limits, its faults and its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from math import exp, isfinite
from typing import Any

from synth import values
from synth.errors import UsageError

HINTS = ("retry-after", "retry-after-ms", "http-date", "ratelimit-reset", "retry-info", "message", "none")


def latency_of(text: str) -> Callable[[float], float]:
    """From `0.5`, `uniform:LOW:HIGH` or `lognormal:MEDIAN:SIGMA` to a function of a draw in (0, 1), in seconds."""
    kind, _, rest = text.partition(":")
    if not rest:
        kind, rest = "constant", text
    numbers = [float(part) for part in rest.split(":")]
    if not all(isfinite(number) and number >= 0 for number in numbers):
        raise ValueError
    match kind, numbers:
        case "constant", [seconds]:
            return lambda draw: seconds
        case "uniform", [low, high] if low <= high:
            return lambda draw: low + draw * (high - low)
        case "lognormal", [median, sigma]:
            from statistics import NormalDist  # slow to import, and the command line imports this file

            normal = NormalDist(0.0, sigma) if sigma else None
            return lambda draw: median * (exp(normal.inv_cdf(draw)) if normal else 1.0)
    raise ValueError


def _latency() -> values.Rule:
    def convert(value: Any) -> str:
        latency_of(str(value))
        return str(value)

    return values.Rule("seconds, uniform:LOW:HIGH or lognormal:MEDIAN:SIGMA", convert, literal=True)


def _schedule() -> values.Rule:
    def convert(value: Any) -> tuple[tuple[float, float], ...]:
        if value is None or value == () or str(value).lower() == "none":
            return ()
        steps = [[0, value]] if isinstance(value, int | float) else value
        pairs = tuple((float(start), float(rate)) for start, rate in steps)
        starts = [start for start, _ in pairs]
        if starts[0] != 0 or sorted(set(starts)) != starts or not all(0 <= rate < 1e9 for _, rate in pairs):
            raise ValueError
        return pairs

    return values.Rule("a number, [[0,RATE],[SECONDS,RATE],...] with rising seconds, or none", convert)


def _answers() -> values.Rule:
    def convert(value: Any) -> str:
        text = str(value)
        if text.startswith("text:") and not text.removeprefix("text:").isdecimal():
            raise ValueError
        if not text.strip():
            raise ValueError
        return text

    return values.Rule("synthesizer, text:BYTES, or a file of recorded answers", convert, literal=True)


def _hints() -> values.Rule:
    inner = values.words(*HINTS)

    def convert(value: Any) -> tuple[str, ...]:
        chosen: tuple[str, ...] = inner.convert(value)
        if "none" in chosen and len(chosen) > 1:
            raise ValueError
        return chosen

    return values.Rule(inner.allowed, convert, literal=True)


def _key(default: Any, rule: values.Rule, doc: str) -> Any:
    return field(default=default, metadata={"rule": rule, "doc": doc})


_SHARE = values.real(0, 1)
_COUNT = values.whole(0, optional=True)


@dataclass(frozen=True)
class Behaviour:
    """Everything is drawn from `seed` and the content of each request, so that the same requests repeat.

    A rate is a share of the requests that were let in, 0 to 1.  Raises UsageError for a value that is not allowed.
    """

    seed: int = _key(0, values.whole(0), "another seed, other draws")
    answers: str = _key("synthesizer", _answers(), "what it answers: programs, filler of so many bytes, or a recording")
    faulty_rate: float = _key(0.0, _SHARE, "synthesizer: first answers that are wrong; a repair turn gets a right one")
    latency: str = _key("0", _latency(), "seconds from a request to its answer")
    requests_per_second: tuple[tuple[float, float], ...] = _key(
        (), _schedule(), "requests a second let in, with the seconds since the first request where it changes; else 429"
    )
    burst: int = _key(1, values.whole(1), "requests let in at once after a pause (the token bucket's size)")
    hint: tuple[str, ...] = _key(("retry-after",), _hints(), "how a 429 says when to come back")
    slots: int | None = _key(
        None, values.whole(1, optional=True), "requests worked on at once; others wait in line, as at local servers"
    )
    max_in_flight: int | None = _key(None, _COUNT, "requests taken at once; more are told it is overloaded")
    overload_status: int = _key(503, values.whole(500, 599), "HTTP status of that: 503, or 529 as some servers say")
    daily_quota: int | None = _key(None, _COUNT, "requests let in before the daily quota is used up")
    funds: int | None = _key(None, _COUNT, "requests let in before the money is spent (insufficient_quota)")
    error_rate: float = _key(0.0, _SHARE, "answered 500 in the protocol's form")
    gateway_rate: float = _key(0.0, _SHARE, "answered 502 with an HTML page, as by a proxy in between")
    reset_rate: float = _key(0.0, _SHARE, "the connection is reset instead of an answer")
    truncate_rate: float = _key(0.0, _SHARE, "the connection ends halfway through the body")
    malformed_rate: float = _key(0.0, _SHARE, "the body is complete, but not JSON")
    drip_rate: float = _key(0.0, _SHARE, "the body trickles in over drip_seconds")
    drip_seconds: float = _key(2.0, values.real(0, 3600), "seconds such a body takes")
    hang_rate: float = _key(0.0, _SHARE, "never answered")
    reasoning_rate: float = _key(0.0, _SHARE, "reasoning eats the output budget, if that is below reasoning_needs")
    reasoning_needs: int = _key(8192, values.whole(1), "output tokens with which such a request gets its answer")
    blocked_rate: float = _key(0.0, _SHARE, "blocked by the content filter, again at every try")
    blocked_at: str = _key("prompt", values.choice("prompt", "answer"), "where the filter acts")
    key: str | None = _key(None, values.text("a key", optional=True), "the only API key accepted; default any")
    models: tuple[str, ...] = _key((), values.words(), "the models that exist; default any")
    context_tokens: int | None = _key(None, _COUNT, "prompt tokens (bytes / 4) a model takes")
    batch_seconds: float = _key(1.0, values.real(0, 86400), "seconds a batch takes")
    batch_outcome: str = _key("completed", values.choice("completed", "expired", "failed"), "how batches end")
    batch_done: float = _key(0.5, _SHARE, "share of the requests done when a batch expires")
    batch_error_rate: float = _key(0.0, _SHARE, "requests of a batch that end in a server error")

    def __post_init__(self) -> None:
        for spec in fields(self):
            given = getattr(self, spec.name)
            if given != spec.default:
                object.__setattr__(self, spec.name, values.check(spec.name, given, spec.metadata["rule"]))
        if sum(self.faults().values()) > 1:
            raise UsageError(f"{', '.join(f'{name}_rate' for name in self.faults())}: together at most 1.")

    def faults(self) -> dict[str, float]:
        """What may happen to a request that was let in, with its rate; at most one of them does."""
        names = ("error", "gateway", "reset", "truncate", "malformed", "drip", "hang")
        return {name: getattr(self, f"{name}_rate") for name in names}
