"""The mock server's limits: what the schedule allows, what is let in, and how it says when to come back."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import Any

import aiohttp
import openai
import pytest
from google.genai import errors
from hypothesis import given
from hypothesis import strategies as st
from mock_clients import asking, serving

from synth.mock_server import Behaviour, MockServer
from synth.mock_server.limits import Allowance

SCHEDULE = ((0.0, 5.0), (10.0, 1.0), (30.0, 5.0))


def test_the_total_follows_the_schedule() -> None:
    allowance = Allowance(SCHEDULE, burst=3)
    assert [allowance.total(at) for at in (0, 10, 20, 30, 32)] == [3, 53, 63, 73, 83]
    assert Allowance((), burst=1).total(9) is None


def test_a_refusal_tells_the_exact_wait_across_a_change_of_rate() -> None:
    allowance = Allowance(((0.0, 2.0), (1.0, 0.0), (4.0, 0.5)), burst=1)
    assert allowance.take(0.0) == 0
    assert allowance.take(0.25) == pytest.approx(0.25)
    assert allowance.take(0.5) == 0
    assert allowance.take(0.9) == pytest.approx(0.1)
    assert allowance.take(1.0) == 0
    assert allowance.take(2.0) == pytest.approx(4.0)  # nothing until 4, then half a token a second
    assert allowance.take(6.0) == 0
    assert Allowance(((0.0, 0.0),), burst=1).take(0.0) == 0


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=200),
    st.integers(1, 7),
    st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 9)), max_size=4),
)
def test_no_span_of_time_lets_in_more_than_the_burst_and_what_it_grants(
    gaps: list[float], burst: int, steps: list[tuple[float, float]]
) -> None:
    starts = [0.0]
    for gap, _ in steps:
        starts.append(starts[-1] + gap)
    schedule = tuple(zip(starts, [4.0, *(rate for _, rate in steps)], strict=True))
    allowance, total = Allowance(schedule, burst), Allowance(schedule, 0).total
    now, let_in = 0.0, []
    for gap in gaps:
        now += gap
        wait = allowance.take(now)
        if not wait:
            let_in.append(now)
        elif wait < 1e6:  # coming back when told to is right
            now += wait
            assert allowance.take(now) == 0
            let_in.append(now)
    for first, since in enumerate(let_in):
        for last in range(first, len(let_in)):
            granted = (total(let_in[last]) or 0) - (total(since) or 0)
            assert last - first + 1 <= burst + granted + 1e-6


@pytest.mark.parametrize("client", ["openai-aiohttp", "gemini-aiohttp"])
def test_clients_that_hammer_get_no_more_than_the_schedule(client: str) -> None:
    behaviour = Behaviour(requests_per_second=((0, 20), (1, 5), (1.5, 20)), burst=2, answers="text:10")

    async def visit(server: MockServer) -> dict[str, Any]:
        async with asking(server, client) as ask:

            async def hammer(number: int) -> None:
                while server.stats()["seconds"] < 2:
                    try:
                        await ask(seed=number)
                    except (openai.RateLimitError, errors.ClientError):
                        await asyncio.sleep(0.02)

            await asyncio.gather(*map(hammer, range(8)))
        return server.stats()

    stats = serving(behaviour, visit)
    assert stats["answered"] == stats["let_in"] <= stats["allowed_by_last_let_in"] <= stats["allowed"]
    assert stats["answered"] > 20  # of 34.5 allowed in two seconds
    assert stats["refused"]["rate_limited"] > 0
    assert stats["duplicates"] == stats["answered"] - 8


async def second_refused(server: MockServer, client: str) -> Any:
    async with asking(server, client) as ask:
        await ask()
        with pytest.raises((openai.RateLimitError, errors.ClientError)) as raised:
            await ask()
        return raised.value


@pytest.mark.parametrize("hint", ["retry-after", "retry-after-ms", "http-date", "ratelimit-reset", "message", "none"])
def test_openai_hints(hint: str) -> None:
    behaviour = Behaviour(requests_per_second=0.01, hint=(hint,))
    error = serving(behaviour, lambda server: second_refused(server, "openai-aiohttp"))
    headers = error.response.headers
    assert (error.status_code, error.code, error.type) == (429, "rate_limit_exceeded", "requests")
    assert ("requests per min (RPM)" in error.message) and "Limit 1," in error.message
    match hint:
        case "retry-after":
            assert 90 <= int(headers["retry-after"]) <= 100
        case "retry-after-ms":
            assert 90_000 <= int(headers["retry-after-ms"]) <= 100_000
        case "http-date":
            assert 85 <= parsedate_to_datetime(headers["retry-after"]).timestamp() - time() <= 101
        case "ratelimit-reset":
            assert headers["x-ratelimit-reset-requests"].startswith("1m3")
            assert headers["x-ratelimit-remaining-requests"] == "0"
        case "message":
            assert "Please try again in 9" in error.message
    if hint != "retry-after" and hint != "http-date":
        assert "retry-after" not in headers
    if hint != "message":
        assert "try again" not in error.message


@pytest.mark.parametrize("daily", [False, True])
def test_gemini_retry_info_and_which_quota_it_is(daily: bool) -> None:
    limit = {"daily_quota": 1} if daily else {"requests_per_second": 0.01}
    behaviour = Behaviour(hint=("retry-info", "message"), **limit)
    error = serving(behaviour, lambda server: second_refused(server, "gemini-aiohttp"))
    quota, retry = error.details["error"]["details"]
    assert quota["@type"] == "type.googleapis.com/google.rpc.QuotaFailure"
    assert ("PerDay" if daily else "PerMinute") in quota["violations"][0]["quotaId"]
    assert retry["@type"] == "type.googleapis.com/google.rpc.RetryInfo"
    assert float(retry["retryDelay"].removesuffix("s")) == pytest.approx(3600 if daily else 95, abs=5)
    assert "Please retry in" in error.message


def test_a_crowd_is_let_in_up_to_the_limit_and_the_rest_told_it_is_overloaded() -> None:
    async def visit(server: MockServer) -> tuple[list[int], dict[str, Any]]:
        body = {"model": "m", "messages": [{"role": "user", "content": "operators: ReLU"}]}

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def one(number: int) -> int:
                async with session.post(f"{server.openai_url}/chat/completions", json={**body, "seed": number}) as got:
                    await got.read()
                    return got.status

            statuses = await asyncio.gather(*map(one, range(600)))
        return statuses, server.stats()

    statuses, stats = serving(Behaviour(latency="2", max_in_flight=500, answers="text:10"), visit)
    assert stats["max_in_flight"] == statuses.count(200) == 500
    assert statuses.count(503) == stats["refused"]["overloaded"] == 100


def test_a_server_with_slots_refuses_nobody_but_lets_them_wait_in_line() -> None:
    async def visit(server: MockServer) -> tuple[float, dict[str, Any]]:
        async with asking(server, "openai-aiohttp") as ask:
            began = monotonic()
            await asyncio.gather(*(ask(seed=number) for number in range(8)))
            return monotonic() - began, server.stats()

    seconds, stats = serving(Behaviour(latency="0.1", slots=2), visit)
    assert seconds >= 0.4
    assert (stats["answered"], stats["max_in_flight"]) == (8, 8)


def test_reset_starts_counts_and_schedule_anew() -> None:
    async def visit(server: MockServer) -> tuple[dict[str, Any], dict[str, Any]]:
        await second_refused(server, "openai-aiohttp")
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{server.address}/mock/reset") as got:
                assert got.status == 200
            async with session.get(f"{server.address}/mock/stats") as got:
                fresh = await got.json()
        await second_refused(server, "openai-aiohttp")
        return fresh, server.stats()

    fresh, stats = serving(Behaviour(requests_per_second=0.01), visit)
    assert (fresh["requests"], fresh["answered"], fresh["refused"], fresh["duplicates"]) == (0, 0, {}, 0)
    assert (stats["answered"], stats["refused"]) == (1, {"rate_limited": 1})
