"""What every provider must hold to, as a suite that anyone can point at theirs from a test:

    asyncio.run(conformance.basic(MyProvider()))                       # any provider
    asyncio.run(conformance.check(open_mine, protocol="openai"))       # one that speaks OpenAI's or Gemini's protocol

`check` runs the provider against the mock server, fault by fault.  `open_mine` takes `Options`, whose `base_url` is the
mock server's.  Both raise AssertionError with one sentence that says what is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from synth.mock_server import Behaviour, MockServer
from synth.providers.interface import About, Answer, Failure, FailureKind, Message, Options, Provider, Request, Usage
from synth.providers.keys import redact

PATIENCE = 60.0  # seconds for what a sound provider does at once, however busy the machine is
AT_ONCE = 50  # calls
_PATTERN = ("Linear", "ReLU")
_PROMPT = "Write an nn.Module that applies a Linear layer and then ReLU; this sentence must not appear in any detail."


async def basic(provider: Provider) -> None:
    """What holds for any provider: typed results, no exceptions, calls side by side, cancelling, closing twice."""
    about = provider.about
    _must(isinstance(about, About) and bool(about.name), "`about` must be an About with a name")
    _typed(await _in_time(provider.answer(request_for(provider, 0)), "one call"))
    results = await _in_time(
        asyncio.gather(*(provider.answer(request_for(provider, sample)) for sample in range(AT_ONCE))),
        f"{AT_ONCE} calls at once",
    )
    for result in results:
        _typed(result)
    await _cancelled(provider)
    _typed(await _in_time(provider.answer(request_for(provider, 1)), "a call after a cancelled one"))
    for _ in range(2):
        await _in_time(provider.aclose(), "`aclose`")


def request_for(provider: Provider, sample: int, max_output_tokens: int = 16384) -> Request:
    """A request such as a run makes; where the provider brings its patterns, one of those."""
    patterns = provider.about.patterns or (_PATTERN,)
    index = sample % len(provider.about.patterns) if provider.about.patterns else sample
    messages = (Message("system", "You write PyTorch modules."), Message("user", f"{_PROMPT} Variant {sample}."))
    return Request(
        index, 1, patterns[index % len(patterns)], "SynthModel_Linear_ReLU", 7, 0.7, messages, max_output_tokens
    )


@dataclass(frozen=True)
class Case:
    """One behaviour of the mock server, and what a call must make of it: a kind, or None for an answer."""

    name: str
    behaviour: Behaviour
    expected: FailureKind | None
    before: int = 0  # calls that use something up first
    hinted: bool | None = None  # whether the failure must say, or must not know, how long to wait
    timeout: float = PATIENCE
    max_output_tokens: int = 16384


def cases(protocol: Literal["openai", "gemini"]) -> tuple[Case, ...]:
    """Every fault of the mock server that the protocol can express."""
    hints = ["retry-after", "retry-after-ms", "http-date", "ratelimit-reset", "message"]
    if protocol == "gemini":
        hints.append("retry-info")
    slow = ((0.0, 0.05),)  # one request in 20 s: the next is told to wait
    kinds = FailureKind
    return (
        Case("an answer", Behaviour(), None),
        Case("a dripping body", Behaviour(drip_rate=1, drip_seconds=0.2), None),
        *(Case(f"429 with {hint}", _limited(slow, hint), kinds.RATE_LIMITED, 1, True) for hint in hints),
        Case("429 without a hint", _limited(slow, "none"), kinds.RATE_LIMITED, 1, False),
        Case("a daily quota", Behaviour(daily_quota=1), kinds.QUOTA_EXHAUSTED, 1),
        Case("no funds", Behaviour(funds=1), kinds.QUOTA_EXHAUSTED, 1),
        Case("503", Behaviour(max_in_flight=0), kinds.OVERLOADED),
        Case("529", Behaviour(max_in_flight=0, overload_status=529), kinds.OVERLOADED),
        Case("500", Behaviour(error_rate=1), kinds.TRANSIENT),
        Case("502 with a page", Behaviour(gateway_rate=1), kinds.TRANSIENT),
        Case("a reset connection", Behaviour(reset_rate=1), kinds.TRANSIENT),
        Case("a truncated body", Behaviour(truncate_rate=1), kinds.TRANSIENT),
        Case("a malformed body", Behaviour(malformed_rate=1), kinds.TRANSIENT),
        Case("no answer in time", Behaviour(hang_rate=1), kinds.TRANSIENT, timeout=0.5),
        Case("a wrong key", Behaviour(key="another key"), kinds.BAD_KEY),
        Case("an unknown model", Behaviour(models=("another-model",)), kinds.UNKNOWN_MODEL),
        Case("too long a prompt", Behaviour(context_tokens=1), kinds.CONTEXT_TOO_LONG),
        Case("a blocked prompt", Behaviour(blocked_rate=1), kinds.BLOCKED),
        Case("a blocked answer", Behaviour(blocked_rate=1, blocked_at="answer"), kinds.BLOCKED),
        Case("only reasoning", Behaviour(reasoning_rate=1), kinds.REASONING_EXHAUSTED, max_output_tokens=500),
        Case("reasoning and an answer", Behaviour(reasoning_rate=1), None),
    )


def _limited(schedule: tuple[tuple[float, float], ...], hint: str) -> Behaviour:
    return Behaviour(requests_per_second=schedule, hint=(hint,))


async def check(open_provider: Callable[[Options], Provider], protocol: Literal["openai", "gemini"]) -> None:
    """`basic`, then every case: the kind, the hint, the usage, and that one call was one request."""
    async with MockServer(Behaviour()) as server:
        await basic(await _open(open_provider, server, protocol, PATIENCE))
    for case in cases(protocol):
        async with MockServer(case.behaviour) as server:
            provider = await _open(open_provider, server, protocol, case.timeout)
            try:
                await _check_case(provider, case, server)
            finally:
                await provider.aclose()


async def _open(
    open_provider: Callable[[Options], Provider], server: MockServer, protocol: str, timeout: float
) -> Provider:
    url = server.gemini_url if protocol == "gemini" else server.openai_url
    # In a thread: opening may ask the server something, and the server is in this one.
    return await asyncio.to_thread(open_provider, Options(base_url=url, request_timeout=timeout))


async def _check_case(provider: Provider, case: Case, server: MockServer) -> None:
    for sample in range(case.before):
        await _in_time(provider.answer(request_for(provider, sample)), case.name)
    asked = server.stats()["requests"]
    request = request_for(provider, case.before, case.max_output_tokens)
    result = await _in_time(provider.answer(request), case.name)
    _typed(result)
    extra = server.stats()["requests"] - asked - 1
    _must(extra == 0, f"{case.name}: one call must be one request, not {extra + 1}")
    if case.expected is None:
        _must(
            isinstance(result, Answer) and bool(result.text), f"{case.name}: expected an answer, got {_shown(result)}"
        )
        _must(bool(result.usage.prompt_tokens and result.usage.output_tokens), f"{case.name}: usage must be told")
        return
    _must(
        isinstance(result, Failure) and result.kind is case.expected,
        f"{case.name}: expected {case.expected.value}, got {_shown(result)}",
    )
    assert isinstance(result, Failure)
    if case.hinted is not None:
        told = result.retry_after is not None and 0 < result.retry_after < 60
        _must(told if case.hinted else result.retry_after is None, f"{case.name}: retry_after is {result.retry_after}")
    if case.expected is FailureKind.REASONING_EXHAUSTED:
        _must(bool(result.usage.output_tokens), f"{case.name}: reasoning is billed, so usage must be told")


async def _cancelled(provider: Provider) -> None:
    """A cancelled call ends at once: as cancelled, or with a result where it was done before."""
    task = asyncio.ensure_future(provider.answer(request_for(provider, 0)))
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=PATIENCE)
    _must(bool(done), "a cancelled call must end")
    if not task.cancelled():
        _typed(task.result())


async def _in_time(awaitable: Any, what: str) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            return await awaitable
    except TimeoutError:
        raise AssertionError(f"{what}: no end within {PATIENCE:g} s") from None
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__} must not leave a provider") from error


def _typed(result: object) -> None:
    """An Answer or a Failure whose fields are what the interface says, with nothing private in the detail."""
    _must(
        isinstance(result, Answer | Failure), f"the result must be an Answer or a Failure, not {type(result).__name__}"
    )
    assert isinstance(result, Answer | Failure)
    _must(isinstance(result.usage, Usage), "`usage` must be a Usage")
    detail = result.detail
    _must(isinstance(detail, str) and detail.isprintable() and len(detail) <= 400, "`detail` must be one short line")
    _must(redact(detail) == detail, "`detail` must not hold what looks like a key")
    _must(_PROMPT not in detail, "`detail` must not quote the prompt")
    if isinstance(result, Answer):
        _must(result.text is None or isinstance(result.text, str), "`text` must be a text or None")
        _must(result.text is not None or bool(detail), "an answer without text must say why in `detail`")
        return
    _must(isinstance(result.kind, FailureKind) and bool(detail), "a failure needs a FailureKind and a detail")
    wait = result.retry_after
    _must(wait is None or wait >= 0, "`retry_after` must be seconds from 0, or None")


def _shown(result: object) -> str:
    return f"{result.kind.value} ({result.detail})" if isinstance(result, Failure) else "an answer"


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
