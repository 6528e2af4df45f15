"""The HTTP side of the mock server: which path is what, and the way of a request through limits and faults."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import nullcontext
from itertools import accumulate
from typing import Any

from aiohttp import web

from synth.mock_server import faults, gemini_wire, openai_wire, protocols
from synth.mock_server.behaviour import Behaviour, latency_of
from synth.mock_server.counts import Counts
from synth.mock_server.exchange import Asked, Cause, MalformedError, Refusal, as_json, draws
from synth.mock_server.gemini_batches import GeminiBatches
from synth.mock_server.jobs import Jobs
from synth.mock_server.limits import Limits
from synth.mock_server.model import Model
from synth.mock_server.openai_batches import OpenAIBatches
from synth.mock_server.protocols import Endpoint


class Http:
    """Answers requests as its behaviour says, and counts them."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._model = Model(behaviour)
        self._latency = latency_of(behaviour.latency)
        self._faults = list(zip(behaviour.faults(), accumulate(behaviour.faults().values()), strict=True))
        self._slots = nullcontext() if behaviour.slots is None else asyncio.Semaphore(behaviour.slots)
        self._number = 0
        self._openai = OpenAIBatches(behaviour, Jobs(behaviour, self._model))
        self._gemini = GeminiBatches(behaviour, Jobs(behaviour, self._model))
        self.reset()

    def close(self) -> None:
        """Ends what goes on without a request."""
        self._openai.jobs.close()
        self._gemini.jobs.close()

    def reset(self) -> None:
        """Starts all counts, limits and schedules anew; requests in flight belong to what was before."""
        self._counts = Counts()
        self._limits = Limits(self._behaviour)
        self._visits: Counter[bytes] = Counter()

    def stats(self) -> dict[str, Any]:
        """What was done since the last reset; times in seconds."""
        limits = self._limits
        return {
            **self._counts.to_json(),
            "let_in": limits.let_in,
            "seconds": round(limits.now, 3),
            "allowed": limits.allowance.total(limits.now),
            "allowed_by_last_let_in": limits.allowance.total(limits.last_let_in),
            "process_cpu_seconds": time.process_time(),
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Any request."""
        if request.method == "POST" and (endpoint := protocols.endpoint_of(request.path)):
            return await self._generate(request, endpoint)
        match request.method, request.path:
            case "GET", "/mock/stats":
                return faults.whole(as_json(self.stats()))
            case "POST", "/mock/reset":
                self.reset()
                return faults.whole(as_json({}))
        google = protocols.is_gemini(request.path, request)
        if refusal := protocols.check_key(request, self._behaviour.key):
            return faults.whole((gemini_wire if google else openai_wire).refuse(refusal, ()))
        return faults.whole(await (self._gemini if google else self._openai).handle(request, self._counts))

    async def _generate(self, request: web.BaseRequest, endpoint: Endpoint) -> web.StreamResponse:
        """The way of a request for a text."""
        body = await request.read()
        counts, limits = self._counts, self._limits
        counts.requests += 1
        limits.begin()
        asked = self._let_in(request, body, endpoint)
        if isinstance(asked, Refusal):
            counts.refused[asked.cause.value] += 1
            return faults.whole(endpoint.refuse(asked, self._behaviour.hint, self._behaviour.overload_status))
        counts.begin()
        outcome = "abandoned"
        try:
            self._visits[asked.identity] += 1
            which, speed, *_ = draws(self._behaviour.seed, asked.identity, self._visits[asked.identity])
            fault = next((name for name, bound in self._faults if which < bound), "")
            async with self._slots:
                await asyncio.sleep(self._latency(speed))
            if fault == "hang":
                outcome = fault
                await asyncio.Event().wait()
            response, outcome = await self._respond(request, endpoint, asked, fault, counts)
            if outcome == "answered":
                counts.answer(limits.now)
            return response
        finally:
            counts.end(outcome)

    def _let_in(self, request: web.BaseRequest, body: bytes, endpoint: Endpoint) -> Asked | Refusal:
        """The request as read, or what keeps it out."""
        if refusal := protocols.check_key(request, self._behaviour.key):
            return refusal
        try:
            data = json.loads(body)
            if not isinstance(data, dict):
                raise MalformedError("the body must be a JSON object")
            asked = endpoint.read(data)
        except ValueError as error:
            return Refusal(Cause.BAD_REQUEST, detail=f"We could not use the body of your request: {error}")
        return self._model.objection(asked) or self._limits.admit(asked.model, self._counts.in_flight) or asked

    async def _respond(
        self, request: web.BaseRequest, endpoint: Endpoint, asked: Asked, fault: str, counts: Counts
    ) -> tuple[web.StreamResponse, str]:
        """The response, and what the request came to."""
        match fault:
            case "error":
                return faults.whole(endpoint.refuse(Refusal(Cause.SERVER_ERROR), (), 503)), fault
            case "gateway":
                return faults.gateway(), fault
            case "reset":
                return faults.reset(request), fault
        reply = self._model.reply(asked)
        if isinstance(reply, Refusal):
            return faults.whole(endpoint.refuse(reply, (), 503)), reply.cause.value
        self._number += 1
        wire = as_json(endpoint.body(asked, reply, self._number))
        match fault:
            case "malformed":
                return faults.malformed(wire), fault
            case "truncate":
                return await faults.truncated(request, wire), fault
            case "drip":
                response = await faults.dripping(request, wire, self._behaviour.drip_seconds)
            case _:
                response = faults.whole(wire)
        if reply.text:
            counts.texts[asked.identity] += 1
        return response, "answered"
