"""What is retried and what is not, what stops a run, what is recorded, and that nothing leaks."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise

import pytest
import virtual_time
from servers import FREE, Scripted, Server, asker, now, request

from synth.asking import Asker, Budget, Call, Limits, Price, Stopped
from synth.asking.asker import FATAL_AT_FIRST, FATAL_LATER, NEVER_ANSWERED
from synth.errors import STOPPED, CommandError, UsageError
from synth.providers.interface import About, Answer, Failure, FailureKind, Request, Usage

GOOD = Answer("text", usage=Usage(prompt_tokens=10, output_tokens=20))
RESET = Failure(FailureKind.TRANSIENT, "connection reset")
WRONG_KEY = Failure(FailureKind.BAD_KEY, "401: OPENAI_API_KEY is not valid", status=401)
ODD = Failure(FailureKind.BAD_REQUEST, "400: unsupported", status=400)


def ask_one(server: Server, limits: Limits | None = None) -> tuple[Answer | Failure, list[Call], float]:
    calls: list[Call] = []

    async def main() -> tuple[Answer | Failure, float]:
        outcome = await asker(limits, calls.append).ask(server, request(7))
        return outcome, now()

    outcome, took = virtual_time.run(main())
    return outcome, calls, took


def test_what_passes_is_tried_again_with_growing_pauses() -> None:
    server = Scripted(script=[RESET, RESET, RESET])
    outcome, calls, _ = ask_one(server)
    assert outcome == GOOD
    assert [call.outcome for call in calls] == ["transient"] * 3 + ["answer"]
    gaps = [later - earlier - 0.225 for (earlier, _), (later, _) in pairwise(server.arrivals)]
    assert all(0 <= gap <= 2**number for number, gap in enumerate(gaps))


def test_a_delay_hint_of_a_passing_failure_is_kept() -> None:
    _, _, took = ask_one(Scripted(script=[Failure(FailureKind.TRANSIENT, "502", retry_after=40.0, status=502)]))
    assert 40 < took < 42


def test_tries_come_to_an_end() -> None:
    server = Scripted(script=[RESET] * 9)
    outcome, calls, _ = ask_one(server, Limits(transient_tries=3))
    assert (outcome, len(calls)) == (RESET, 3)


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind.hopeless or kind.fatal])
def test_the_hopeless_is_asked_once(kind: FailureKind) -> None:
    outcome, calls, _ = ask_one(Scripted(script=[Failure(kind, "no", status=400)] * 3))
    assert isinstance(outcome, Failure)
    assert [call.outcome for call in calls] == [kind.value]


def test_waiting_out_the_server_costs_no_try() -> None:
    refusals = [Failure(FailureKind.RATE_LIMITED, "429", 1.0, 429), Failure(FailureKind.OVERLOADED, "503", 1.0, 503)]
    server = Scripted(script=[RESET, *refusals * 10, RESET])
    outcome, calls, _ = ask_one(server, Limits(transient_tries=3))
    assert (outcome, len(calls)) == (GOOD, 23)


def test_eaten_up_by_reasoning_is_asked_once_more_with_twice_the_room() -> None:
    eaten = Failure(FailureKind.REASONING_EXHAUSTED, "reasoning took it all", usage=Usage(10, 0, 1000, 1000))
    server = Scripted(script=[eaten])
    assert ask_one(server)[0] == GOOD
    assert [one.max_output_tokens for one in server.asked] == [1000, 2000]
    server = Scripted(script=[eaten, eaten, eaten])
    assert ask_one(server)[0] == eaten
    assert len(server.asked) == 2


def ask_many(server: Server, number: int, limits: Limits | None = None) -> tuple[list[object], list[Call]]:
    calls: list[Call] = []

    async def main() -> list[object]:
        asks = asker(limits, calls.append)
        tasks = (asks.ask(server, request(sample)) for sample in range(number))
        ends: list[object] = await asyncio.gather(*tasks, return_exceptions=True)
        assert asks.in_flight == 0
        return ends

    return virtual_time.run(main()), calls


def test_three_fatal_failures_stop_what_never_answered() -> None:
    ends, calls = ask_many(Scripted(script=[WRONG_KEY] * 99), 40, Limits(max_in_flight=1))
    assert [end for end in ends if end == WRONG_KEY] == [WRONG_KEY] * (FATAL_AT_FIRST - 1)
    stops = [end for end in ends if isinstance(end, Stopped)]
    assert len(stops) == 40 - (FATAL_AT_FIRST - 1)
    assert len(calls) == FATAL_AT_FIRST  # the others were not sent
    assert "fake:model: 3 requests in a row failed: 401" in str(stops[0])
    assert isinstance(stops[0], CommandError)
    assert stops[0].exit_code == STOPPED


def test_a_server_that_never_answers_stops_the_run_and_one_that_does_is_waited_for() -> None:
    ends, calls = ask_many(Scripted(script=[RESET] * 99), 40, Limits(max_in_flight=1, transient_tries=99))
    assert all(isinstance(end, Stopped) for end in ends)
    assert len(calls) == NEVER_ANSWERED
    assert f"{NEVER_ANSWERED} requests in a row failed: connection reset" in str(ends[0])
    script = [GOOD, *[RESET] * 3 * NEVER_ANSWERED]
    ends, _ = ask_many(Scripted(script=script), 40, Limits(max_in_flight=1, transient_tries=99))
    assert all(isinstance(end, Answer) for end in ends)


def test_odd_requests_do_not_stop_what_answers() -> None:
    ends, _ = ask_many(Scripted(script=[GOOD, *[ODD] * (FATAL_LATER - 1), GOOD, *[ODD] * 5]), 60)
    assert sum(end == ODD for end in ends) == FATAL_LATER - 1 + 5
    assert sum(isinstance(end, Answer) for end in ends) == 60 - (FATAL_LATER - 1) - 5


def test_a_key_revoked_in_the_middle_stops_the_run() -> None:
    ends, _ = ask_many(Scripted(script=[GOOD] * 10 + [WRONG_KEY] * 999), 200, Limits(max_in_flight=4))
    assert sum(end == GOOD for end in ends) == 10
    assert sum(end == WRONG_KEY for end in ends) == FATAL_LATER - 1
    assert sum(isinstance(end, Stopped) for end in ends) == 200 - 10 - (FATAL_LATER - 1)


def test_a_daily_quota_stops_at_once_and_for_good() -> None:
    used_up = Failure(FailureKind.QUOTA_EXHAUSTED, "the daily quota is used up", retry_after=36000.0, status=429)

    async def main() -> None:
        asks = asker(Limits(max_in_flight=2))
        server = Scripted(script=[GOOD, used_up])
        tasks = (asks.ask(server, request(sample)) for sample in range(9))
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(end, Stopped) for end in ends) >= 7
        assert asks.endpoints()[0].state == "stopped"
        with pytest.raises(
            Stopped, match=r"^fake:model: the daily quota is used up; everything that came back is kept"
        ):
            await asks.ask(server, request(9))
        assert now() < 10

    virtual_time.run(main())


def test_time_in_our_queue_is_not_time_of_the_call() -> None:
    """A provider with a time-out of its own never sees the queue: its clock starts when it is asked."""

    class Impatient(Server):
        async def respond(self, request: Request) -> Answer | Failure:
            try:
                async with asyncio.timeout(1.5):
                    return await super().respond(request)
            except TimeoutError:
                return RESET

    ends, calls = ask_many(Impatient(latency=lambda: 1.0), 500, Limits(max_in_flight=1))
    assert all(isinstance(end, Answer) for end in ends)
    assert all(call.seconds < 1.1 for call in calls)


def test_a_provider_that_raises_fails_in_passing_and_tells_no_secret() -> None:
    class Raising(Server):
        async def respond(self, request: Request) -> Answer | Failure:
            raise RuntimeError("Bearer sk-secret, prompt: write a module")

    outcome, calls, _ = ask_one(Raising())
    assert outcome == Failure(FailureKind.TRANSIENT, "fake failed: RuntimeError")
    assert len(calls) == 4
    assert "secret" not in repr(calls)


def test_a_call_is_recorded_before_anything_else_happens() -> None:
    """The asker of the answer has not run yet, and the place is not free yet."""
    seen: list[tuple[Call, int, bool]] = []

    async def main() -> None:
        asks = asker(record=lambda call: seen.append((call, asks.in_flight, task.done())))
        task = asyncio.create_task(asks.ask(Server(), request(3)))
        await task

    virtual_time.run(main())
    ((call, in_flight, done),) = seen
    assert (call.sample, call.attempt, call.provider, call.model) == (3, 1, "fake", "model")
    assert (call.outcome, call.status, call.usage, call.cost) == ("answer", None, GOOD.usage, 0.0)
    assert call.seconds == pytest.approx(0.225)
    assert (in_flight, done) == (1, False)


def test_a_disk_that_is_full_leaks_no_place() -> None:
    def full(call: Call) -> None:
        raise CommandError("disk full")

    async def main() -> None:
        asks = asker(record=full)
        for sample in range(20):
            with pytest.raises(CommandError, match="disk full"):
                await asks.ask(Server(), request(sample))
        assert asks.in_flight == 0

    virtual_time.run(main())


def test_what_has_no_endpoint_is_asked_straight() -> None:
    server, calls = Server(latency=lambda: 1.0, endpoint=""), list[Call]()

    async def main() -> None:
        asks = Asker(Limits(max_in_flight=1), Budget(0.0), lambda about: None, calls.append)
        await asyncio.gather(*(asks.ask(server, request(sample)) for sample in range(50)))
        assert asks.endpoints() == []

    virtual_time.run(main())
    assert (server.most_in_flight, calls) == (50, [])


def test_a_cap_needs_a_price_before_anything_is_sent() -> None:
    server = Server()

    async def main() -> None:
        asks = Asker(Limits(), Budget(1.0), lambda about: None, lambda call: None)
        with pytest.raises(UsageError, match="price of fake:model is not known"):
            await asks.ask(server, request(0))

    virtual_time.run(main())
    assert server.arrivals == []


def test_an_unknown_price_is_recorded_as_unknown() -> None:
    calls: list[Call] = []

    async def main() -> None:
        await Asker(Limits(), Budget(None), lambda about: None, calls.append).ask(Server(), request(0))

    virtual_time.run(main())
    assert calls[0].cost is None


@pytest.mark.parametrize(
    ("failure", "cost"),
    [
        (Failure(FailureKind.RATE_LIMITED, "429", 1.0, 429), 0.0),
        (Failure(FailureKind.TRANSIENT, "500", status=500), 0.0),
        (Failure(FailureKind.TRANSIENT, "time-out"), 1.0),
        (Failure(FailureKind.TRANSIENT, "not JSON", status=200), 1.0),
        (Failure(FailureKind.REASONING_EXHAUSTED, "", usage=Usage(0, 0, 1000)), 1.0),
        (Failure(FailureKind.CONTEXT_TOO_LONG, "", status=400), 0.0),
    ],
)
def test_what_nobody_tells_the_cost_of(failure: Failure, cost: float) -> None:
    """Nothing where the server said no, the worst where it may have worked."""
    calls: list[Call] = []

    async def main() -> None:
        asks = Asker(Limits(), Budget(100), lambda about: Price(0, 0, 1000), calls.append)
        await asks.ask(Scripted(script=[failure]), request(0))

    virtual_time.run(main())
    assert calls[0].cost == cost


@pytest.mark.parametrize("seed", range(20))
def test_cancellations_leak_nothing(seed: int) -> None:
    draw = random.Random(seed)
    refused = Failure(FailureKind.RATE_LIMITED, "429", 0.3, 429)

    class Moody(Server):
        def admit(self, request: Request) -> Failure | None:
            return refused if draw.random() < 0.1 else None

    async def main() -> None:
        budget = Budget(1e6)
        limits = Limits(max_in_flight=4, requests_per_minute=5000, tokens_per_minute=1e7)
        asks = Asker(limits, budget, lambda about: Price(1, 1, 1), lambda call: None)
        server = Moody(latency=lambda: draw.random())
        tasks = [asyncio.create_task(asks.ask(server, request(sample))) for sample in range(60)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(draw.choice([0, 0, 0.1]))
            draw.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        (state,) = asks.endpoints()
        assert (state.in_flight, state.waiting, budget.reserved, server.in_flight) == (0, 0, 0.0, 0)
        assert isinstance(await asks.ask(server, request(99)), Answer)  # and it still works

    virtual_time.run(main())


def test_prices_are_asked_for_once() -> None:
    asked: list[About] = []

    def price(about: About) -> Price:
        asked.append(about)
        return FREE

    async def main() -> None:
        asks = Asker(Limits(), Budget(None), price, lambda call: None)
        server = Server()
        await asyncio.gather(*(asks.ask(server, request(sample)) for sample in range(30)))

    virtual_time.run(main())
    assert len(asked) == 1


@pytest.mark.parametrize(
    "failure",
    [
        Failure(FailureKind.TRANSIENT, "HTTP 400: the model takes no seed", status=400),
        Failure(FailureKind.TRANSIENT, "connection failed: Connection refused", sent=False),
    ],
)
def test_what_was_never_worked_on_costs_nothing(failure: Failure) -> None:
    calls: list[Call] = []
    priced = Asker(Limits(), Budget(1.0), lambda about: Price(1, 1, 10), calls.append)
    virtual_time.run(priced.ask(Scripted(script=[failure] * 3), request(0)))
    assert [call.cost for call in calls[:3]] == [0.0] * 3


def test_a_server_that_bills_more_than_its_price_stops_the_run() -> None:
    dear = Answer("text", usage=Usage(prompt_tokens=10, output_tokens=20, cost=0.5))
    asking = Asker(Limits(), Budget(100.0), lambda about: Price(0, 0, 0), lambda call: None)

    async def main() -> list[Answer | Failure | BaseException]:
        server = Scripted(script=[dear] * 99)
        return [
            await asking.ask(server, request(0)),
            *await asyncio.gather(asking.ask(server, request(1)), return_exceptions=True),
        ]

    first, second = virtual_time.run(main())
    assert first == dear
    assert isinstance(second, Stopped) and "set price=" in str(second)
