"""429s: the pace follows the server, nothing is lost, little is wasted, and no 60 seconds hold more than allowed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from math import ceil

import pytest
import virtual_time
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Bucket, Server, asker, now, request

from synth.asking import Call, Limits
from synth.asking.per_minute import Expectation, PerMinute
from synth.asking.rate import SLOWEST, Rate
from synth.providers.interface import Answer, Failure, FailureKind, Request, Usage

PHASE = 60.0
STORM = ((0.0, 5.0), (PHASE, 1.0), (2 * PHASE, 5.0))  # requests a second: the server drops to 1 and recovers


def exact(seconds: float) -> float:
    """retry-after-ms, RetryInfo, "try again in 0.3s"."""
    return seconds


def silent(seconds: float) -> None:
    return None


async def storm(server: Bucket, requests: int = 800) -> tuple[float, list[Call]]:
    """The share of what the server granted until the end of the storm; everything is answered in the end."""
    calls: list[Call] = []
    asks = asker(record=calls.append)
    answers = await asyncio.gather(*(asks.ask(server, request(sample)) for sample in range(requests)))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert len(server.admitted) == requests  # none lost, none asked twice
    end = 3 * PHASE
    return sum(at < end for at in server.admitted) / (server.granted(0, end) + server.burst), calls


@pytest.mark.parametrize("latency", [0.2, 1.5])
@pytest.mark.parametrize(("hint", "least"), [(exact, 0.94), (silent, 0.93), (ceil, 0.9)])
@pytest.mark.parametrize("burst", [5, 20])
def test_a_storm_is_used_to_nine_tenths(
    latency: float, hint: Callable[[float], float | None], least: float, burst: float
) -> None:
    server = Bucket(latency=lambda: latency, schedule=STORM, burst=burst, hint=hint)
    share, _ = virtual_time.run(storm(server))
    assert share >= least
    assert server.refused <= 0.2 * len(server.admitted)


def test_the_hardest_bucket_costs_more_but_nothing_is_lost() -> None:
    """One token and hints in whole seconds: each refusal is paid with a second of silence."""
    server = Bucket(schedule=STORM, burst=1, hint=ceil)
    share, _ = virtual_time.run(storm(server))
    assert share >= 0.6
    assert server.refused <= 0.1 * len(server.admitted)


def test_a_refusal_costs_no_attempt() -> None:
    server = Bucket(schedule=STORM, burst=1, hint=exact)
    _, calls = virtual_time.run(storm(server))
    assert {call.attempt for call in calls} == {1}
    assert {call.outcome for call in calls} == {"answer", FailureKind.RATE_LIMITED.value}
    assert sum(call.outcome != "answer" for call in calls) == server.refused > 0


def test_a_recovered_limit_is_found_within_seconds() -> None:
    server = Bucket(schedule=STORM, burst=5, hint=exact)
    virtual_time.run(storm(server))
    later = 2 * PHASE + 12
    assert sum(later <= at < later + 10 for at in server.admitted) >= 0.85 * 50


@given(st.lists(st.floats(0.5, 30), min_size=1, max_size=8))
@settings(deadline=None, max_examples=50)
def test_nothing_is_sent_before_the_longest_hint_is_over(hints: list[float]) -> None:
    pauses: list[tuple[float, float]] = []

    class Refusing(Server):
        async def answer(self, request: Request) -> Answer | Failure:
            self.arrivals.append((now(), request.sample))
            await asyncio.sleep(0.01 * request.sample)
            if not hints:
                return Answer("text")
            hint = hints.pop()
            pauses.append((now(), now() + hint))
            return Failure(FailureKind.RATE_LIMITED, "429", hint, 429)

    server = Refusing()

    async def main() -> None:
        asks = asker()
        await asyncio.gather(*(asks.ask(server, request(sample)) for sample in range(8)))

    virtual_time.run(main())
    for told, until in pauses:
        assert not [at for at, _ in server.arrivals if told + 1e-6 < at < until - 1e-5]


@given(st.floats(3, 300), st.floats(0.01, 5), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_no_minute_holds_more_requests_than_allowed(limit: float, latency: float, seed: int) -> None:
    server = Server(latency=lambda: latency * draw.random())
    draw, requests = random.Random(seed), int(3 * limit)

    async def main() -> None:
        asks = asker(Limits(requests_per_minute=limit))
        await asyncio.gather(*(asks.ask(server, request(sample)) for sample in range(requests)))

    virtual_time.run(main())
    times = [at for at, _ in server.arrivals]
    most = max(sum(start <= at <= start + 60 for at in times) for start in times)
    assert int(limit) * 0.99 <= most <= limit  # kept, and used
    assert times[-1] < 62 * (requests / int(limit)) + 60


@given(st.integers(8_000, 60_000), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_no_minute_holds_more_tokens_than_allowed(limit: int, seed: int) -> None:
    """By the server's own count, for outputs that keep to max_output_tokens and bytes that are a quarter token."""
    draw, used = random.Random(seed), list[tuple[float, int]]()

    class Counting(Server):
        async def respond(self, request: Request) -> Answer | Failure:
            entry = len(used)
            used.append((self.arrivals[-1][0], 0))
            prompt, output = len(request.messages[0].content) // 4, draw.randint(1, 1000)
            used[entry] = (used[entry][0], prompt + output)
            await asyncio.sleep(draw.uniform(0.1, 20))
            return Answer("text", usage=Usage(prompt_tokens=prompt, output_tokens=output))

    server = Counting(round_trip=0)

    async def main() -> None:
        asks = asker(Limits(tokens_per_minute=limit))
        prompts = ["x" * draw.randint(4, 4000) for _ in range(120)]
        await asyncio.gather(*(asks.ask(server, request(number, text)) for number, text in enumerate(prompts)))

    virtual_time.run(main())
    most = max(sum(tokens for at, tokens in used if start <= at <= start + 60) for start, _ in used)
    assert 0.4 * limit < most <= limit
    assert len(used) == 120


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 1500), st.integers(0, 1500)), max_size=40))
def test_the_log_never_holds_more_than_the_limit(steps: list[tuple[float, int, int]]) -> None:
    """What was sent in the last 60 s, at its true size where that is known and smaller than expected."""
    log, limit, clock = PerMinute(1000), 1000, 0.0
    sent: list[tuple[float, int]] = []
    for pause, expected, true in steps:
        clock = max(clock + pause, log.ready_at(clock + pause, expected))
        clock = max(clock, log.ready_at(clock, expected))
        entry = log.add(clock, expected)
        sent.append((clock, min(true, expected)))
        log.correct(entry, min(true, expected))
        recent = [amount for at, amount in sent if clock - 60 <= at]
        assert sum(recent) <= limit or len([amount for amount in recent if amount]) == 1


