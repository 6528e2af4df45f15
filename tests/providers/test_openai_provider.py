"""`openai` over real sockets: what is sent, and what is made of every form of answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from provider_stub import REQUEST, Stub, stub

from synth.errors import UsageError
from synth.mock_server import Behaviour, MockServer
from synth.providers import Answer, Failure, FailureKind, Options, Request, Usage, open_provider
from synth.providers.openai import DEFAULT_MODEL

KEY = "sk-test-1234567890"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def chat(content: object, finish: str = "stop", usage: object = None, **message: object) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **message}
    return {
        "id": "x",
        "model": "the-model-0613",
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": usage,
    }


def ask(*replies: object, times: int = 1, request: Request = REQUEST, **options: Any) -> tuple[list[Any], Stub]:
    async def main() -> tuple[list[Any], Stub]:
        async with stub(*replies) as server:
            provider = open_provider("openai:some-model", Options(base_url=server.url, **options))
            results = [await provider.answer(request) for _ in range(times)]
            await provider.aclose()
            return results, server

    return asyncio.run(main())


def test_the_chat_request() -> None:
    (answer,), server = ask(chat("code"))
    assert answer == Answer("code", "", Usage(), "the-model-0613", "stop")
    ((path, headers, body),) = server.asked
    assert path == "/v1/chat/completions" and headers["authorization"] == f"Bearer {KEY}"
    seed = body.pop("seed")
    assert 0 <= seed < 2**31
    assert body == {
        "model": "some-model",
        "temperature": 0.7,
        "max_completion_tokens": 321,
        "messages": [{"role": turn.role, "content": turn.content} for turn in REQUEST.messages],
    }


def test_the_seed_is_the_samples_and_the_attempts() -> None:
    def seed(**changes: Any) -> int:
        _, server = ask(chat("x"), request=replace(REQUEST, **changes))
        sent: int = server.asked[0][2]["seed"]
        return sent

    assert seed() == seed()
    assert len({seed(), seed(sample=4), seed(attempt=2), seed(seed=8)}) == 4


def test_the_completions_request() -> None:
    reply = {"model": "m", "choices": [{"text": "code", "finish_reason": "length"}]}
    (answer,), server = ask(reply, api="completions")
    assert answer == Answer("code", "", Usage(), "m", "length")
    ((path, _, body),) = server.asked
    assert path == "/v1/completions" and body["max_tokens"] == 321 and "messages" not in body
    assert body["prompt"] == (
        "System:\nYou write PyTorch modules.\n\nUser:\nApply Linear, then ReLU.\n\n"
        "Assistant:\n```python\nnot right\n```\n\nUser:\nThat failed: repair it.\n\nAssistant:\n"
    )
    assert body["stop"] == ["\n\nUser:\n"]


def test_usage() -> None:
    counted = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 20},
        "cost": 0.00012,
    }
    for given, expected in (
        (counted, Usage(100, 64, 50, 20, 0.00012)),
        ({"prompt_tokens": 1, "completion_tokens": 2}, Usage(1, None, 2)),
        ({"prompt_tokens": "many", "completion_tokens": -1, "cost": "free", "prompt_tokens_details": 3}, Usage()),
    ):
        (answer,), _ = ask(chat("x", usage=given))
        assert answer.usage == expected


def test_answers_in_unusual_forms() -> None:
    bodies_and_texts = [
        (chat([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab"),
        (chat("é 中 🦙"), "é 中 🦙"),
        (b'{"choices": [{"message": {"content": "\\ud83e\\udd99 \\ud83e"}}]}', "🦙 \ufffd"),
        (chat("half an ans", finish="length"), "half an ans"),
        (chat("said", reasoning_content="thought"), "said"),
    ]
    answers, _ = ask(*(body for body, _ in bodies_and_texts), times=len(bodies_and_texts))
    assert [answer.text for answer in answers] == [text for _, text in bodies_and_texts]
    for answer in answers:
        answer.text.encode()  # what cannot be stored would end the run


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (chat("", finish="length"), FailureKind.REASONING_EXHAUSTED),
        (chat(None, finish="length", reasoning_content="hm"), FailureKind.REASONING_EXHAUSTED),
        (chat(None, refusal="I cannot help with that."), FailureKind.BLOCKED),
        (chat("half", finish="content_filter"), FailureKind.BLOCKED),
        (b'{"choices": [{"message": {"conte', FailureKind.TRANSIENT),
        (b"<html>signed out</html>", FailureKind.TRANSIENT),
        ([], FailureKind.TRANSIENT),
        ({"choices": []}, FailureKind.TRANSIENT),
        ({"choices": [None]}, FailureKind.TRANSIENT),
        ({"error": {"code": 429, "message": "slow down"}}, FailureKind.RATE_LIMITED),
        ({"error": {"code": "x", "message": "provider failed"}}, FailureKind.TRANSIENT),
    ],
)
def test_status_200_without_an_answer(body: object, kind: FailureKind) -> None:
    (failure,), _ = ask(body)
    assert isinstance(failure, Failure) and failure.kind is kind
    assert "cannot help" not in failure.detail and "signed" not in failure.detail


def test_an_empty_answer_says_so_and_keeps_its_cost() -> None:
    (answer,), _ = ask(chat("  \n", usage={"prompt_tokens": 5, "completion_tokens": 7}, reasoning="long thought"))
    assert isinstance(answer, Answer) and answer.text is None and answer.usage.output_tokens == 7
    assert answer.detail == "the model ended without a text, after reasoning"


def test_a_temperature_that_the_model_does_not_take_is_left_out_from_then_on() -> None:
    message = "Unsupported value: 'temperature' does not support 0.7 with this model."
    refusal = {"error": {"message": message, "param": "temperature", "code": "unsupported_value"}}
    results, server = ask((400, refusal), chat("code"), times=3)
    assert [result.text for result in results] == ["code"] * 3
    assert ["temperature" in body for _, _, body in server.asked] == [True, False, False, False]


def test_what_the_server_makes_up_can_be_stored() -> None:
    odd = chat("code", usage={"prompt_tokens": 10**20, "completion_tokens": 7}) | {"model": "m\ud800"}
    (answer,), _ = ask(odd)
    assert answer.model.encode() and answer.usage == Usage(output_tokens=7)


def test_one_call_is_one_request_whatever_the_server_says() -> None:
    for status in (408, 409, 429, 500, 503):
        (failure,), server = ask((status, {"retry-after": "0", "x-should-retry": "true"}, {}))
        assert isinstance(failure, Failure) and failure.status == status and len(server.asked) == 1


def test_nobody_listens() -> None:
    async def main() -> Answer | Failure:
        async with stub({}) as server:
            url = server.url
        provider = open_provider("openai", Options(base_url=url))
        try:
            return await provider.answer(REQUEST)
        finally:
            await provider.aclose()

    failure = asyncio.run(main())
    assert failure == Failure(FailureKind.TRANSIENT, "connection failed: Connection refused", sent=False)


def test_a_call_beyond_the_pool_still_gets_its_turn() -> None:
    async def main() -> None:
        async with MockServer(Behaviour(answers="text:500", latency="0.05")) as server:
            provider = open_provider("openai", Options(base_url=server.openai_url, max_in_flight=2))
            results = await asyncio.gather(*(provider.answer(replace(REQUEST, sample=i)) for i in range(20)))
            await provider.aclose()
            assert all(isinstance(result, Answer) for result in results)
            assert server.stats()["max_in_flight"] == 2

    asyncio.run(main())


def test_the_endpoint_and_the_default_model() -> None:
    about = open_provider("openai").about
    assert (about.name, about.model, about.prompted) == ("openai", DEFAULT_MODEL, True)
    assert about.endpoint == f"api.openai.com/v1 {DEFAULT_MODEL}"
    about = open_provider("openai:m", Options(base_url="https://user:secret@proxy.example:8443/a/b/")).about
    assert about.endpoint == "proxy.example:8443/a/b m"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://", "http://x:99999", "http://[::1"])
def test_a_bad_base_url(url: str) -> None:
    with pytest.raises(UsageError, match="base_url="):
        open_provider("openai", Options(base_url=url))


def test_a_missing_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"model_name=openai:m: needs a key; set OPENAI_API_KEY .*\.env"):
        open_provider("openai:m")
