"""OpenAI's files, batches and models, beside the endpoints that give texts.

Written after the types of the openai SDK 3.54 and https://platform.openai.com/docs/guides/batch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import uuid4

from aiohttp import web

from synth.mock_server import openai_wire, protocols
from synth.mock_server.behaviour import Behaviour
from synth.mock_server.counts import Counts
from synth.mock_server.exchange import Asked, Cause, MalformedError, Refusal, Reply, Wire, as_json
from synth.mock_server.jobs import Job, Jobs, Line, Problem, State

_STATES = {State.RUNNING: "in_progress"}
_WINDOW = 24 * 3600  # seconds


@dataclass(frozen=True)
class _File:
    name: str
    purpose: str
    content: bytes
    created: int


class OpenAIBatches:
    """Holds the files that clients upload and that jobs write."""

    def __init__(self, behaviour: Behaviour, jobs: Jobs) -> None:
        self._behaviour = behaviour
        self.jobs = jobs
        self._files: dict[str, _File] = {}
        self._outputs: dict[str, tuple[str | None, str | None]] = {}  # of jobs that ended

    async def handle(self, request: web.BaseRequest, counts: Counts) -> Wire:
        """Any request that is not for a text."""
        match request.method, *request.path.strip("/").split("/")[1:]:
            case "GET", "models":
                names = self._behaviour.models or ("mock",)
                return _list([openai_wire.model_object(name) for name in names])
            case "GET", "models", name if not self._behaviour.models or name in self._behaviour.models:
                return as_json(openai_wire.model_object(name))
            case "GET", "models", name:
                return openai_wire.refuse(Refusal(Cause.UNKNOWN_MODEL, name), ())
            case "POST", "files":
                return await self._upload(request)
            case "GET", "files", name if name in self._files:
                return as_json(self._file_object(name))
            case "GET", "files", name, "content" if name in self._files:
                return Wire(200, self._files[name].content, content_type="application/octet-stream")
            case "DELETE", "files", name if self._files.pop(name, None):
                return as_json({"id": name, "object": "file", "deleted": True})
            case _, "files", name, *_:
                return _missing(f"No such File object: {name}")
            case "POST", "batches":
                return await self._create(request, counts)
            case "GET", "batches":
                return _list([self._batch_object(job) for job in self.jobs.by_id.values()])
            case "GET", "batches", name if job := self.jobs.by_id.get(name.removeprefix("batch_")):
                return as_json(self._batch_object(job))
            case "POST", "batches", name, "cancel" if job := self.jobs.by_id.get(name.removeprefix("batch_")):
                if not job.state.ended:
                    job.become(State.CANCELLING)
                return as_json(self._batch_object(job))
            case _, "batches", name, *_:
                return _missing(f"No batch found with id '{name}'.")
        return _missing(f"Invalid URL ({request.method} {request.path})")

    async def _upload(self, request: web.BaseRequest) -> Wire:
        form = await request.post()
        sent, purpose = form.get("file"), form.get("purpose")
        if not isinstance(sent, web.FileField) or not isinstance(purpose, str):
            return _bad("'file' and 'purpose' are required properties")
        return as_json(self._file_object(self._store(sent.filename, purpose, sent.file.read())))

    def _store(self, name: str, purpose: str, content: bytes) -> str:
        file_id = f"file-{uuid4().hex}"
        self._files[file_id] = _File(name, purpose, content, int(time.time()))
        return file_id

    def _file_object(self, file_id: str) -> dict[str, Any]:
        file = self._files[file_id]
        shown = {"bytes": len(file.content), "created_at": file.created, "filename": file.name}
        return {"id": file_id, "object": "file", **shown, "purpose": file.purpose, "status": "processed"}

    async def _create(self, request: web.BaseRequest, counts: Counts) -> Wire:
        try:
            asked = json.loads(await request.read())
            source, url = self._files[asked["input_file_id"]], asked["endpoint"]
            endpoint = protocols.OPENAI[url]
        except (ValueError, KeyError, TypeError):
            return _bad("input_file_id must name an uploaded file, endpoint /v1/chat/completions or /v1/completions")
        if asked.get("completion_window") != "24h":
            return _bad("completion_window must be 24h")
        lines: list[Line] = []
        problem = None
        try:
            lines = list(_read_lines(source.content, url, endpoint))
        except _LineError as error:
            problem = error.problem
        job = Job(endpoint, lines, asked, problem)
        self.jobs.start(job, counts)
        return as_json(self._batch_object(job))

    def _batch_object(self, job: Job) -> dict[str, Any]:
        output, errors = self._files_of(job) if job.state.ended else (None, None)
        status = _STATES.get(job.state, job.state.value)
        changed = {} if job.state is State.VALIDATING else {f"{status}_at": int(job.changed)}
        listed = [{"param": None, **vars(job.problem)}] if job.problem and job.state is State.FAILED else []
        done = len(job.results)
        return {
            "id": f"batch_{job.id}",
            "object": "batch",
            "endpoint": job.about["endpoint"],
            "errors": {"object": "list", "data": listed} if listed else None,
            "input_file_id": job.about["input_file_id"],
            "completion_window": "24h",
            "status": status,
            "output_file_id": output,
            "error_file_id": errors,
            "created_at": int(job.created),
            "expires_at": int(job.created) + _WINDOW,
            **changed,
            "request_counts": {
                "total": len(job.lines),
                "completed": job.succeeded,
                "failed": done - job.succeeded,
            },
            "metadata": job.about.get("metadata"),
        }

    def _files_of(self, job: Job) -> tuple[str | None, str | None]:
        """The ids of the output and the error file, written on first sight; None for one with nothing in it."""
        if job.id not in self._outputs:
            written: list[str | None] = []
            for kind, lines in zip(("output", "error"), self._results(job), strict=True):
                content = "".join(json.dumps(line) + "\n" for line in lines).encode()
                written.append(self._store(f"{job.id}_{kind}.jsonl", "batch_output", content) if lines else None)
            self._outputs[job.id] = written[0], written[1]
        return self._outputs[job.id]

    def _results(self, job: Job) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for number, (line, result) in enumerate(zip(job.lines, job.results, strict=False)):
            if isinstance(result, Reply):
                assert isinstance(line.asked, Asked)
                status, body = 200, job.endpoint.body(line.asked, result, number)
            else:
                wire = job.endpoint.refuse(result, (), 503)
                status, body = wire.status, json.loads(wire.body)
            response = {"status_code": status, "request_id": f"req_{job.id}_{number}", "body": body}
            shown = {"id": f"batch_req_{job.id}_{number}", "custom_id": line.key, "response": response, "error": None}
            (good if status == 200 else bad).append(shown)
        if job.state is State.EXPIRED:
            message = "This request could not be executed before the completion window expired."
            error = {"code": "batch_expired", "message": message}
            for number, line in enumerate(job.lines[len(job.results) :], start=len(job.results)):
                shown = {"id": f"batch_req_{job.id}_{number}", "custom_id": line.key, "response": None, "error": error}
                bad.append(shown)
        Random(self._behaviour.seed).shuffle(good)  # the order of the output is not that of the input
        return good, bad


class _LineError(Exception):
    """A line for which the whole file is refused."""

    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, line)


def _read_lines(content: bytes, url: str, endpoint: protocols.Endpoint) -> Iterator[Line]:
    seen: set[str] = set()
    for number, text in enumerate(content.split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            data = json.loads(text)
            key, body = data["custom_id"], data["body"]
        except (ValueError, KeyError, TypeError):
            message = "This line is not parseable as valid JSON, or lacks custom_id or body."
            raise _LineError("invalid_json_line", message, number) from None
        if data.get("url") != url or data.get("method") != "POST":
            raise _LineError("invalid_url", "The URL and method of each line must be those of the batch.", number)
        if key in seen:
            raise _LineError("duplicate_custom_id", "The custom_id of each line must be unique.", number)
        seen.add(key)
        try:
            yield Line(key, endpoint.read(body))
        except (MalformedError, AttributeError) as error:
            yield Line(key, Refusal(Cause.BAD_REQUEST, detail=str(error)))
    if not seen:
        raise _LineError("empty_file", "The input file is empty.")


def _list(objects: list[dict[str, Any]]) -> Wire:
    return as_json({"object": "list", "data": objects, "has_more": False})


def _missing(message: str) -> Wire:
    return openai_wire.refuse(Refusal(Cause.NOT_FOUND, detail=message), ())


def _bad(message: str) -> Wire:
    return openai_wire.refuse(Refusal(Cause.BAD_REQUEST, detail=message), ())
