"""Which endpoint a path is, how each reads requests and writes answers, and where keys are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from synth.mock_server import gemini_wire, openai_wire
from synth.mock_server.exchange import Asked, Cause, Refusal, Reply, Wire

#: google-genai 3.4 calls v1 unless GOOGLE_GENAI_API_VERSION says otherwise; older ones call v1beta
_GENERATE = re.compile(r"/v1(?:beta)?/models/([^/]+):generateContent")


class Carrier(Protocol):
    """What of an HTTP request may carry a key."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, by any case."""
        ...

    @property
    def query(self) -> Mapping[str, str]:
        """Its query."""
        ...


@dataclass(frozen=True)
class Endpoint:
    """How one endpoint reads requests and writes answers and refusals."""

    read: Callable[[dict[str, Any]], Asked]
    body: Callable[[Asked, Reply, int], dict[str, Any]]
    refuse: Callable[[Refusal, tuple[str, ...], int], Wire]


CHAT = Endpoint(openai_wire.read_chat, openai_wire.chat_body, openai_wire.refuse)
COMPLETIONS = Endpoint(openai_wire.read_completion, openai_wire.completion_body, openai_wire.refuse)
OPENAI = {"/v1/chat/completions": CHAT, "/v1/completions": COMPLETIONS}


def gemini(model: str) -> Endpoint:
    """generateContent of a model."""
    return Endpoint(partial(gemini_wire.read, model), gemini_wire.body, gemini_wire.refuse)


def endpoint_of(path: str) -> Endpoint | None:
    """The endpoint that gives texts at a path, if one does."""
    if found := OPENAI.get(path):
        return found
    return gemini(named[1]) if (named := _GENERATE.fullmatch(path)) else None


def is_gemini(path: str, request: Carrier) -> bool:
    """Whether a path that both protocols have, such as /v1/models, is meant as Gemini's."""
    return path.startswith("/v1beta/") or "x-goog-api-key" in request.headers or "key" in request.query


def check_key(request: Carrier, wanted: str | None) -> Refusal | None:
    """A refusal unless the request has the key that is wanted; it repeats no more of a wrong one than OpenAI does."""
    if wanted is None:
        return None
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    given = request.headers.get("x-goog-api-key") or request.query.get("key") or bearer
    return None if given == wanted else Refusal(Cause.BAD_KEY, detail=f"{given[:3]}{'*' * 8}{given[-4:]}")
