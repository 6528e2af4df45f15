"""Batch endpoints over real sockets: what is sent, and what is made of every form of answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from provider_stub import REQUEST, Stub, stub

from synth.providers import Answer, Failure, FailureKind, Options, Usage, open_provider
from synth.providers.batches import BatchEndpoint, Job, Line, batch_endpoint, key_of

OTHER = replace(REQUEST, sample=4)
NOW = int(time.time())


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaTest1234567890")


def use(who: str, call: Callable[[BatchEndpoint], Awaitable[Any]], *replies: object) -> tuple[Any, Stub]:
    async def main() -> tuple[Any, Stub]:
        async with stub(*replies) as server:
            provider = open_provider(f"{who}:some-model", Options(base_url=server.url))
            endpoint = batch_endpoint(provider)
            assert endpoint is not None
            result = await call(endpoint)
            await provider.aclose()
            return result, server

    return asyncio.run(main())


async def collected(endpoint: BatchEndpoint) -> tuple[Job, dict[str, Line] | Failure]:
    job = await endpoint.look("batches/1")
    assert isinstance(job, Job)
    return job, await endpoint.results(job)


def test_only_openai_and_gemini_have_one() -> None:
    local = open_provider("local:m", Options(base_url="http://localhost:1/v1"))
    assert batch_endpoint(local) is None
    assert batch_endpoint(open_provider("builtin")) is None


# -- openai -------------------------------------------------------------------------------------------------


def batch(status: str = "completed", **more: Any) -> dict[str, Any]:
    around = {"object": "batch", "completion_window": "24h", "endpoint": "/v1/chat/completions", "input_file_id": "f"}
    counts = {"total": 5, "completed": 3, "failed": 1}
    return {"id": "batch_1", "created_at": NOW, "status": status, "request_counts": counts, **around, **more}


def jsonl(*lines: object) -> bytes:
    return b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)


def line(key: str, status: int = 200, body: object = None, error: object = None) -> dict[str, Any]:
    response = None if error else {"status_code": status, "request_id": "r", "body": body}
    return {"id": "x", "custom_id": key, "response": response, "error": error}


GOOD = {
    "model": "the-model",
    "choices": [{"message": {"content": "code"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 50},
}


def test_what_openai_is_sent() -> None:
    file = {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "r", "purpose": "batch"}
    job, server = use("openai", lambda it: it.submit("token", [REQUEST, OTHER]), file, batch("validating"))
    assert job == Job("batch_1", "validating", done=4)
    (upload, _, form), (create, _, asked) = server.asked
    assert (upload, create) == ("/v1/files", "/v1/batches")
    lines = [json.loads(text) for text in form.splitlines() if text.startswith("{")]
    assert [one["custom_id"] for one in lines] == ["3-1", "4-1"]
    assert {(one["method"], one["url"]) for one in lines} == {("POST", "/v1/chat/completions")}
    assert lines[0]["body"]["max_completion_tokens"] == 321
    assert lines[0]["body"]["messages"][1] == {"role": "user", "content": "Apply Linear, then ReLU."}
    assert (asked["input_file_id"], asked["endpoint"]) == ("file-1", "/v1/chat/completions")
    assert asked["metadata"] == {"synth_batch": "token"}


def test_sizes_are_never_below_what_is_sent() -> None:
    strange = replace(REQUEST, messages=tuple(replace(turn, content='é\n"😀' * 200) for turn in REQUEST.messages))

    async def both(endpoint: BatchEndpoint) -> int:
        await endpoint.submit("token", [strange] * 20)
        return 20 * endpoint.size(strange)

    size, server = use("gemini", both, {"name": "batches/1", "metadata": {"state": "BATCH_STATE_PENDING"}})
    sent = json.dumps(server.asked[0][2])
    assert len(sent) <= size <= 1.5 * len(sent) + 20_000


def test_every_line_of_openais_files() -> None:
    errors = jsonl(
        line("1-1", error={"code": "batch_expired", "message": "too late"}),
        line("2-1", 500, {"error": {"message": "The server had an error"}}),
        line("3-1", 400, {"error": {"message": "context_length_exceeded: 9 tokens"}}),
        line("4-1", 0, None),
        b"not json\n\n",
    )
    (job, lines), _ = use(
        *("openai", collected, batch(error_file_id="e", output_file_id="o")), errors, jsonl(line("5-1", body=GOOD))
    )
    assert (job.ended, job.failure, job.done) == (True, None, 4)
    said = {key: one.read(REQUEST) for key, one in lines.items()}
    kinds = {key: one.kind if isinstance(one, Failure) else None for key, one in said.items()}
    assert kinds == {
        "1-1": FailureKind.OVERLOADED,
        "2-1": FailureKind.TRANSIENT,
        "3-1": FailureKind.CONTEXT_TOO_LONG,
        "4-1": FailureKind.TRANSIENT,
        "5-1": None,
    }
    assert said["5-1"] == Answer("code", "", Usage(100, None, 50, None), "the-model", "stop")
    assert lines["5-1"].usage.output_tokens == 50
    assert [key for key, one in lines.items() if one.worked] == ["3-1", "5-1"]


def test_a_field_that_openais_model_does_not_take_is_left_out_of_the_next_batch() -> None:
    refused = {"error": {"message": "Unsupported value: only the default", "param": "temperature", "code": "x"}}

    async def twice(endpoint: BatchEndpoint) -> tuple[Any, int, int]:
        before = endpoint.size(REQUEST)
        _, lines = await collected(endpoint)
        assert isinstance(lines, dict)
        return lines["3-1"].read(REQUEST), before, endpoint.size(REQUEST)

    (said, before, after), _ = use("openai", twice, batch(error_file_id="e"), jsonl(line("3-1", 400, refused)))
    assert said.kind is FailureKind.TRANSIENT
    assert after < before


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("token_limit_exceeded", "Enqueued token limit reached for m in organization o.", FailureKind.RATE_LIMITED),
        ("billing_hard_limit_reached", "Billing hard limit has been reached.", FailureKind.QUOTA_EXHAUSTED),
        ("model_not_found", "The provided model 'm' is not supported by the Batch API.", FailureKind.UNKNOWN_MODEL),
        ("invalid_json_line", "This line is not parseable as valid JSON.", FailureKind.BAD_REQUEST),
    ],
)
def test_why_openai_refuses_a_whole_batch(code: str, message: str, kind: FailureKind) -> None:
    errors = {"object": "list", "data": [{"code": code, "message": message, "line": 1, "param": None}]}
    job, _ = use("openai", lambda it: it.look("batch_1"), batch("failed", errors=errors))
    assert job.ended
    assert job.failure == Failure(kind, message)


def test_a_job_of_ours_is_found_among_openais_and_not_sought_for_ever() -> None:
    ours = batch(id="batch_7", metadata={"synth_batch": "token"})
    listed = {"object": "list", "data": [batch(metadata={"synth_batch": "else"}), ours], "has_more": False}
    found, _ = use("openai", lambda it: it.find("token", NOW), listed)
    assert found.id == "batch_7"
    old = {"object": "list", "data": [batch(created_at=NOW - 90_000)], "has_more": True}
    found, server = use("openai", lambda it: it.find("token", NOW), old)
    assert found is None
    assert len(server.asked) == 1


# -- gemini -------------------------------------------------------------------------------------------------


def operation(state: str, *inlined: object, output: str = "metadata", **more: Any) -> dict[str, Any]:
    answers = {"inlinedResponses": {"inlinedResponses": list(inlined)}}
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW))
    metadata = {"state": f"BATCH_STATE_{state}", "createTime": created, "displayName": "synth-token"}
    if output == "metadata":
        return {"name": "batches/1", "metadata": {**metadata, "output": answers}, **more}
    return {"name": "batches/1", "metadata": metadata, "response": answers, "done": True, **more}


def item(key: str | None, **said: object) -> dict[str, Any]:
    return {**said, **({} if key is None else {"metadata": {"key": key}})}


SAID = {
    "candidates": [{"content": {"parts": [{"text": "code"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 30, "thoughtsTokenCount": 20},
    "modelVersion": "the-model",
}


def test_what_gemini_is_sent() -> None:
    reply = {"name": "batches/1", "metadata": {"state": "BATCH_STATE_PENDING"}}
    job, server = use("gemini", lambda it: it.submit("token", [REQUEST, OTHER]), reply)
    assert job == Job("batches/1", "pending")
    ((path, _, body),) = server.asked
    assert path.endswith("/models/some-model:batchGenerateContent")
    assert body["batch"]["displayName"] == "synth-token"
    inline = body["batch"]["inputConfig"]["requests"]["requests"]
    assert [one["metadata"]["key"] for one in inline] == [key_of(REQUEST), key_of(OTHER)]
    asked = inline[0]["request"]
    assert asked["systemInstruction"]["parts"] == [{"text": "You write PyTorch modules."}]
    assert asked["generationConfig"]["maxOutputTokens"] == 321 and 0 <= asked["generationConfig"]["seed"] < 2**31
    assert [turn["role"] for turn in asked["contents"]] == ["user", "model", "user"]


@pytest.mark.parametrize("output", ["metadata", "response"])
def test_geminis_answers_are_told_by_their_keys_not_by_their_order(output: str) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": "x"}]
    inlined = [
        item("4-1", error={"code": 13, "message": "internal", "details": details}),
        item("3-1", response=SAID),
        item("5-1", error={"code": 3, "message": "The input token count (9) exceeds the maximum number of tokens"}),
        item("6-1", response={"promptFeedback": {"blockReason": "SAFETY"}}),
        item("7-1", error={"code": 1, "message": "cancelled"}),
        item(None, response=SAID),
    ]
    (job, lines), _ = use("gemini", collected, operation("SUCCEEDED", *inlined, output=output))
    assert (job.ended, job.failure) == (True, None)
    assert lines["3-1"].read(REQUEST) == Answer("code", "", Usage(100, 0, 50, 20), "the-model", "STOP")
    kinds = {key: said.kind for key, one in lines.items() if isinstance(said := one.read(REQUEST), Failure)}
    assert kinds == {
        "4-1": FailureKind.TRANSIENT,
        "5-1": FailureKind.CONTEXT_TOO_LONG,
        "6-1": FailureKind.BLOCKED,
        "7-1": FailureKind.TRANSIENT,
    }
    assert [key for key, one in lines.items() if one.worked] == ["3-1", "5-1", "6-1"]


def test_geminis_answers_without_keys_are_not_guessed_at() -> None:
    (_, lines), _ = use("gemini", collected, operation("SUCCEEDED", item(None, response=SAID)))
    assert lines.kind is FailureKind.BAD_REQUEST
    assert "which request" in lines.detail


def test_how_a_job_of_gemini_does() -> None:
    running = operation("RUNNING")
    running["metadata"]["batchStats"] = {"requestCount": "9", "successfulRequestCount": "5", "failedRequestCount": 1}
    job, server = use("gemini", lambda it: it.look("batches/1"), running)
    assert (job.state, job.ended, job.done) == ("running", False, 6)
    assert server.asked[0][0] == "/v1beta/batches/1"
    assert server.asked[0][1]["x-goog-api-key"] == "AIzaTest1234567890"
    error = {"code": 9, "message": "Billing hard limit has been reached."}
    job, _ = use("gemini", lambda it: it.look("batches/1"), operation("FAILED", error=error))
    assert job.failure == Failure(FailureKind.QUOTA_EXHAUSTED, "Billing hard limit has been reached.")
    assert use("gemini", lambda it: it.look("batches/1"), operation("FAILED"))[0].failure.detail


def test_a_job_of_ours_is_found_among_geminis_over_pages() -> None:
    other = operation("RUNNING")
    other["metadata"]["displayName"] = "mine"
    first, second = {"operations": [other], "nextPageToken": "p"}, {"operations": [operation("SUCCEEDED")]}
    found, server = use("gemini", lambda it: it.find("token", NOW), first, second)
    assert (found.id, found.state, len(server.asked)) == ("batches/1", "succeeded", 2)
    found, server = use("gemini", lambda it: it.find("token", NOW + 90_000), first)
    assert (found, len(server.asked)) == (None, 1)
    assert use("gemini", lambda it: it.find("token", NOW), {})[0] is None


@pytest.mark.parametrize("who", ["openai", "gemini"])
def test_failures_are_typed_and_quote_nothing(who: str) -> None:
    quoting = {"error": {"code": 400, "message": "bad: Apply Linear, then ReLU. That failed: repair it."}}
    said, _ = use(who, lambda it: it.submit("t", [REQUEST]), (400, quoting))
    assert said.kind is FailureKind.BAD_REQUEST and "repair" not in said.detail
    for call in (lambda it: it.look("x"), lambda it: it.find("t", 0.0), lambda it: it.submit("t", [REQUEST])):
        limited, _ = use(who, call, (429, {"retry-after": "7"}, {"error": {"code": 429, "message": "slow down"}}))
        assert (limited.kind, limited.retry_after) == (FailureKind.RATE_LIMITED, 7.0)
        assert use(who, call, (200, b"<html>"))[0].kind is FailureKind.TRANSIENT
    missing = {"error": {"code": 404, "message": "No batch found"}}
    assert use(who, lambda it: it.look("x"), (404, missing))[0].status == 404
