"""The real SDKs pointed at a mock server, each over both of its transports, with one way to ask them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2
import openai
from google import genai
from google.genai import errors, types

from synth.mock_server import Behaviour, MockServer

CLIENTS = ("openai-aiohttp", "openai-httpx2", "gemini-aiohttp", "gemini-httpx2")
PROMPT = "Write a program that combines these operators: Conv2d, ReLU\n\nclass Asked(nn.Module):\n"
SECOND = 1000  # of google-genai's timeouts, which are milliseconds
#: what the SDKs raise; google-genai lets the errors of its transports through, and both those of json
FAILURES = (openai.OpenAIError, errors.APIError, aiohttp.ClientError, httpx2.HTTPError, TimeoutError, ValueError)


@dataclass(frozen=True)
class Said:
    """What matters of an answer of either SDK."""

    text: str
    finish: str
    prompt_tokens: int
    text_tokens: int
    reasoning_tokens: int


Ask = Callable[..., Awaitable[Said]]


def openai_client(server: MockServer, transport: str = "aiohttp", key: str = "k", timeout: float = 20) -> Any:
    http = openai.DefaultAioHttpClient() if transport == "aiohttp" else None
    return openai.AsyncOpenAI(base_url=server.openai_url, api_key=key, max_retries=0, timeout=timeout, http_client=http)


def gemini_client(server: MockServer, transport: str = "aiohttp", key: str = "k", timeout: float = 20) -> genai.Client:
    options = types.HttpOptions(
        base_url=server.gemini_url,
        timeout=int(timeout * SECOND),
        retry_options=types.HttpRetryOptions(attempts=1),  # without it the SDK hides one reset connection
        httpx_async_client=None if transport == "aiohttp" else httpx2.AsyncClient(),
    )
    return genai.Client(api_key=key, http_options=options)


@asynccontextmanager
async def asking(server: MockServer, client: str, key: str = "k", timeout: float = 20) -> AsyncIterator[Ask]:
    """A function that asks `server` through the client and transport named."""
    protocol, transport = client.split("-")
    if protocol == "openai":
        gpt = openai_client(server, transport, key, timeout)

        async def ask_openai(prompt: str = PROMPT, limit: int | None = None, model: str = "m", seed: int = 0) -> Said:
            messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]
            given = {} if limit is None else {"max_completion_tokens": limit}
            made = await gpt.chat.completions.create(model=model, messages=messages, seed=seed, **given)
            [choice], usage = made.choices, made.usage
            reasoned = usage.completion_tokens_details.reasoning_tokens
            spoken = usage.completion_tokens - reasoned
            return Said(choice.message.content, choice.finish_reason, usage.prompt_tokens, spoken, reasoned)

        yield ask_openai
        await gpt.close()
    else:
        gemini = gemini_client(server, transport, key, timeout)

        async def ask_gemini(prompt: str = PROMPT, limit: int | None = None, model: str = "m", seed: int = 0) -> Said:
            config = types.GenerateContentConfig(system_instruction="Be brief.", max_output_tokens=limit, seed=seed)
            made = await gemini.aio.models.generate_content(model=model, contents=prompt, config=config)
            usage = made.usage_metadata
            ended = made.candidates[0].finish_reason if made.candidates else made.prompt_feedback.block_reason
            counts = (usage.prompt_token_count, usage.candidates_token_count or 0, usage.thoughts_token_count or 0)
            return Said(made.text or "", ended.name, *counts)

        yield ask_gemini
        await gemini.aio.aclose()


def serving(behaviour: Behaviour, visit: Callable[[MockServer], Coroutine[Any, Any, Any]]) -> Any:
    """What `visit` returns, run against a server that behaves so."""

    async def run() -> Any:
        async with MockServer(behaviour) as server:
            return await visit(server)

    return asyncio.run(run())


async def outcome_of(call: Awaitable[Said]) -> str:
    """The text of an answer, or the name of what was raised instead."""
    try:
        return (await call).text
    except FAILURES as error:
        return type(error).__name__


async def settled(server: MockServer) -> dict[str, Any]:
    """The counts once nothing is in flight any more."""
    for _ in range(100):
        if not server.stats()["in_flight"]:
            break
        await asyncio.sleep(0.02)
    return server.stats()
