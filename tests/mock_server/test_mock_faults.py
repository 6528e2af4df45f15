"""Every fault of the mock server, as the real SDKs see it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import openai
import pytest
from google.genai import errors
from mock_clients import CLIENTS, asking, outcome_of, serving, settled

from synth.mock_server import Behaviour, MockServer


def refusal_of(behaviour: Behaviour, client: str, **asked: Any) -> Any:
    """The error of the SDK for one request, or the answer where there was none."""

    async def visit(server: MockServer) -> Any:
        async with asking(server, client, key="a-wrong-key") as ask:
            try:
                return await ask(**asked)
            except (openai.APIStatusError, errors.APIError) as error:
                return error

    return serving(behaviour, visit)


@pytest.mark.parametrize(
    ("behaviour", "status", "code", "kind"),
    [
        (Behaviour(key="right"), 401, "invalid_api_key", openai.AuthenticationError),
        (Behaviour(models=("gpt-5",)), 404, "model_not_found", openai.NotFoundError),
        (Behaviour(context_tokens=5), 400, "context_length_exceeded", openai.BadRequestError),
        (Behaviour(blocked_rate=1), 400, "invalid_prompt", openai.BadRequestError),
        (Behaviour(funds=0), 429, "insufficient_quota", openai.RateLimitError),
        (Behaviour(daily_quota=0), 429, "rate_limit_exceeded", openai.RateLimitError),
        (Behaviour(max_in_flight=0), 503, None, openai.InternalServerError),
        (Behaviour(max_in_flight=0, overload_status=529), 529, None, openai.InternalServerError),
        (Behaviour(error_rate=1), 500, None, openai.InternalServerError),
    ],
)
def test_openai_errors(behaviour: Behaviour, status: int, code: str | None, kind: type) -> None:
    error = refusal_of(behaviour, "openai-httpx2")
    assert isinstance(error, kind)
    assert (error.status_code, error.code) == (status, code)
    assert error.body["message"]
    assert "a-wrong-key" not in str(error)


@pytest.mark.parametrize(
    ("behaviour", "status", "name", "words"),
    [
        (Behaviour(key="right"), 400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
        (Behaviour(models=("gemini-2.5-flash",)), 404, "NOT_FOUND", "models/m is not found"),
        (Behaviour(context_tokens=5), 400, "INVALID_ARGUMENT", "exceeds the maximum number of tokens allowed (5)"),
        (Behaviour(funds=0), 429, "RESOURCE_EXHAUSTED", "credits are depleted"),
        (Behaviour(daily_quota=0), 429, "RESOURCE_EXHAUSTED", "GenerateRequestsPerDayPerProject"),
        (Behaviour(max_in_flight=0), 503, "UNAVAILABLE", "overloaded"),
        (Behaviour(error_rate=1), 500, "INTERNAL", "internal error"),
    ],
)
def test_gemini_errors(behaviour: Behaviour, status: int, name: str, words: str) -> None:
    error = refusal_of(behaviour, "gemini-aiohttp")
    assert (error.code, error.status) == (status, name)
    assert words in str(error.details)
    assert "a-wrong-key" not in str(error)


def test_a_blocked_prompt_is_no_error_to_gemini() -> None:
    said = refusal_of(Behaviour(blocked_rate=1), "gemini-aiohttp")
    assert (said.text, said.finish, said.text_tokens) == ("", "PROHIBITED_CONTENT", 0)
    assert said.prompt_tokens > 0


@pytest.mark.parametrize(("client", "finish"), [("openai-aiohttp", "content_filter"), ("gemini-aiohttp", "SAFETY")])
def test_a_blocked_answer_is_empty(client: str, finish: str) -> None:
    said = refusal_of(Behaviour(blocked_rate=1, blocked_at="answer"), client)
    assert (said.text, said.finish) == ("", finish)


@pytest.mark.parametrize(("client", "finish"), [("openai-aiohttp", "length"), ("gemini-aiohttp", "MAX_TOKENS")])
def test_reasoning_eats_the_budget_until_that_is_large_enough(client: str, finish: str) -> None:
    behaviour = Behaviour(reasoning_rate=1, reasoning_needs=4000)
    eaten = refusal_of(behaviour, client, limit=1000)
    assert (eaten.text, eaten.finish, eaten.text_tokens, eaten.reasoning_tokens) == ("", finish, 0, 1000)
    enough = refusal_of(behaviour, client, limit=4000)
    assert enough.text
    assert enough.reasoning_tokens == 2000
    assert enough.reasoning_tokens + enough.text_tokens <= 4000


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", ["error", "gateway", "reset", "truncate", "malformed", "hang"])
def test_a_fault_reaches_the_client_and_is_counted(fault: str, client: str) -> None:
    async def visit(server: MockServer) -> dict[str, Any]:
        async with asking(server, client, timeout=1 if fault == "hang" else 20) as ask:
            with pytest.raises(Exception) as raised:
                await ask()
        if fault in ("error", "gateway"):
            status = getattr(raised.value, "status_code", None) or getattr(raised.value, "code", None)
            assert status == {"error": 500, "gateway": 502}[fault]
        else:
            assert not isinstance(raised.value, openai.APIStatusError | errors.APIError)
        return await settled(server)

    stats = serving(Behaviour(**{f"{fault}_rate": 1}), visit)
    assert (stats["requests"], stats["failed"], stats["answered"]) == (1, {fault: 1}, 0)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_dripping_body_arrives_whole_but_late(client: str) -> None:
    async def visit(server: MockServer) -> tuple[float, str, dict[str, Any]]:
        async with asking(server, client) as ask:
            began = time.monotonic()
            said = await ask()
            return time.monotonic() - began, said.text, server.stats()

    seconds, text, stats = serving(Behaviour(drip_rate=1, drip_seconds=0.5), visit)
    assert seconds >= 0.5
    assert "Final Pattern" in text
    assert stats["answered"] == 1


@pytest.mark.parametrize("latency", ["0.3", "uniform:0.3:0.4", "lognormal:0.3:0"])
def test_an_answer_takes_its_latency(latency: str) -> None:
    async def visit(server: MockServer) -> float:
        async with asking(server, "openai-aiohttp") as ask:
            began = time.monotonic()
            await ask()
            return time.monotonic() - began

    assert serving(Behaviour(latency=latency), visit) >= 0.3


MIXED = {
    "error_rate": 0.1,
    "gateway_rate": 0.1,
    "reset_rate": 0.1,
    "truncate_rate": 0.1,
    "malformed_rate": 0.1,
    "blocked_rate": 0.1,
    "reasoning_rate": 0.1,
    "faulty_rate": 0.3,
}


async def outcomes(server: MockServer, client: str, order: list[int]) -> dict[int, str]:
    async with asking(server, client) as ask:
        found = await asyncio.gather(*(outcome_of(ask(seed=number, limit=1000)) for number in order))
    return dict(zip(order, found, strict=True))


@pytest.mark.parametrize("client", ["openai-httpx2", "gemini-aiohttp"])
def test_the_same_seed_gives_every_request_the_same_fate_in_any_order(client: str) -> None:
    def run(seed: int, order: list[int]) -> Any:
        return serving(Behaviour(seed=seed, **MIXED), lambda server: outcomes(server, client, order))

    forward = run(1, list(range(40)))
    assert forward == run(1, list(range(39, -1, -1)))
    assert forward != run(2, list(range(40)))
    assert len(set(forward.values())) > 20


@pytest.mark.parametrize("client", ["openai-aiohttp", "gemini-httpx2"])
def test_every_request_is_accounted_for(client: str) -> None:
    async def visit(server: MockServer) -> dict[str, Any]:
        await outcomes(server, client, list(range(150)))
        return await settled(server)

    stats = serving(Behaviour(latency="uniform:0:0.05", max_in_flight=60, **MIXED), visit)
    spoken_for = stats["answered"] + sum(stats["refused"].values()) + sum(stats["failed"].values())
    assert stats["requests"] == 150 == spoken_for + stats["abandoned"]
    assert set(stats["failed"]) == {"error", "gateway", "reset", "truncate", "malformed"}
    assert stats["max_in_flight"] <= 60
    assert sum(stats["answered_per_second"]) == stats["answered"]


def test_a_request_is_a_duplicate_only_when_it_had_an_answer_with_text() -> None:
    async def visit(server: MockServer) -> list[int]:
        found = []
        async with asking(server, "openai-aiohttp") as ask:
            for limit in (1000, 4000, 4000):
                await ask(limit=limit)
                found.append(server.stats()["duplicates"])
        return found

    assert serving(Behaviour(reasoning_rate=1, reasoning_needs=4000), visit) == [0, 0, 1]


def test_a_client_that_leaves_is_counted_as_such() -> None:
    async def visit(server: MockServer) -> dict[str, Any]:
        async with asking(server, "openai-aiohttp") as ask:
            task = asyncio.create_task(ask())
            while not server.stats()["in_flight"]:
                await asyncio.sleep(0.01)
            task.cancel()
            return await settled(server)

    stats = serving(Behaviour(latency="60"), visit)
    assert (stats["abandoned"], stats["answered"], stats["in_flight"]) == (1, 0, 0)
