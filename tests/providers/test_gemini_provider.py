"""`gemini` over real sockets: what is sent, and what is made of every form of answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from provider_stub import REQUEST, Stub, stub

from synth.errors import UsageError
from synth.providers import Answer, Failure, FailureKind, Options, Usage, open_provider

KEY = "AIzaTest1234567890"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")  # must not send the key to another service


def reply(*parts: dict[str, Any], finish: str | None = "STOP", usage: object = None, **more: object) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, "index": 0}
    return {"candidates": [candidate], "modelVersion": "the-model-001", "usageMetadata": usage, **more}


def ask(*replies: object, times: int = 1, **options: Any) -> tuple[list[Any], Stub]:
    async def main() -> tuple[list[Any], Stub]:
        async with stub(*replies) as server:
            provider = open_provider("gemini:models/some-model", Options(base_url=server.url, **options))
            results = [await provider.answer(REQUEST) for _ in range(times)]
            await provider.aclose()
            return results, server

    return asyncio.run(main())


def test_the_request() -> None:
    (answer,), server = ask(reply({"text": "code"}))
    assert answer == Answer("code", "", Usage(), "the-model-001", "STOP")
    ((path, headers, body),) = server.asked
    assert path.endswith("/models/some-model:generateContent") and headers["x-goog-api-key"] == KEY
    assert 0 <= body["generationConfig"].pop("seed") < 2**31
    assert body["generationConfig"] == {"temperature": 0.7, "maxOutputTokens": 321}
    assert body["systemInstruction"]["parts"] == [{"text": "You write PyTorch modules."}]
    assert [(turn["role"], turn["parts"]) for turn in body["contents"]] == [
        ("user", [{"text": "Apply Linear, then ReLU."}]),
        ("model", [{"text": "```python\nnot right\n```"}]),
        ("user", [{"text": "That failed: repair it."}]),
    ]
    assert body.keys() == {"generationConfig", "systemInstruction", "contents"}


def test_thoughts_are_output_that_is_not_text() -> None:
    usage = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 64,
        "candidatesTokenCount": 30,
        "thoughtsTokenCount": 20,
        "totalTokenCount": 150,
    }
    (answer,), _ = ask(reply({"text": "hm", "thought": True}, {"text": "a"}, {"text": "b"}, usage=usage))
    assert (answer.text, answer.usage) == ("ab", Usage(100, 64, 50, 20))
    (answer,), _ = ask(reply({"text": "a"}, usage={"promptTokenCount": 7, "candidatesTokenCount": 2}))
    assert answer.usage == Usage(7, 0, 2, 0)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (reply(finish="MAX_TOKENS"), FailureKind.REASONING_EXHAUSTED),
        (reply({"text": "hm", "thought": True}, finish="MAX_TOKENS"), FailureKind.REASONING_EXHAUSTED),
        (reply(finish="CONTINUATION"), FailureKind.REASONING_EXHAUSTED),
        (reply(finish="SAFETY"), FailureKind.BLOCKED),
        (reply({"text": "half"}, finish="RECITATION"), FailureKind.BLOCKED),
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, FailureKind.BLOCKED),
        ({"usageMetadata": {"promptTokenCount": 3}}, FailureKind.TRANSIENT),
        (b'{"candidates": [', FailureKind.TRANSIENT),
        (b"\xff\xfe", FailureKind.TRANSIENT),
        (b"", FailureKind.TRANSIENT),
        ([], FailureKind.TRANSIENT),
    ],
)
def test_status_200_without_an_answer(body: object, kind: FailureKind) -> None:
    (failure,), server = ask(body)
    assert isinstance(failure, Failure) and failure.kind is kind and "half" not in failure.detail
    assert len(server.asked) == 1


def test_what_was_spent_on_reasoning_alone_is_told() -> None:
    (failure,), _ = ask(reply(finish="MAX_TOKENS", usage={"promptTokenCount": 9, "thoughtsTokenCount": 321}))
    assert failure.usage == Usage(9, 0, 321, 321)
    assert failure.detail == "no text within 321 output tokens"


def test_an_answer_that_is_cut_off_or_empty() -> None:
    (cut,), _ = ask(reply({"text": "half a prog"}, finish="MAX_TOKENS"))
    assert (cut.text, cut.finish) == ("half a prog", "MAX_TOKENS")
    (continued,), server = ask(
        reply({"text": "half"}, finish="CONTINUATION") | {"continuationToken": "abc"},
        reply({"text": "never asked for"}),
    )
    assert (continued.text, len(server.asked)) == ("half", 1)
    (empty,), _ = ask(reply(finish="MALFORMED_RESPONSE"))
    assert (empty.text, empty.detail) == (None, "the model ended without a text (MALFORMED_RESPONSE)")


def test_the_delay_of_retry_info() -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38.5s"}
    error = {
        "error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Please retry in 3s.", "details": [detail]}
    }
    (failure,), server = ask((429, {"retry-after": "7"}, error))
    assert (failure.kind, failure.retry_after, len(server.asked)) == (FailureKind.RATE_LIMITED, 38.5, 1)


def test_nobody_listens_and_the_sdk_does_not_sleep_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> Answer | Failure:
        async with stub({}) as server:
            url = server.url
        provider = open_provider("gemini", Options(base_url=url))
        slept = []
        monkeypatch.setattr("google.genai._api_client.asyncio.sleep", lambda seconds: slept.append(seconds))
        try:
            return await provider.answer(REQUEST)
        finally:
            await provider.aclose()
            assert slept == []

    assert asyncio.run(main()) == Failure(FailureKind.TRANSIENT, "connection failed: Connection refused", sent=False)


def test_with_both_variables_its_own_wins_and_no_log_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "AIzaTheOther123456")
    _, server = ask(reply({"text": "code"}))
    assert server.asked[0][1]["x-goog-api-key"] == KEY
    assert "GOOGLE_API_KEY" not in caplog.text


def test_either_variable_is_its_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(UsageError, match="set GEMINI_API_KEY or GOOGLE_API_KEY in the environment"):
        open_provider("gemini")
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    about = open_provider("gemini").about
    assert about.endpoint == f"generativelanguage.googleapis.com {about.model}"
