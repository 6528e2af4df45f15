"""Gemini's wire format: generateContent requests, their answers, and google.rpc errors.

Written after google-genai 3.4 and https://ai.google.dev/api/generate-content; errors after
https://cloud.google.com/apis/design/errors and what python-genai issue #1875 shows of a 429.
"""

from __future__ import annotations

from typing import Any

from synth.mock_server.exchange import Asked, Cause, Finish, MalformedError, Refusal, Reply, Wire, as_json
from synth.mock_server.hints import headers_of, sentence_of

_FINISH = {Finish.STOP: "STOP", Finish.LENGTH: "MAX_TOKENS", Finish.BLOCKED: "SAFETY"}
_ROLES = {"user": "user", "model": "assistant"}
_TYPE = "type.googleapis.com/google.rpc."
#: google.rpc.Code by HTTP status, as a batch's per-request errors carry it
_RPC_CODES = {400: 3, 404: 5, 429: 8, 500: 13, 503: 14}


def read(model: str, data: dict[str, Any]) -> Asked:
    """A GenerateContentRequest."""
    contents = data.get("contents")
    if not isinstance(contents, list) or not contents:
        raise MalformedError("GenerateContentRequest.contents: contents is not specified")
    turns = []
    if data.get("systemInstruction"):
        turns.append(("system", _text(data["systemInstruction"])))
    for content in contents:
        if not isinstance(content, dict) or content.get("role", "user") not in _ROLES:
            raise MalformedError("Please use a valid role: user, model.")
        turns.append((_ROLES[content.get("role", "user")], _text(content)))
    config = data.get("generationConfig") or {}
    if not isinstance(config, dict) or config.get("candidateCount", 1) != 1:
        raise MalformedError("this mock server gives one candidate")
    limit = config.get("maxOutputTokens")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise MalformedError("max_output_tokens must be positive")
    return Asked(model, tuple(turns), limit, (config.get("seed"), config.get("temperature")))


def _text(content: Any) -> str:
    parts = content.get("parts") if isinstance(content, dict) else None
    if not isinstance(parts, list):
        raise MalformedError("contents.parts must not be empty.")
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def body(asked: Asked, reply: Reply, number: int) -> dict[str, Any]:
    """A GenerateContentResponse."""
    content: dict[str, Any] = {"role": "model"}
    if reply.text:
        content["parts"] = [{"text": reply.text}]
    candidate: dict[str, Any] = {"content": content, "finishReason": _FINISH[reply.finish], "index": 0}
    if reply.finish is Finish.BLOCKED:
        category = "HARM_CATEGORY_DANGEROUS_CONTENT"
        candidate["safetyRatings"] = [{"category": category, "probability": "HIGH", "blocked": True}]
    return {
        "candidates": [candidate],
        **_usage(reply),
        "modelVersion": asked.model,
        "responseId": f"mock-{number:012d}",
    }


def _usage(reply: Reply) -> dict[str, Any]:
    usage: dict[str, Any] = {
        "promptTokenCount": reply.prompt_tokens,
        "totalTokenCount": reply.prompt_tokens + reply.text_tokens + reply.reasoning_tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": reply.prompt_tokens}],
    }
    if reply.text_tokens:
        usage["candidatesTokenCount"] = reply.text_tokens
    if reply.reasoning_tokens:
        usage["thoughtsTokenCount"] = reply.reasoning_tokens
    return {"usageMetadata": usage}


def blocked_body(refusal: Refusal) -> dict[str, Any]:
    """A response without candidates: Gemini does not call a blocked prompt an error."""
    usage = _usage(Reply("", Finish.BLOCKED, int(refusal.detail), 0))
    return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **usage, "modelVersion": refusal.model}


def refuse(refusal: Refusal, hints: tuple[str, ...], overload_status: int = 503) -> Wire:
    """The google.rpc.Status of a refusal; for a blocked prompt, the response that says so."""
    if refusal.cause is Cause.BLOCKED:
        return as_json(blocked_body(refusal))
    code, status, message, details = _error(refusal, overload_status)
    wait = refusal.wait
    if wait is not None:
        message += sentence_of(wait, hints, "Please retry in {}s.")
        if "retry-info" in hints:
            details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{wait:.9g}s"})
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = details
    headers = headers_of(wait, hints, refusal.limit) if wait is not None else {}
    return as_json({"error": error}, code, headers)


def rpc_status(refusal: Refusal) -> dict[str, Any]:
    """The google.rpc.Status of one request of a batch."""
    code, _, message, _ = _error(refusal, 503)
    return {"code": _RPC_CODES[code], "message": message}


def _error(refusal: Refusal, overload_status: int) -> tuple[int, str, str, list[dict[str, Any]]]:
    """HTTP status, name of the status, message and details."""
    match refusal.cause:
        case Cause.BAD_KEY:
            message = "API key not valid. Please pass a valid API key."
            info = {
                "@type": f"{_TYPE}ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            }
            return 400, "INVALID_ARGUMENT", message, [info]
        case Cause.UNKNOWN_MODEL:
            message = (
                f"models/{refusal.model} is not found for API version v1beta, or is not supported for"
                " generateContent. Call ListModels to see the list of available models and their supported methods."
            )
            return 404, "NOT_FOUND", message, []
        case Cause.CONTEXT_TOO_LONG:
            message = (
                f"The input token count ({refusal.detail}) exceeds the maximum number of tokens allowed"
                f" ({refusal.limit})."
            )
            return 400, "INVALID_ARGUMENT", message, []
        case Cause.RATE_LIMITED | Cause.DAILY_QUOTA:
            message = "You exceeded your current quota, please check your plan and billing details."
            return 429, "RESOURCE_EXHAUSTED", message, [_quota(refusal)]
        case Cause.NO_FUNDS:
            message = "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing."
            return 429, "RESOURCE_EXHAUSTED", message, []
        case Cause.OVERLOADED:
            return overload_status, "UNAVAILABLE", "The model is overloaded. Please try again later.", []
        case Cause.SERVER_ERROR:
            message = "An internal error has occurred. Please retry or report it."
            return 500, "INTERNAL", message, []
        case Cause.NOT_FOUND:
            return 404, "NOT_FOUND", refusal.detail, []
    return 400, "INVALID_ARGUMENT", refusal.detail, []


def _quota(refusal: Refusal) -> dict[str, Any]:
    span = "Day" if refusal.cause is Cause.DAILY_QUOTA else "Minute"
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
        "quotaId": f"GenerateRequestsPer{span}PerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": refusal.model},
        "quotaValue": str(refusal.limit),
    }
    return {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}


def model_object(name: str, context_tokens: int | None) -> dict[str, Any]:
    """A Model."""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "inputTokenLimit": 1048576 if context_tokens is None else context_tokens,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": ["generateContent", "batchGenerateContent"],
    }
