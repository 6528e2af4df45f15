"""OpenAI's batch endpoint: a file of requests goes up, files of answers and of errors come down.

Written after https://platform.openai.com/docs/guides/batch and the types of openai 3.54.  What was worked on before a
job expired or was cancelled is in its files, and is billed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import openai
from openai.types import Batch

from synth.providers.batches import Job, Line, key_of
from synth.providers.failures import connection_failure, http_failure
from synth.providers.interface import Answer, Failure, FailureKind, Request, Usage
from synth.providers.openai_protocol import CompletionServer, read_completion, usage_of
from synth.providers.replies import read_json, unreadable

TOKEN = "synth_batch"  # the key in a job's metadata by which we know ours again
_ENDED = ("completed", "failed", "expired", "cancelled")
_SKEW = 3600  # seconds that the server's clock may be behind ours

Result = TypeVar("Result")


class OpenAIBatches:
    """The batches of one model; `path` is where its answers come from otherwise, such as `/chat/completions`."""

    max_requests = 50_000
    max_bytes = 200_000_000

    def __init__(self, server: CompletionServer, client: openai.AsyncOpenAI, path: str, timeout: float) -> None:
        self._server, self._client, self._timeout = server, client, timeout
        self._url = f"/v1{path}"

    def size(self, request: Request) -> int:
        """The bytes of its line."""
        return len(self._line(request))

    def _line(self, request: Request) -> bytes:
        line = {"custom_id": key_of(request), "method": "POST", "url": self._url, "body": self._server.body(request)}
        return json.dumps(line).encode() + b"\n"

    async def submit(self, token: str, requests: Sequence[Request]) -> Job | Failure:
        """A file and a job."""
        file = ("requests.jsonl", b"".join(map(self._line, requests)))

        async def create() -> Batch:
            uploaded = await self._client.files.create(file=file, purpose="batch")
            return await self._client.batches.create(
                input_file_id=uploaded.id,
                endpoint=self._url,  # type: ignore[arg-type]  # one of two that are allowed
                completion_window="24h",
                metadata={TOKEN: token},
            )

        made = await self._asked(create, [turn.content for request in requests for turn in request.messages])
        return made if isinstance(made, Failure) else _job(made)

    async def find(self, token: str, since: float) -> Job | Failure | None:
        """Looks through the jobs from the newest back to `since`."""

        async def search() -> Batch | None:
            async for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get(TOKEN) == token:
                    return batch
                if batch.created_at < since - _SKEW:
                    break
            return None

        found = await self._asked(search)
        return _job(found) if isinstance(found, Batch) else found

    async def look(self, job_id: str) -> Job | Failure:
        """One small request."""
        seen = await self._asked(lambda: self._client.batches.retrieve(job_id))
        return seen if isinstance(seen, Failure) else _job(seen)

    async def results(self, job: Job) -> dict[str, Line] | Failure:
        """From the output and the error file, whichever there is."""
        lines: dict[str, Line] = {}
        for file_id in (job.content.error_file_id, job.content.output_file_id):
            if file_id is None:
                continue

            async def download(file_id: str = file_id) -> bytes:
                return (await self._client.files.content(file_id)).content

            content = await self._asked(download)
            if isinstance(content, Failure):
                return content
            lines.update(self._lines(content))
        return lines

    def _lines(self, content: bytes) -> Iterator[tuple[str, Line]]:
        for text in content.split(b"\n"):
            data = read_json(text) if text.strip() else None
            if data is None or not isinstance(data.get("custom_id"), str):
                continue  # what a broken line was about is not known, so its request counts as not worked on
            response = data.get("response")
            response = response if isinstance(response, dict) else {}
            status, body = response.get("status_code"), response.get("body")
            body = body if isinstance(body, dict) else None
            if not isinstance(status, int) or status < 200:  # 0 was seen where nothing came back at all
                status = None
            usage = usage_of(body.get("usage")) if body else Usage()
            yield data["custom_id"], Line(status, usage, partial(self._read, status, body, data.get("error")))

    def _read(
        self, status: int | None, body: dict[str, Any] | None, error: object, request: Request
    ) -> Answer | Failure:
        if status == 200:
            return read_completion(body, request)
        if status is not None:
            return self._server.refused(status, {}, body, request)
        code = error.get("code") if isinstance(error, dict) else None
        if code in ("batch_expired", "batch_cancelled"):
            return Failure(FailureKind.OVERLOADED, f"{code}: the batch ended before its turn")
        return Failure(FailureKind.TRANSIENT, "the batch brought neither an answer nor an error")

    async def _asked(self, call: Callable[[], Awaitable[Result]], private: Sequence[str] = ()) -> Result | Failure:
        try:
            async with asyncio.timeout(self._timeout):
                return await call()
        except openai.APIStatusError as error:
            return http_failure(error.status_code, error.response.headers, error.response.content, private)
        except openai.APIResponseValidationError:
            return unreadable("a body that is not what a batch endpoint says")
        except Exception as error:
            return connection_failure(error, self._timeout)


def _job(batch: Batch) -> Job:
    counts = batch.request_counts
    done = None if counts is None else counts.completed + counts.failed
    return Job(batch.id, batch.status, batch.status in _ENDED, done, _refusal(batch), batch)


def _refusal(batch: Batch) -> Failure | None:
    """Why the whole job was turned down; its first error speaks for all."""
    if batch.status != "failed":
        return None
    errors = (batch.errors.data if batch.errors else None) or []
    code, message = (errors[0].code or "", errors[0].message or "") if errors else ("", "")
    # More tokens in line than the organisation may have; https://github.com/openai/openai-python/issues/2084
    status = 429 if code == "token_limit_exceeded" else 400
    failure = http_failure(status, {}, {"error": {"code": code, "message": message or "it gives no reason"}})
    return replace(failure, detail=failure.detail.removeprefix(f"HTTP {status}: "), status=None)
