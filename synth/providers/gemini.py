"""Google's models: `gemini[:model]`, over the google-genai SDK (google-generativeai is its dead predecessor).

Read in google-genai 3.4.  Three of its habits are turned off, because one call here is one request: it follows
CONTINUATION by itself, calls functions by itself, and after a connection error sleeps up to 10 s and asks again unless
`retry_options` are given.  It answers with the HTTP body as it is, which spares the building of typed models.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import aiohttp
from google import genai
from google.genai import errors, types
from google.genai.client import AsyncClient

from synth.providers.endpoint import checked_url, endpoint_name
from synth.providers.failures import connection_failure, http_failure
from synth.providers.interface import About, Answer, Failure, FailureKind, Options, Provider, Request, Usage
from synth.providers.keys import need_key
from synth.providers.replies import count, read_json, seed_of, storable, unreadable

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from synth.providers.batches import BatchEndpoint

#: the cheapest of the current generation without a shut-down date in November 2026: 0.25 and 1.50 US dollars
#: per million tokens
DEFAULT_MODEL = "gemini-3.1-flash-lite"
URL = "https://generativelanguage.googleapis.com"

_ROLES = {"user": "user", "assistant": "model"}
#: https://ai.google.dev/api/generate-content#FinishReason: the answer was cut off by one of the server's rules
_BLOCKED = {
    *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION"),
    "PUP_LIMITED_DISABLED",
}
_CUT_OFF = {"MAX_TOKENS", "CONTINUATION"}


def open_gemini(argument: str, options: Options) -> Provider:
    """Raises UsageError when there is no key.  `Options.base_url` is for proxies."""
    key = need_key(f"gemini{argument and ':'}{argument}", "GEMINI_API_KEY", "GOOGLE_API_KEY")
    url = options.base_url or os.environ.get("GOOGLE_GEMINI_BASE_URL") or URL
    gemini = Gemini(argument.removeprefix("models/") or DEFAULT_MODEL, key, checked_url(url), options)
    from synth.providers.gemini_batch import GeminiBatches

    gemini.batches = GeminiBatches(gemini, options.request_timeout)
    return gemini


class Gemini:
    """A provider that asks one model of the Gemini API."""

    def __init__(self, model: str, key: str, url: str, options: Options) -> None:
        self.about = About("gemini", model, endpoint=endpoint_name(url, model), prompted=True)
        self._key = key
        self._url = url
        self._options = options
        self.batches: BatchEndpoint | None = None
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncClient | None = None

    async def answer(self, request: Request) -> Answer | Failure:
        """One call."""
        try:
            response = await self.connected().models.generate_content(
                model=self.about.model, contents=contents_of(request), config=config_of(request)
            )
            body = response.sdk_http_response.body if response.sdk_http_response else None
        except errors.APIError as error:
            headers = getattr(error.response, "headers", {})
            return http_failure(error.code, headers, error.details, [turn.content for turn in request.messages])
        except Exception as error:
            return connection_failure(error, self._options.request_timeout)
        return read_response(read_json(body or ""), request)

    async def aclose(self) -> None:
        """Ends the connections."""
        if self._client is not None and self._session is not None:
            await self._client.aclose()
            await self._session.close()

    def connected(self) -> AsyncClient:
        """The client, made at the first call because aiohttp wants an event loop.

        The session is ours: the SDK's own looks for a .netrc at every request, in two threads, a fifth of a call's CPU.
        """
        if self._client is None:
            connector = aiohttp.TCPConnector(limit=self._options.max_in_flight)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=bool(getproxies()))
            http_options = types.HttpOptions(
                base_url=self._url,
                timeout=max(1, round(self._options.request_timeout * 1000)),  # milliseconds, to the answer's last byte
                retry_options=types.HttpRetryOptions(attempts=1),
                aiohttp_client=self._session,
            )
            # It warns that GOOGLE_API_KEY wins over GEMINI_API_KEY even where a key is given.
            logging.getLogger("google_genai._api_client").addFilter(_is_not_about_keys)
            # Without vertexai, GOOGLE_GENAI_USE_VERTEXAI would decide which service gets the key.
            self._client = genai.Client(vertexai=False, api_key=self._key, http_options=http_options).aio
        return self._client

    def get(self, path: str, query: dict[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """A request for what the SDK does not read whole; v1beta is the version that Google documents."""
        self.connected()
        assert self._session is not None
        headers = {"x-goog-api-key": self._key}
        return self._session.get(f"{self._url}/v1beta/{path}", params=query, headers=headers)


def _is_not_about_keys(record: logging.LogRecord) -> bool:
    return "GEMINI_API_KEY" not in record.getMessage()


def contents_of(request: Request) -> list[Any]:
    return [
        {"role": _ROLES[turn.role], "parts": [{"text": turn.content}]}
        for turn in request.messages
        if turn.role != "system"
    ]


def config_of(request: Request) -> types.GenerateContentConfigDict:
    config = types.GenerateContentConfigDict(
        temperature=request.temperature,
        max_output_tokens=request.max_output_tokens,
        seed=seed_of(request),
        automatic_continuation=False,
        automatic_function_calling={"disable": True},
        should_return_http_response=True,
    )
    if system := "\n\n".join(turn.content for turn in request.messages if turn.role == "system"):
        config["system_instruction"] = system
    return config


def read_response(data: dict[str, Any] | None, request: Request) -> Answer | Failure:
    """A GenerateContentResponse; None for a body that is no object."""
    if data is None:
        return unreadable("a body that is not a JSON object")
    usage = usage_of(data.get("usageMetadata"))
    feedback = data.get("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason"):
        return Failure(FailureKind.BLOCKED, f"the prompt: {feedback['blockReason']}", status=200, usage=usage)
    candidates = data.get("candidates")
    if not isinstance(candidates, list) or not candidates or not isinstance(candidates[0], dict):
        return unreadable("no candidates", usage)
    finish = storable(str(candidates[0].get("finishReason") or ""))
    if finish in _BLOCKED:
        return Failure(FailureKind.BLOCKED, f"the answer: {finish}", status=200, usage=usage)
    text = "".join(_texts(candidates[0].get("content")))
    model = storable(str(data.get("modelVersion") or ""))
    if text.strip():
        return Answer(storable(text), "", usage, model, finish)
    if finish in _CUT_OFF:
        detail = f"no text within {request.max_output_tokens} output tokens"
        return Failure(FailureKind.REASONING_EXHAUSTED, detail, status=200, usage=usage)
    return Answer(None, f"the model ended without a text ({finish or 'no reason given'})", usage, model, finish)


def _texts(content: object) -> Iterator[str]:
    """The parts of an answer that are not thoughts."""
    parts = content.get("parts") if isinstance(content, dict) else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str) and not part.get("thought"):
            yield part["text"]


def usage_of(metadata: object) -> Usage:
    """Gemini's counts: thoughts are billed as output but counted apart, and a count of 0 is left out (proto3 JSON)."""
    if not isinstance(metadata, dict) or not metadata:
        return Usage()
    thoughts = count(metadata.get("thoughtsTokenCount", 0))
    written = count(metadata.get("candidatesTokenCount", 0))
    return Usage(
        prompt_tokens=count(metadata.get("promptTokenCount", 0)),
        cached_tokens=count(metadata.get("cachedContentTokenCount", 0)),
        output_tokens=None if written is None or thoughts is None else written + thoughts,
        reasoning_tokens=thoughts,
    )
