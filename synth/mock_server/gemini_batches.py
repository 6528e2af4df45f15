"""Gemini's batches with inline requests, and models, beside generateContent.

Written after google-genai 3.4 and https://ai.google.dev/gemini-api/docs/batch-api.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from synth.mock_server import gemini_wire, protocols
from synth.mock_server.behaviour import Behaviour
from synth.mock_server.counts import Counts
from synth.mock_server.exchange import Asked, Cause, MalformedError, Refusal, Reply, Wire, as_json
from synth.mock_server.jobs import Job, Jobs, Line, State

_CREATE = ":batchGenerateContent"
_STATES = {State.VALIDATING: "PENDING", State.CANCELLING: "RUNNING", State.COMPLETED: "SUCCEEDED"}


class GeminiBatches:
    """Jobs as long-running operations."""

    def __init__(self, behaviour: Behaviour, jobs: Jobs) -> None:
        self._behaviour = behaviour
        self.jobs = jobs

    async def handle(self, request: web.BaseRequest, counts: Counts) -> Wire:
        """Any request that is not for a text."""
        models, context = self._behaviour.models, self._behaviour.context_tokens
        match request.method, *request.path.strip("/").split("/")[1:]:
            case "GET", "models":
                return as_json({"models": [gemini_wire.model_object(name, context) for name in models or ("mock",)]})
            case "GET", "models", name if not models or name in models:
                return as_json(gemini_wire.model_object(name, context))
            case "POST", "models", name if name.endswith(_CREATE):
                model = name.removesuffix(_CREATE)
                if models and model not in models:
                    return gemini_wire.refuse(Refusal(Cause.UNKNOWN_MODEL, model), ())
                return await self._create(model, request, counts)
            case _, "models", name:
                return gemini_wire.refuse(Refusal(Cause.UNKNOWN_MODEL, name), ())
            case "GET", "batches":
                return as_json({"operations": [_operation(job) for job in self.jobs.by_id.values()]})
            case "GET", "batches", name if job := self.jobs.by_id.get(name):
                return as_json(_operation(job))
            case "POST", "batches", name if (job := self.jobs.by_id.get(name[:-7])) and name.endswith(":cancel"):
                if not job.state.ended:
                    job.become(State.CANCELLING)
                return as_json({})
        return gemini_wire.refuse(Refusal(Cause.NOT_FOUND, detail="Requested entity was not found."), ())

    async def _create(self, model: str, request: web.BaseRequest, counts: Counts) -> Wire:
        endpoint = protocols.gemini(model)
        try:
            batch = json.loads(await request.read())["batch"]
            inline = batch["inputConfig"]["requests"]["requests"]
            lines = [_line(item, endpoint) for item in inline]
        except (ValueError, KeyError, TypeError, AttributeError):
            message = "batch.inputConfig.requests.requests must be a list of requests"
            return gemini_wire.refuse(Refusal(Cause.BAD_REQUEST, detail=message), ())
        job = Job(endpoint, lines, {"model": f"models/{model}", "displayName": batch.get("displayName", "")})
        self.jobs.start(job, counts)
        return as_json(_operation(job))


def _line(item: dict[str, Any], endpoint: protocols.Endpoint) -> Line:
    try:
        return Line(item.get("metadata"), endpoint.read(item["request"]))
    except MalformedError as error:
        return Line(item.get("metadata"), Refusal(Cause.BAD_REQUEST, detail=str(error)))


def _operation(job: Job) -> dict[str, Any]:
    failed = len(job.results) - job.succeeded
    metadata: dict[str, Any] = {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
        "name": f"batches/{job.id}",
        **job.about,
        "createTime": _time(job.created),
        "updateTime": _time(job.changed),
        "batchStats": {
            "requestCount": str(len(job.lines)),
            "successfulRequestCount": str(job.succeeded),
            "failedRequestCount": str(failed),
            "pendingRequestCount": str(len(job.lines) - len(job.results)),
        },
        "state": f"BATCH_STATE_{_STATES.get(job.state, job.state.name)}",
    }
    operation: dict[str, Any] = {"name": f"batches/{job.id}", "metadata": metadata}
    if job.state.ended:
        operation["done"] = True
        metadata["endTime"] = _time(job.changed)
    if job.state is State.COMPLETED:  # one that expired or was cancelled gives nothing back
        results = [_result(job, number) for number in range(len(job.results))]
        metadata["output"] = {"inlinedResponses": {"inlinedResponses": results}}
    if job.problem is not None and job.state is State.FAILED:
        operation["error"] = {"code": 9, "message": job.problem.message}  # FAILED_PRECONDITION
    return operation


def _result(job: Job, number: int) -> dict[str, Any]:
    line, result = job.lines[number], job.results[number]
    shown: dict[str, Any] = {} if line.key is None else {"metadata": line.key}
    if isinstance(result, Reply):
        assert isinstance(line.asked, Asked)
        return {"response": job.endpoint.body(line.asked, result, number), **shown}
    if result.cause is Cause.BLOCKED:
        return {"response": gemini_wire.blocked_body(result), **shown}
    return {"error": gemini_wire.rpc_status(result), **shown}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
