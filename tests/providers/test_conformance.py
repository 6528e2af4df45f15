"""The conformance suite: every built-in provider holds to it, and what does not is caught."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from example_provider import Service
from provider_stub import stub

from synth.mock_server import Behaviour, MockServer
from synth.providers import (
    About,
    Answer,
    Failure,
    FailureKind,
    Options,
    Provider,
    Request,
    conformance,
    open_provider,
)
from synth.providers.builtin import Builtin

KEYS = {
    "OPENAI_API_KEY": "planted-key-that-looks-like-none-1",
    "GEMINI_API_KEY": "planted-key-that-looks-like-none-2",
    "LOCAL_API_KEY": "planted-key-that-looks-like-none-3",
}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)


@pytest.mark.parametrize(
    ("name", "protocol", "api"),
    [
        ("openai", "openai", "chat"),
        ("openai:m", "openai", "completions"),
        ("local:m", "openai", "chat"),
        ("local:m", "openai", "completions"),
        ("gemini", "gemini", "chat"),
    ],
)
def test_providers_with_a_server(
    name: str,
    protocol: Literal["openai", "gemini"],
    api: Literal["chat", "completions"],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    asyncio.run(conformance.check(lambda options: open_provider(name, replace(options, api=api)), protocol))
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    for private in (*KEYS.values(), "this sentence must not appear", "class SynthModel", "forward(self"):
        assert private not in logged


def test_providers_without_a_server(tmp_path: Path) -> None:
    asyncio.run(conformance.basic(open_provider("builtin")))
    file = tmp_path / "answers.json"
    file.write_text(json.dumps([{"pattern": ["ReLU"], "response": str(number)} for number in range(7)]))
    asyncio.run(conformance.basic(open_provider(f"replay:{file}")))


def test_the_example_of_the_readme() -> None:
    async def main() -> None:
        async with stub((200, {"content-type": "text/plain"}, b"the answer")) as server:
            service = Service(server.url, Options())
            await conformance.basic(service)
            assert await service.answer(conformance.request_for(service, 0)) == Answer("the answer")
        async with stub((429, {"retry-after": "3"}, b"{}")) as server:
            failure = await Service(server.url, Options()).answer(conformance.request_for(service, 0))
            assert isinstance(failure, Failure)
            assert (failure.kind, failure.retry_after) == (FailureKind.RATE_LIMITED, 3)
        failure = await Service(server.url, Options()).answer(conformance.request_for(service, 0))
        assert isinstance(failure, Failure) and failure.kind is FailureKind.TRANSIENT

    asyncio.run(main())


class Leaky(Builtin):
    """Breaks one rule, as told."""

    def __init__(self, fault: Any) -> None:
        super().__init__()
        self.fault = fault

    async def answer(self, request: Request) -> Any:
        if isinstance(self.fault, BaseException):
            raise self.fault
        return self.fault


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ValueError("x"), "ValueError must not leave a provider"),
        ("a text", "must be an Answer or a Failure, not str"),
        (Answer(None), "must say why"),
        (Answer(b"bytes"), "`text` must be"),  # type: ignore[arg-type]
        (Failure(FailureKind.TRANSIENT, ""), "a detail"),
        (Failure(FailureKind.TRANSIENT, "two\nlines"), "one short line"),
        (Failure(FailureKind.TRANSIENT, "with sk-abcdefgh1234"), "looks like a key"),
        (Failure(FailureKind.TRANSIENT, conformance._PROMPT), "quote the prompt"),
        (Failure(FailureKind.RATE_LIMITED, "wait", retry_after=-1), "retry_after"),
    ],
)
def test_a_broken_rule_is_named(fault: object, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        asyncio.run(conformance.basic(Leaky(fault)))


def test_a_hidden_retry_is_found() -> None:
    class Stubborn:
        """Asks again by itself."""

        def __init__(self, options: Options) -> None:
            self.inner: Provider = open_provider("openai", options)
            self.about: About = self.inner.about
            self.aclose = self.inner.aclose

        async def answer(self, request: Request) -> Answer | Failure:
            first = await self.inner.answer(request)
            return first if isinstance(first, Answer) else await self.inner.answer(request)

    with pytest.raises(AssertionError, match="one call must be one request, not 2"):
        asyncio.run(conformance.check(Stubborn, "openai"))


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_hundreds_of_calls_share_one_pool_and_none_is_lost(name: str) -> None:
    async def main() -> None:
        async with MockServer(Behaviour(answers="text:500", latency="0.5")) as server:
            url = server.gemini_url if name == "gemini" else server.openai_url
            provider = open_provider(name, Options(base_url=url, max_in_flight=600))
            calls = (provider.answer(conformance.request_for(provider, sample)) for sample in range(600))
            results = await asyncio.gather(*calls)
            await provider.aclose()
            assert all(isinstance(result, Answer) and result.text for result in results)
            assert server.stats()["max_in_flight"] > 200  # more than aiohttp's own limit of 100

    asyncio.run(main())


def test_cancelling_gives_the_connection_back() -> None:
    async def main(name: str) -> None:
        async with MockServer(Behaviour(latency="600")) as server:
            url = server.gemini_url if name == "gemini" else server.openai_url
            provider = open_provider(name, Options(base_url=url, max_in_flight=1))
            for sample in range(3):  # with one connection, a second call would wait for a lost first one
                call = asyncio.create_task(provider.answer(conformance.request_for(provider, sample)))
                while server.stats()["requests"] <= sample:
                    await asyncio.sleep(0.01)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            await provider.aclose()

    for name in ("openai", "gemini"):
        asyncio.run(asyncio.wait_for(main(name), 60))