def test_a_request_larger_than_the_limit_goes_alone() -> None:
    log = PerMinute(100)
    assert log.ready_at(0, 500) == 0
    log.add(0, 500)
    assert log.ready_at(1, 1) == log.ready_at(1, 500) == pytest.approx(61)


def test_the_expectation_learns_from_the_servers_count() -> None:
    expectation, one = Expectation(), request(0, "x" * 400)
    assert expectation.tokens(one) == 100 + 1000  # nothing known: all that is allowed
    for _ in range(200):
        assert expectation.learn(one, Usage(prompt_tokens=200, output_tokens=50)) == 250
    assert expectation.tokens(one) == pytest.approx(1.25 * (200 + 135), abs=10)  # highest of late: 1000 * 0.99**200
    assert expectation.learn(one, Usage()) is None


def test_the_first_pace_is_what_was_let_in_not_what_was_sent() -> None:
    rate = Rate()
    for _ in range(8):
        rate.sent(0.0, paced=False)
    rate.refused(0.0, now=0.05, resume_at=1.05)
    for _ in range(5):
        rate.refused_too()
    assert rate.value == pytest.approx(2 / 1.05)  # 8 sent, 6 refused, and one is let in after 1.05 s


def test_a_burst_of_refusals_is_one_event_and_each_counts_as_not_let_in() -> None:
    async def main() -> float | None:
        asks = asker()
        server = Bucket(burst=2, hint=silent)
        tasks = [asyncio.create_task(asks.ask(server, request(sample))) for sample in range(20)]
        await asyncio.sleep(0.1)
        (state,) = asks.endpoints()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (state.refused, state.limit) == (6, 8)
        return state.rate

    assert virtual_time.run(main()) == 2  # eight at once: two let in, in less than a second


@given(st.lists(st.tuples(st.floats(0, 2), st.booleans(), st.floats(0, 3)), min_size=1, max_size=60))
def test_a_refused_pace_is_never_kept(steps: list[tuple[float, bool, float]]) -> None:
    rate, clock = Rate(), 0.0
    for pause, refused, hint in steps:
        clock = max(clock + pause, rate.next_at)
        rate.sent(clock, paced=True)
        before = rate.value
        if refused:
            clock += 0.05
            rate.refused(clock - 0.05, clock, clock + hint)
            assert rate.value is not None
            assert rate.value >= SLOWEST
            assert before is None or rate.value < before or rate.value == SLOWEST
            assert rate.next_at >= clock + hint
