"""`local`: any OpenAI-compatible server, with or without a model's name, with or without a key."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from provider_stub import REQUEST, stub

from synth.errors import UsageError
from synth.providers import Options, open_provider

REPLY = {"choices": [{"message": {"content": "code"}, "finish_reason": "stop"}]}


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCAL_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-local-servers")


def ask(model_name: str, *replies: object, path: str = "") -> tuple[str, list[tuple[str, Mapping[str, str], Any]]]:
    """The model as `About` has it, and what the server was asked in a single call."""

    async def main() -> tuple[str, list[tuple[str, Mapping[str, str], Any]]]:
        async with stub(*replies) as server:
            provider = await asyncio.to_thread(open_provider, model_name, Options(base_url=server.url + path))
            assert provider.about.name == "local"
            await provider.answer(REQUEST)
            await provider.aclose()
            return provider.about.model, server.asked

    return asyncio.run(main())


def test_a_named_model_is_asked_at_once() -> None:
    model, ((path, headers, body),) = ask("local:qwen2.5-coder:7b", REPLY)
    assert model == body["model"] == "qwen2.5-coder:7b"
    assert path == "/v1/chat/completions" and headers["authorization"] == "Bearer none"
    assert body["max_tokens"] == 321 and "max_completion_tokens" not in body


def test_without_a_name_it_is_the_servers_first_model() -> None:
    models = {"object": "list", "data": [{"id": "first", "object": "model"}, {"id": "second", "object": "model"}]}
    model, asked = ask("local", models, REPLY, path="/v1/")
    assert model == "first"
    assert [path for path, _, _ in asked] == ["/v1/models", "/v1/chat/completions"]


def test_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_API_KEY", "my-own-key")
    _, ((_, headers, _),) = ask("local:m", REPLY)
    assert headers["authorization"] == "Bearer my-own-key"


@pytest.mark.parametrize(
    ("reply", "said"),
    [((404, {}), "HTTP 404"), ({"object": "list", "data": []}, "names no model"), (b"not json", "local:MODEL")],
)
def test_a_server_that_does_not_name_its_models(reply: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask("local", reply)


def test_where_the_server_is_must_be_said_and_true() -> None:
    with pytest.raises(UsageError, match="base_url=http://localhost:8000/v1"):
        open_provider("local:m")

    async def gone() -> str:
        async with stub({}) as server:
            return server.url

    with pytest.raises(UsageError, match=r"no answer.*is the server up"):
        open_provider("local", Options(base_url=asyncio.run(gone())))
