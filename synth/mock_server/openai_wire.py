"""OpenAI's wire format: requests of the chat and completions endpoints, their answers, and error objects.

Written after the types of the openai SDK 3.54 and https://platform.openai.com/docs/guides/error-codes.
"""

from __future__ import annotations

import re
import time
from typing import Any

from synth.mock_server.exchange import Asked, Cause, Finish, MalformedError, Refusal, Reply, Wire, as_json
from synth.mock_server.hints import headers_of, sentence_of

_SPEAKER = re.compile(r"\n\n(System|User|Assistant):\n")
_FINISH = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.BLOCKED: "content_filter"}


def read_chat(data: dict[str, Any]) -> Asked:
    """A body of `/v1/chat/completions`."""
    messages = data.get("messages")
    if not isinstance(messages, list) or not messages:
        raise MalformedError("messages must be a list that is not empty")
    turns = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise MalformedError("every message needs a role")
        role = "system" if message["role"] == "developer" else message["role"]
        turns.append((role, _text(message.get("content"))))
    limit = data.get("max_completion_tokens", data.get("max_tokens"))
    return _asked(data, tuple(turns), limit)


def read_completion(data: dict[str, Any]) -> Asked:
    """A body of `/v1/completions`; a conversation written out under the speakers' names is read as one."""
    prompt = data.get("prompt")
    if not isinstance(prompt, str):
        raise MalformedError("prompt must be a text")
    _, *spoken = _SPEAKER.split("\n\n" + prompt)
    pairs = zip(spoken[::2], spoken[1::2], strict=True)
    turns = tuple((role.lower(), text) for role, text in pairs if text) or (("user", prompt),)
    return _asked(data, turns, data.get("max_tokens", 16))  # 16 is the endpoint's own default


def _asked(data: dict[str, Any], turns: tuple[tuple[str, str], ...], limit: Any) -> Asked:
    if not isinstance(data.get("model"), str):
        raise MalformedError("you must provide a model parameter")
    if data.get("stream") or data.get("n", 1) != 1:
        raise MalformedError("this mock server neither streams nor gives several choices")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise MalformedError("the token limit must be a whole number from 1")
    return Asked(data["model"], turns, limit, (data.get("seed"), data.get("temperature")))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    raise MalformedError("content must be a text or a list of parts")


def chat_body(asked: Asked, reply: Reply, number: int) -> dict[str, Any]:
    """A `chat.completion` object."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None, "annotations": []}
    return _body("chatcmpl", "chat.completion", {"message": message}, asked, reply, number)


def completion_body(asked: Asked, reply: Reply, number: int) -> dict[str, Any]:
    """A `text_completion` object."""
    return _body("cmpl", "text_completion", {"text": reply.text}, asked, reply, number)


def _body(prefix: str, kind: str, said: dict[str, Any], asked: Asked, reply: Reply, number: int) -> dict[str, Any]:
    output = reply.text_tokens + reply.reasoning_tokens
    return {
        "id": f"{prefix}-{number:012d}",
        "object": kind,
        "created": int(time.time()),
        "model": asked.model,
        "choices": [{"index": 0, **said, "logprobs": None, "finish_reason": _FINISH[reply.finish]}],
        "usage": {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": output,
            "total_tokens": reply.prompt_tokens + output,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens, "audio_tokens": 0},
        },
        "system_fingerprint": "fp_mock",
    }


def refuse(refusal: Refusal, hints: tuple[str, ...], overload_status: int = 503) -> Wire:
    """The error object of a refusal, with the headers that say when to come back."""
    status, message, kind, code = _error(refusal, overload_status)
    wait = refusal.wait
    if wait is not None:
        message += sentence_of(wait, hints, "Please try again in {}s.")
    error = {"message": message, "type": kind, "param": None, "code": code}
    headers = headers_of(wait, hints, refusal.limit) if wait is not None else {}
    return as_json({"error": error}, status, headers)


def _error(refusal: Refusal, overload_status: int) -> tuple[int, str, str, str | None]:
    """Status, message, type and code."""
    model, detail, limit = refusal.model, refusal.detail, refusal.limit
    invalid = "invalid_request_error"
    match refusal.cause:
        case Cause.BAD_KEY:
            where = "You can find your API key at https://platform.openai.com/account/api-keys."
            return 401, f"Incorrect API key provided: {detail}. {where}", invalid, "invalid_api_key"
        case Cause.UNKNOWN_MODEL:
            message = f"The model `{model}` does not exist or you do not have access to it."
            return 404, message, invalid, "model_not_found"
        case Cause.CONTEXT_TOO_LONG:
            message = (
                f"This model's maximum context length is {limit} tokens. However, your messages resulted in {detail}"
                " tokens. Please reduce the length of the messages."
            )
            return 400, message, invalid, "context_length_exceeded"
        case Cause.BLOCKED:
            message = "Invalid prompt: your prompt was flagged as potentially violating our usage policy."
            return 400, message, invalid, "invalid_prompt"
        case Cause.RATE_LIMITED | Cause.DAILY_QUOTA:
            span = "day (RPD)" if refusal.cause is Cause.DAILY_QUOTA else "min (RPM)"
            message = (
                f"Rate limit reached for {model} in organization org-mock on requests per {span}:"
                f" Limit {limit}, Used {limit}, Requested 1."
            )
            return 429, message, "requests", "rate_limit_exceeded"
        case Cause.NO_FUNDS:
            message = "You exceeded your current quota, please check your plan and billing details."
            return 429, message, "insufficient_quota", "insufficient_quota"
        case Cause.OVERLOADED:
            message = "The engine is currently overloaded, please try again later."
            return overload_status, message, "overloaded_error", None
        case Cause.SERVER_ERROR:
            message = "The server had an error while processing your request. Sorry about that!"
            return 500, message, "server_error", None
        case Cause.NOT_FOUND:
            return 404, detail, invalid, None
    return 400, detail, invalid, None


def model_object(name: str) -> dict[str, Any]:
    """A `model` object."""
    return {"id": name, "object": "model", "created": 1700000000, "owned_by": "mock"}
