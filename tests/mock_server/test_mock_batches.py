"""The batch endpoints of both protocols, and models and files, through the real SDKs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest
from google.genai import errors, types
from mock_clients import gemini_client, openai_client, serving

from synth.mock_server import Behaviour, MockServer

CHAT = "/v1/chat/completions"
ENDED = ("completed", "expired", "failed", "cancelled")


def line(key: str, **body: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"Sample {key}. operators: Conv2d, ReLU"}]
    return {"custom_id": key, "method": "POST", "url": CHAT, "body": {"model": "m", "messages": messages, **body}}


async def submit(client: Any, lines: list[Any]) -> Any:
    text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    file = await client.files.create(file=("requests.jsonl", text.encode()), purpose="batch")
    return await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")


async def ended(client: Any, batch: Any) -> Any:
    seen = [batch.status]
    while batch.status not in ENDED:
        await asyncio.sleep(0.05)
        batch = await client.batches.retrieve(batch.id)
        seen.append(batch.status)
    return batch, seen


async def contents(client: Any, file_id: str | None) -> list[dict[str, Any]]:
    if file_id is None:
        return []
    return [json.loads(text) for text in (await client.files.content(file_id)).text.splitlines()]


def openai_batch(behaviour: Behaviour, lines: list[Any], cancel: bool = False) -> tuple[Any, list[str], Any, Any, Any]:
    async def visit(server: MockServer) -> Any:
        client = openai_client(server)
        batch = await submit(client, lines)
        if cancel:
            while batch.status == "validating" or not batch.request_counts.completed:
                await asyncio.sleep(0.02)
                batch = await client.batches.retrieve(batch.id)
            batch = await client.batches.cancel(batch.id)
        batch, seen = await ended(client, batch)
        good, bad = await contents(client, batch.output_file_id), await contents(client, batch.error_file_id)
        await client.close()
        return batch, seen, good, bad, server.stats()

    found: tuple[Any, list[str], Any, Any, Any] = serving(behaviour, visit)
    return found


def test_an_openai_batch_completes_with_every_answer_in_another_order() -> None:
    keys = [f"sample-{number}" for number in range(30)]
    batch, seen, good, bad, stats = openai_batch(Behaviour(batch_seconds=0.6), [line(key) for key in keys])
    assert seen[0] == "validating" and "in_progress" in seen and seen[-1] == "completed"
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (30, 30, 0)
    assert [each["custom_id"] for each in good] != keys
    assert {each["custom_id"] for each in good} == set(keys)
    assert all(
        "class Model(nn.Module)" in each["response"]["body"]["choices"][0]["message"]["content"] for each in good
    )
    assert bad == []
    assert (stats["batches"], stats["batch_requests"], stats["batch_answered"], stats["requests"]) == (1, 30, 30, 0)


def test_failed_lines_of_an_openai_batch_are_in_the_error_file() -> None:
    lines = [line("good"), line("stranger", model="other"), line("no-messages", messages=[])]
    batch, _, good, bad, _ = openai_batch(Behaviour(batch_seconds=0.2, models=("m",)), lines)
    assert batch.status == "completed"
    assert [each["custom_id"] for each in good] == ["good"]
    statuses = {each["custom_id"]: each["response"]["status_code"] for each in bad}
    assert statuses == {"stranger": 404, "no-messages": 400}
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 2)


def test_a_server_error_in_a_batch_does_not_come_again_for_ever() -> None:
    async def visit(server: MockServer) -> int:
        client, open_lines, rounds = openai_client(server), [line(str(number)) for number in range(20)], 0
        while open_lines:
            batch, _ = await ended(client, await submit(client, open_lines))
            failed = {each["custom_id"] for each in await contents(client, batch.error_file_id)}
            open_lines, rounds = [each for each in open_lines if each["custom_id"] in failed], rounds + 1
        await client.close()
        return rounds

    assert 1 < serving(Behaviour(batch_seconds=0.05, batch_error_rate=0.5), visit) < 30


def test_an_expired_openai_batch_gives_what_was_done_and_names_the_rest() -> None:
    behaviour = Behaviour(batch_seconds=0.2, batch_outcome="expired", batch_done=0.4)
    batch, _, good, bad, _ = openai_batch(behaviour, [line(str(number)) for number in range(10)])
    assert batch.status == "expired" and batch.expired_at
    assert {each["custom_id"] for each in good} == {"0", "1", "2", "3"}
    assert {each["custom_id"] for each in bad} == {"4", "5", "6", "7", "8", "9"}
    assert {each["error"]["code"] for each in bad} == {"batch_expired"}
    assert all(each["response"] is None for each in bad)


def test_a_cancelled_openai_batch_keeps_what_was_done() -> None:
    lines = [line(str(number)) for number in range(200)]
    batch, seen, good, _, _ = openai_batch(Behaviour(batch_seconds=2), lines, cancel=True)
    assert seen[0] == "cancelling" and batch.status == "cancelled"
    assert 0 < len(good) == batch.request_counts.completed < 200


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ([line("a"), line("a")], "duplicate_custom_id", 2),
        ([line("a"), "{"], "invalid_json_line", 2),
        ([line("a") | {"url": "/v1/completions"}], "invalid_url", 1),
        ([""], "empty_file", None),
    ],
)
def test_an_openai_file_that_is_wrong_fails_the_batch(lines: list[Any], code: str, at: int | None) -> None:
    batch, _, good, bad, _ = openai_batch(Behaviour(batch_seconds=0.1), lines)
    assert batch.status == "failed"
    assert [(error.code, error.line) for error in batch.errors.data] == [(code, at)]
    assert (good, bad) == ([], [])


def test_an_openai_batch_may_fail_as_a_whole() -> None:
    batch, *_ = openai_batch(Behaviour(batch_seconds=0.1, batch_outcome="failed"), [line("a")])
    assert batch.status == "failed"
    assert batch.errors.data[0].code == "billing_hard_limit_reached"


def test_openai_models_and_files() -> None:
    async def visit(server: MockServer) -> None:
        client = openai_client(server)
        assert [model.id async for model in client.models.list()] == ["gpt-5", "o4"]
        assert (await client.models.retrieve("o4")).id == "o4"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("o9")
        file = await client.files.create(file=("a.jsonl", b"x" * (3 << 20)), purpose="batch")
        assert (file.bytes, file.filename, file.purpose) == (3 << 20, "a.jsonl", "batch")
        assert (await client.files.retrieve(file.id)).id == file.id
        assert (await client.files.content(file.id)).read() == b"x" * (3 << 20)
        assert (await client.files.delete(file.id)).deleted
        for call in (client.files.retrieve(file.id), client.batches.retrieve("batch_none")):
            with pytest.raises(openai.NotFoundError):
                await call
        await client.close()

    serving(Behaviour(models=("gpt-5", "o4")), visit)


def test_gemini_models() -> None:
    async def visit(server: MockServer) -> None:
        models = gemini_client(server).aio.models
        assert [model.name async for model in await models.list()] == ["models/gemini-2.5-flash"]
        assert (await models.get(model="gemini-2.5-flash")).input_token_limit == 32768
        with pytest.raises(errors.ClientError, match="NOT_FOUND"):
            await models.get(model="gemini-9")

    serving(Behaviour(models=("gemini-2.5-flash",), context_tokens=32768), visit)


def gemini_batch(behaviour: Behaviour, count: int, cancel: bool = False) -> tuple[Any, list[str]]:
    async def visit(server: MockServer) -> tuple[Any, list[str]]:
        batches = gemini_client(server).aio.batches
        requests = [
            types.InlinedRequest(
                contents=f"Sample {number}. operators: Conv2d, ReLU",
                metadata={"key": str(number)},
                config=types.GenerateContentConfig(system_instruction="Be brief.", max_output_tokens=5000),
            )
            for number in range(count)
        ]
        job = await batches.create(model="gemini-2.5-flash", src=requests, config={"display_name": "mine"})
        assert [each.name async for each in await batches.list()] == [job.name]
        if cancel:
            await batches.cancel(name=job.name)
        seen = [job.state.name]
        while job.state.name in ("JOB_STATE_PENDING", "JOB_STATE_RUNNING"):
            await asyncio.sleep(0.05)
            job = await batches.get(name=job.name)
            seen.append(job.state.name)
        assert (job.display_name, job.model) == ("mine", "models/gemini-2.5-flash")
        return job, seen

    found: tuple[Any, list[str]] = serving(behaviour, visit)
    return found


def test_a_gemini_batch_succeeds_with_errors_among_its_answers() -> None:
    job, seen = gemini_batch(Behaviour(batch_seconds=0.6, batch_error_rate=0.3), 30)
    assert seen[0] == "JOB_STATE_PENDING" and "JOB_STATE_RUNNING" in seen and seen[-1] == "JOB_STATE_SUCCEEDED"
    results = job.dest.inlined_responses
    assert [each.metadata["key"] for each in results] == [str(number) for number in range(30)]
    texts = [each.response.text for each in results if each.response]
    assert all("Final Pattern: [Conv2d, ReLU]" in text for text in texts)
    assert {each.error.code for each in results if each.error} == {13}
    assert len(texts) + sum(each.error is not None for each in results) == 30


def test_a_blocked_prompt_in_a_gemini_batch_is_no_error() -> None:
    job, _ = gemini_batch(Behaviour(batch_seconds=0.1, blocked_rate=1), 2)
    reasons = [each.response.prompt_feedback.block_reason.name for each in job.dest.inlined_responses]
    assert reasons == ["PROHIBITED_CONTENT"] * 2


@pytest.mark.parametrize(("outcome", "state"), [("expired", "JOB_STATE_EXPIRED"), ("failed", "JOB_STATE_FAILED")])
def test_a_gemini_batch_that_does_not_succeed_gives_nothing_back(outcome: str, state: str) -> None:
    job, _ = gemini_batch(Behaviour(batch_seconds=0.1, batch_outcome=outcome), 4)
    assert job.state.name == state
    assert job.dest is None


def test_a_gemini_batch_can_be_cancelled() -> None:
    job, _ = gemini_batch(Behaviour(batch_seconds=1), 4, cancel=True)
    assert job.state.name == "JOB_STATE_CANCELLED"


def test_batches_of_an_unknown_model_or_by_a_wrong_key_are_refused() -> None:
    async def visit(server: MockServer) -> None:
        for key, words in (("right", "NOT_FOUND"), ("wrong", "API_KEY_INVALID")):
            batches = gemini_client(server, key=key).aio.batches
            with pytest.raises(errors.ClientError, match=words):
                await batches.create(model="gemini-9", src=[types.InlinedRequest(contents="x")])
        client = openai_client(server, key="wrong")
        with pytest.raises(openai.AuthenticationError):
            await submit(client, [line("a")])
        await client.close()

    serving(Behaviour(models=("m",), key="right"), visit)
