"""The OpenAI protocol over the official SDK: what `openai` and `local` have in common.

Read in openai 3.54.  The SDK's generic `post` is used, not `chat.completions.create`: it leaves out the building of
typed models on both ways, which costs more CPU than all the rest (0.7 instead of 1.4 ms a call).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

import httpx2
import openai

from synth.providers.endpoint import endpoint_name
from synth.providers.failures import connection_failure, http_failure, read_error
from synth.providers.interface import About, Answer, Failure, FailureKind, Message, Options, Request, Usage
from synth.providers.keys import redact
from synth.providers.replies import count, read_json, seed_of, storable, unreadable

if TYPE_CHECKING:
    from synth.providers.batches import BatchEndpoint

#: seconds an idle connection is kept: uvicorn (vLLM, SGLang) ends its side after 5, and cuts off who asks just then
KEEP_IDLE = 4.0
#: what a request can do without: models that reason take no temperature, some servers no seed
_OPTIONAL = ("temperature", "seed")
PATHS = {"chat": "/chat/completions", "completions": "/completions"}


class CompletionServer:
    """A provider that asks one model of one server.  It belongs to the event loop of its first call.

    `limit_field` is how the server calls the limit of output tokens on its chat endpoint.
    """

    def __init__(
        self,
        name: str,
        model: str,
        client: openai.AsyncOpenAI,
        options: Options,
        limit_field: Literal["max_tokens", "max_completion_tokens"],
    ) -> None:
        self.about = About(name, model, endpoint=endpoint_name(str(client.base_url), model), prompted=True)
        self._client = client
        self._options = options
        self._limit_field = limit_field
        self.batches: BatchEndpoint | None = None  # where the server has one
        self._unwanted: set[str] = set()  # optional fields that the server has turned down

    async def answer(self, request: Request) -> Answer | Failure:
        """One call; once more without a field that the server turns down, which later calls leave out at once."""
        while True:
            left_out = len(self._unwanted)
            outcome = await self._answer(request)
            if len(self._unwanted) == left_out or isinstance(outcome, Answer):
                return outcome

    async def _answer(self, request: Request) -> Answer | Failure:
        timeout = self._options.request_timeout
        try:
            # The SDK's own clocks are off: its connect clock ran out in thousands of calls that only waited for CPU.
            async with asyncio.timeout(timeout):
                response = await self._client.post(
                    PATHS[self._options.api], body=self.body(request), cast_to=httpx2.Response
                )
        except openai.APIStatusError as error:
            failure = self.refused(error.status_code, error.response.headers, error.response.content, request)
            return _located(failure, error.request.url.path)
        except Exception as error:
            return connection_failure(error, timeout)
        return read_completion(read_json(response.content), request)

    async def aclose(self) -> None:
        """Ends the connections."""
        await self._client.close()

    def body(self, request: Request) -> dict[str, Any]:
        """What is sent for a request."""
        body: dict[str, Any] = {"model": self.about.model, "temperature": request.temperature, "seed": seed_of(request)}
        if self._options.api == "chat":
            body["messages"] = [{"role": turn.role, "content": turn.content} for turn in request.messages]
            body[self._limit_field] = request.max_output_tokens
        else:
            body["prompt"] = as_plain_text(request.messages)
            body["max_tokens"] = request.max_output_tokens
            body["stop"] = [_TURN.format("User")]
        return {key: value for key, value in body.items() if key not in self._unwanted}

    def refused(self, status: int, headers: Mapping[str, str], body: object, request: Request) -> Failure:
        """What an HTTP error means; learns from it which fields to leave out."""
        if status in (400, 422) and (field := read_error(body).unwanted(_OPTIONAL)):
            self._unwanted.add(field)
            detail = f"HTTP {status}: the model takes no {field}; it is left out from now on"
            return Failure(FailureKind.TRANSIENT, detail, status=status)
        return http_failure(status, headers, body, [turn.content for turn in request.messages])


def _located(failure: Failure, path: str) -> Failure:
    """Where nobody was found: a 404 that is not about the model is about the address."""
    if failure.status not in (404, 405) or failure.kind is not FailureKind.BAD_REQUEST:
        return failure
    return replace(failure, detail=f"{failure.detail}: {redact(path)}; is base_url right?")


_TURN = "\n\n{}:\n"


def as_plain_text(messages: tuple[Message, ...]) -> str:
    """A conversation for an endpoint without a chat template: each turn under its speaker's name, then the answer's."""
    turns = "".join(_TURN.format(turn.role.capitalize()) + turn.content for turn in messages)
    return (turns + _TURN.format("Assistant")).lstrip()


def new_client(key: str, base_url: str | None, options: Options) -> openai.AsyncOpenAI:
    """A client with one pool of connections; `base_url` None leaves the choice to the SDK (OPENAI_BASE_URL or its own).

    Nothing is retried and no clock runs inside: who asks counts retries and time.
    """
    limits = httpx2.Limits(
        max_connections=options.max_in_flight,
        max_keepalive_connections=options.max_in_flight,
        keepalive_expiry=KEEP_IDLE,
    )
    return openai.AsyncOpenAI(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        timeout=None,
        http_client=openai.DefaultAioHttpClient(limits=limits, timeout=None),
    )


def read_completion(data: dict[str, Any] | None, request: Request) -> Answer | Failure:
    """A chat or completion object; None for a body that is no object."""
    if data is None:
        return unreadable("a body that is not a JSON object")
    usage = usage_of(data.get("usage"))
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        if isinstance(error := data.get("error"), dict):  # OpenRouter and others say 200 and mean something else
            status = error.get("code")
            status = status if isinstance(status, int) and 400 <= status < 600 else 500
            return http_failure(status, {}, data, [turn.content for turn in request.messages])
        return unreadable("no choices", usage)
    choice = choices[0]
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    finish = storable(str(choice.get("finish_reason") or ""))
    model = storable(str(data.get("model") or ""))
    text = _text(choice.get("text") if "text" in choice else message.get("content"))
    if finish == "content_filter" or (not text and message.get("refusal")):
        return Failure(FailureKind.BLOCKED, f"finish_reason {finish or 'refusal'}", status=200, usage=usage)
    if not text.strip():
        reasoned = bool(message.get("reasoning_content") or message.get("reasoning"))
        if finish == "length":
            detail = f"no text within {request.max_output_tokens} output tokens" + (
                ", only reasoning" if reasoned else ""
            )
            return Failure(FailureKind.REASONING_EXHAUSTED, detail, status=200, usage=usage)
        detail = "the model ended without a text" + (", after reasoning" if reasoned else "")
        return Answer(None, detail, usage, model, finish)
    return Answer(storable(text), "", usage, model, finish)


def _text(content: object) -> str:
    """A text, or a list of parts with texts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def usage_of(usage: object) -> Usage:
    """OpenAI's counts: completion_tokens hold the reasoning, prompt_tokens the cached ones.

    `cost` is OpenRouter's, in US dollars (https://openrouter.ai/docs/use-cases/usage-accounting).
    """
    if not isinstance(usage, dict):
        return Usage()
    prompt, output = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    cost = usage.get("cost")
    return Usage(
        prompt_tokens=count(usage.get("prompt_tokens")),
        cached_tokens=count(prompt.get("cached_tokens")) if isinstance(prompt, dict) else None,
        output_tokens=count(usage.get("completion_tokens")),
        reasoning_tokens=count(output.get("reasoning_tokens")) if isinstance(output, dict) else None,
        cost=float(cost) if isinstance(cost, int | float) and isfinite(cost) and cost >= 0 else None,
    )
