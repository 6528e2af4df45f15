"""From what servers say, in the bodies they are known to send, to kinds of failure."""

from __future__ import annotations

import json
import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.providers import FailureKind as Kind
from synth.providers.failures import LONGEST_DETAIL, connection_failure, http_failure, read_error


def openai(message: str, kind: str = "", code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def gemini(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def quota(*ids: str) -> dict[str, Any]:
    violations = [{"quotaMetric": "generativelanguage.googleapis.com/x", "quotaId": name} for name in ids]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


EXCEEDED = "You exceeded your current quota, please check your plan and billing details."
INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
PER_DAY = (
    "Rate limit reached for gpt in organization org-x on {} per day ({}): Limit 200, Used 200. Try again in 7m12s."
)
VLLM = (
    "This model's maximum context length is {} tokens. However, you requested {} tokens ({} in the messages, {} in the"
)


def limited(message: str, *details: dict[str, Any]) -> tuple[int, object]:
    return 429, gemini(429, "RESOURCE_EXHAUSTED", message, *details)


CASES: dict[Kind, list[tuple[int, object]]] = {
    Kind.BAD_KEY: [
        (401, openai("Incorrect API key provided", "invalid_request_error", "invalid_api_key")),
        (401, b"Unauthorized"),
        (400, gemini(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", INFO)),
        (400, gemini(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.")),
        (403, gemini(403, "PERMISSION_DENIED", "Your API key was reported as leaked.")),
    ],
    Kind.UNKNOWN_MODEL: [
        (404, openai("The model `x` does not exist or you do not have access.", "", "model_not_found")),
        (403, openai("Project does not have access to model `x`", "", "model_not_found")),
        (404, gemini(404, "NOT_FOUND", "models/x is not found for API version v1beta")),
        (404, {"error": "model 'x' not found"}),  # Ollama
        (404, {"object": "error", "message": "The model `x` does not exist.", "code": 404}),  # vLLM
        (400, {"detail": "Server is pinned to 'y'; requested 'x'."}),  # transformers serve
    ],
    Kind.RATE_LIMITED: [
        (429, openai("Rate limit reached for gpt on tokens per min (TPM)", "tokens", "rate_limit_exceeded")),
        limited(EXCEEDED, quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")),
        limited("Resource has been exhausted (e.g. check quota)."),
        (429, b"<html><title>Too Many Requests</title></html>"),
        (429, b""),
    ],
    Kind.QUOTA_EXHAUSTED: [
        (429, openai(PER_DAY.format("requests", "RPD"), "requests", "rate_limit_exceeded")),
        (429, openai(PER_DAY.format("tokens", "TPD"), "tokens", "rate_limit_exceeded")),
        (429, openai(EXCEEDED, "insufficient_quota", "insufficient_quota")),
        limited(EXCEEDED, quota("XPerMinute", "XPerDayPerProject")),
        (429, [limited(EXCEEDED, quota("RequestsPerDay"))[1]]),
        (429, openai(json.dumps(limited("x", quota("RequestsPerDay"))[1]))),  # a proxy around Gemini
        limited("Your prepayment credits are depleted."),
        (402, openai("Insufficient credits")),
        (400, openai("Your credit balance is too low to access the API", "invalid_request_error")),
    ],
    Kind.OVERLOADED: [
        (503, gemini(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")),
        (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}),  # llama.cpp
        (529, openai("Overloaded", "overloaded_error")),
        (500, openai("The engine is currently overloaded", "server_error")),
        (429, openai("That model is currently overloaded with other requests.", "server_error")),
    ],
    Kind.TRANSIENT: [
        (500, openai("The server had an error while processing your request", "server_error")),
        (500, gemini(500, "INTERNAL", "An internal error has occurred.")),
        (504, gemini(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.")),
        (502, b"<html><head><title>502 Bad Gateway</title></head></html>"),
        (520, b"error code: 520"),
        (408, b""),
        (409, b""),
        (204, b""),
    ],
    Kind.CONTEXT_TOO_LONG: [
        (400, openai("too long", "invalid_request_error", "context_length_exceeded")),
        (
            400,
            gemini(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed"),
        ),
        (400, {"message": VLLM.format(16384, 122946, 112946, 10000) + " completion)."}),
        (400, openai("max_tokens must be at least 1, got -186.")),  # vLLM
        (400, openai("request exceeds the available context size", "exceed_context_size_error")),  # llama.cpp
        (500, openai("the request exceeds the available context size.")),
        (413, b"<html><title>413 Request Entity Too Large</title></html>"),
    ],
    Kind.BLOCKED: [
        (400, openai("Invalid prompt: flagged as potentially violating our usage policy", "", "invalid_prompt")),
        (400, openai("The response was filtered", "", "content_filter")),  # Azure
    ],
    Kind.BAD_REQUEST: [
        (403, openai("Country, region, or territory not supported", "request_forbidden")),
        (404, {"detail": "Not Found"}),  # a wrong path
        (400, {"message": VLLM.format(2048, 16484, 100, 16384) + " completion)."}),  # no prompt would fit
        (400, openai("max_tokens is too large: 99999. This model supports at most 4096.", param="max_tokens")),
        (400, openai("'max_tokens' is too large: 16384. This model's maximum context length is 4096 tokens")),
        (400, gemini(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "Input should be a number", "input": "x"}]}),
        (405, b"Method Not Allowed"),
        (501, b""),
        (301, b""),
    ],
}


@pytest.mark.parametrize("kind", CASES)
def test_kinds(kind: Kind) -> None:
    for status, body in CASES[kind]:
        failure = http_failure(status, {}, body)
        assert (failure.kind, failure.status) == (kind, status), body
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        assert http_failure(status, {}, raw) == failure  # as bytes, as openai's SDK has it; parsed, as google's has


def test_the_detail_is_the_servers_message_without_a_key() -> None:
    body = openai("Incorrect API key provided: sk-abc***************wxyz.\nSee\tthe page.", code="invalid_api_key")
    assert http_failure(401, {}, body).detail == "HTTP 401: Incorrect API key provided: [key] See the page."
    assert http_failure(502, {}, b"<html><title>502 Bad Gateway</title>").detail == "HTTP 502: 502 Bad Gateway"
    assert http_failure(500, {}, b"").detail == "HTTP 500: Internal Server Error"
    assert (
        http_failure(500, {}, b'{"choices": [{"message": "a broken answe').detail == "HTTP 500: Internal Server Error"
    )


PROMPT = "Write a module that first convolves, then normalises,\nthen adds the input to it again."


@given(st.integers(0, 40), st.text(max_size=150), st.text(max_size=40))
def test_a_message_that_quotes_the_prompt_is_not_repeated(start: int, before: str, after: str) -> None:
    message = f"{before} {PROMPT[start:]} {after}"
    for body in (openai(message), {"detail": [{"msg": message}]}, message.encode(errors="replace")):
        detail = http_failure(400, {}, body, [PROMPT]).detail
        assert "then adds the input" not in detail


@given(
    st.integers(200, 599), st.binary(max_size=400) | st.text(max_size=100).map(lambda text: json.dumps(text).encode())
)
def test_no_body_breaks_it(status: int, body: bytes) -> None:
    failure = http_failure(status, {}, body)
    assert failure.detail.isprintable() and failure.detail.startswith(f"HTTP {status}: ")
    assert len(failure.detail) <= LONGEST_DETAIL + 20


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "type", "status", "detail", "details", "param", "msg", "violations"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.integers(200, 599), JSON)
def test_no_json_breaks_it(status: int, body: object) -> None:
    assert http_failure(status, {}, body).detail.isprintable()


def test_deep_json_does_not_break_it() -> None:
    assert http_failure(500, {}, b"[" * 200_000).kind is Kind.TRANSIENT


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            openai("Unsupported value: 'temperature' does not support 0.7 with this model.", param="temperature"),
            "temperature",
        ),
        (
            openai("Unsupported parameter: 'temperature' is not supported with this model.", param="temperature"),
            "temperature",
        ),
        (
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
            "seed",
        ),
        (openai("Invalid 'temperature': decimal above maximum value. Expected <= 2.", param="temperature"), None),
        (openai("Unsupported value", param="model"), None),
    ],
)
def test_fields_that_a_server_does_not_want(body: object, field: str | None) -> None:
    assert read_error(body).unwanted(("temperature", "seed")) == field


def test_connection_failures() -> None:
    refused = ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)")
    outer = RuntimeError("Connection error with the prompt in it")
    outer.__cause__ = refused
    assert connection_failure(outer).detail == "connection failed: Connection refused"
    assert connection_failure(TimeoutError(), 5).detail == "no answer within 5 s"
    assert connection_failure(ValueError("secret")).detail == "the call broke off: ValueError"
    certificate = ssl.SSLCertVerificationError(1, "certificate verify failed")
    certificate.verify_message = "self-signed certificate"
    outer.__cause__ = certificate
    failure = connection_failure(outer)
    assert failure.kind is Kind.BAD_REQUEST and "self-signed certificate" in failure.detail
