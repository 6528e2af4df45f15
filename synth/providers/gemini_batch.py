"""Gemini's batch endpoint, with the requests inside the one that makes the job.

Written after https://ai.google.dev/gemini-api/docs/batch-api and google-genai 3.4.  The SDK makes the job; how a job
does is read from the server's own JSON, because the SDK keeps neither the reason of a failed job nor the counts of a
running one, and raises on a job in which the error of a single request has details (its JobError takes texts only).
A job that expired, failed or was cancelled gives nothing back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from google.genai import errors, types

from synth.providers.batches import Job, Line, key_of
from synth.providers.failures import connection_failure, http_failure
from synth.providers.gemini import config_of, contents_of, read_response, usage_of
from synth.providers.interface import Answer, Failure, FailureKind, Request, Usage
from synth.providers.replies import count, read_json, unreadable

if TYPE_CHECKING:
    from synth.providers.gemini import Gemini

_NAME = "synth-"  # of a job, before its token
_ENDED = ("succeeded", "failed", "cancelled", "expired")
_SKEW = 3600  # seconds that the server's clock may be behind ours
#: bytes of a request besides its texts: roles, settings, brackets
_AROUND = 600
#: from google.rpc.Code to the HTTP status it stands for: https://cloud.google.com/apis/design/errors
_HTTP = {1: 499, 3: 400, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 14: 503, 16: 401}

Result = TypeVar("Result")


class GeminiBatches:
    """The batches of one model."""

    max_requests = 50_000  # the endpoint names no number
    max_bytes = 19_000_000  # of the 20 MB that a request with others in it may have

    def __init__(self, gemini: Gemini, timeout: float) -> None:
        self._gemini, self._timeout = gemini, timeout

    def size(self, request: Request) -> int:
        """A little more than its JSON."""
        return _AROUND + sum(len(json.dumps(turn.content)) for turn in request.messages)

    async def submit(self, token: str, requests: Sequence[Request]) -> Job | Failure:
        """One request with all of them in it."""
        inline = [
            types.InlinedRequest(
                contents=contents_of(request),
                config=types.GenerateContentConfig.model_validate(config_of(request)),
                metadata={"key": key_of(request)},
            )
            for request in requests
        ]

        async def create() -> str | None:
            made = await self._gemini.connected().batches.create(
                model=self._gemini.about.model, src=inline, config={"display_name": _NAME + token}
            )
            return made.name

        name = await self._asked(create, [turn.content for request in requests for turn in request.messages])
        if isinstance(name, Failure):
            return name
        return Job(name, "pending") if name else unreadable("a batch without a name")

    async def find(self, token: str, since: float) -> Job | Failure | None:
        """Looks through the jobs, page by page; they are not said to have an order."""
        page: str | None = ""
        while page is not None:
            listed = await self._get("batches", {"pageSize": "100", **({"pageToken": page} if page else {})})
            if isinstance(listed, Failure):
                return listed
            for operation in listed.get("operations") or ():
                if _part(operation, "metadata").get("displayName") == _NAME + token:
                    return _job(operation)
            page = listed.get("nextPageToken") or None
            if all(_created(operation) < since - _SKEW for operation in listed.get("operations") or ()):
                break  # a whole page from before
        return None

    async def look(self, job_id: str) -> Job | Failure:
        """One request; once the job has succeeded, its answers come with it."""
        operation = await self._get(job_id, {})
        return operation if isinstance(operation, Failure) else _job(operation)

    async def results(self, job: Job) -> dict[str, Line] | Failure:
        """What `look` brought."""
        lines: dict[str, Line] = {}
        for item in _inlined(job.content):
            key = _part(item, "metadata").get("key")
            # Never by position: answers come in another order at times (python-genai issue 1909).
            if isinstance(key, str):
                response = item.get("response")
                answered = isinstance(response, dict)
                usage = usage_of(response.get("usageMetadata")) if answered else Usage()
                lines[key] = Line(200 if answered else _status(_part(item, "error")), usage, partial(_read, item))
        if not lines and _inlined(job.content):
            return Failure(FailureKind.BAD_REQUEST, "its answers do not say which request they belong to")
        return lines

    async def _get(self, path: str, query: dict[str, str]) -> dict[str, Any] | Failure:
        async def get() -> tuple[int, Any, bytes]:
            async with self._gemini.get(path, query) as response:
                return response.status, response.headers, await response.read()

        got = await self._asked(get)
        if isinstance(got, Failure):
            return got
        status, headers, body = got
        if status != 200:
            return http_failure(status, headers, body)
        data = read_json(body)
        return unreadable("a body that is not a JSON object") if data is None else data

    async def _asked(self, call: Callable[[], Awaitable[Result]], private: Sequence[str] = ()) -> Result | Failure:
        try:
            async with asyncio.timeout(self._timeout):
                return await call()
        except errors.APIError as error:
            return http_failure(error.code, getattr(error.response, "headers", {}), error.details, private)
        except Exception as error:
            return connection_failure(error, self._timeout)


def _part(data: object, name: str) -> dict[str, Any]:
    """A field that is an object; an empty one where it is none."""
    part = data.get(name) if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}


def _job(operation: dict[str, Any]) -> Job:
    metadata = _part(operation, "metadata")
    state = str(metadata.get("state") or "").removeprefix("BATCH_STATE_").removeprefix("JOB_STATE_").lower()
    stats = _part(metadata, "batchStats")
    done = [stats.get(f"{kind}RequestCount", 0) for kind in ("successful", "failed")]  # numbers, or texts of them
    worked = sum(int(each) for each in done if str(each).isdigit()) if stats else None
    failure = None
    if state == "failed":
        error = _part(operation, "error") or {"code": 13, "message": "it gives no reason"}
        failure = _failure(error)
        failure = replace(failure, detail=failure.detail.partition(": ")[2] or failure.detail, status=None)
    return Job(str(operation.get("name") or ""), state, state in _ENDED, worked, failure, operation)


def _inlined(operation: dict[str, Any]) -> list[Any]:
    """The answers of a job, where the operation has its result or else its metadata has them."""
    for output in (_part(operation, "response"), _part(_part(operation, "metadata"), "output")):
        inlined = _part(output, "inlinedResponses").get("inlinedResponses")
        if isinstance(inlined, list):
            return inlined
    return []


def _read(item: dict[str, Any], request: Request) -> Answer | Failure:
    response = item.get("response")
    if isinstance(response, dict):
        return read_response(response, request)
    return _failure(_part(item, "error"), [turn.content for turn in request.messages])


def _failure(error: dict[str, Any], private: Sequence[str] = ()) -> Failure:
    status = _status(error)
    return http_failure(status, {}, {"error": {**error, "code": status}}, private)


def _status(error: dict[str, Any]) -> int:
    code = count(error.get("code"))
    return code if code is not None and code >= 400 else _HTTP.get(code or 0, 500)


def _created(operation: dict[str, Any]) -> float:
    try:
        return datetime.fromisoformat(str(_part(operation, "metadata").get("createTime"))).timestamp()
    except ValueError:
        return float("inf")
