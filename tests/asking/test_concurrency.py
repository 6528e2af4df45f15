"""The number in flight: quick to grow, quick to give way, and just enough for a server that never refuses."""

from __future__ import annotations

import asyncio
import random

import pytest
import virtual_time
from servers import Bucket, Crowded, Scripted, Server, Slots, asker, now, request

from synth.asking import Limits
from synth.providers.interface import Answer, Failure, FailureKind, Request

OVERLOADED = Failure(FailureKind.OVERLOADED, "503", status=503)


async def ask_all(server: Server, requests: int, most: int = 512) -> float:
    """Everything is answered; the seconds it took."""
    asks = asker(Limits(max_in_flight=most))
    answers = await asyncio.gather(*(asks.ask(server, request(sample)) for sample in range(requests)))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert asks.in_flight == 0
    return now()


def test_slow_start_doubles_every_round_trip_up_to_the_limit() -> None:
    server = Server(latency=lambda: 10.0)
    virtual_time.run(ask_all(server, 8000, most=2000))
    assert server.most_in_flight == 2000
    rounds = [sum(round(at / 10.025) == number for at, _ in server.arrivals) for number in range(9)]
    assert rounds == [8, 16, 32, 64, 128, 256, 512, 1024, 2000]


def test_a_server_without_room_is_asked_for_what_it_has() -> None:
    draw = random.Random(0)
    server = Crowded(latency=lambda: 10 * draw.lognormvariate(0, 0.5), room=64)
    seconds = virtual_time.run(ask_all(server, 2000))
    assert server.refused <= 0.03 * 2000
    best = 2000 * 10 * 1.133 / 64  # mean of that latency, all places taken
    assert seconds <= 1.4 * best


def test_overloads_that_have_nothing_to_do_with_us_do_not_slow_us_down() -> None:
    draw = random.Random(0)
    server = Crowded(latency=lambda: 10 * draw.lognormvariate(0, 0.5), overloaded=lambda: draw.random() < 0.1)
    virtual_time.run(ask_all(server, 3000))
    assert server.most_in_flight >= 100


@pytest.mark.parametrize("slots", [1, 3, 8, 50])
def test_a_server_that_queues_is_not_flooded(slots: int) -> None:
    draw, most = random.Random(0), 512
    server = Slots(latency=lambda: draw.lognormvariate(0, 0.3), slots=slots)
    requests = 300 * slots
    seconds = virtual_time.run(ask_all(server, requests, most))
    assert seconds <= 1.1 * requests * 1.046 / slots  # the slots were busy all the time
    late = [at for at, _ in server.arrivals if at > seconds / 3]
    in_flight = _mean_in_flight(server, late[0], late[-1], requests)
    assert in_flight <= max(4 * slots, 50)


def _mean_in_flight(server: Server, since: float, until: float, requests: int) -> float:
    """By Little's law: the time that requests of an interval wait, by the interval."""
    times = [at for at, _ in server.arrivals if since <= at <= until]
    ends = sorted(server.ended)
    return sum(end - at for at, end in zip(sorted(times), ends[-len(times) :], strict=True)) / (until - since)


def test_latency_that_does_not_depend_on_us_does_not_slow_us_down() -> None:
    """Answers that get longer in the middle of a run are no queue."""
    draw = random.Random(0)
    server = Server(latency=lambda: (5 if now() < 60 else 20) * draw.lognormvariate(0, 0.7))
    virtual_time.run(ask_all(server, 7000, most=500))
    assert server.most_in_flight == 500
    rate = sum(100 <= at < 180 for at in server.admitted) / 80
    assert rate >= 0.8 * 500 / (20 * 1.278)


def test_rate_limits_do_not_hold_back_the_number_in_flight() -> None:
    """5 requests a second of 20 s each need 100 in flight, whatever was refused at the start."""
    server = Bucket(latency=lambda: 20.0, burst=5, hint=lambda seconds: seconds)
    virtual_time.run(ask_all(server, 600))
    assert server.most_in_flight >= 90
    assert sum(at < 60 for at in server.admitted) >= 0.9 * 300


def test_the_lowest_sample_goes_first_and_none_starves() -> None:
    server = Server(latency=lambda: 1.0)

    async def main() -> None:
        asks = asker(Limits(max_in_flight=1))
        tasks = [asyncio.create_task(asks.ask(server, request(sample))) for sample in (9, 5, 7, 3)]
        await asyncio.sleep(0.5)
        tasks += [asyncio.create_task(asks.ask(server, request(sample))) for sample in (4, 8)]
        await asyncio.gather(*tasks)

    virtual_time.run(main())
    assert [sample for _, sample in server.arrivals] == [9, 3, 4, 5, 7, 8]


def test_two_endpoints_do_not_wait_for_each_other() -> None:
    slow, fast = Server(latency=lambda: 100.0, endpoint="slow"), Server(latency=lambda: 1.0, endpoint="fast")

    async def main() -> float:
        asks = asker(Limits(max_in_flight=1))
        waiting = [asyncio.create_task(asks.ask(slow, request(sample))) for sample in range(3)]
        await asyncio.gather(*(asks.ask(fast, request(sample)) for sample in range(10)))
        took = now()
        await asyncio.gather(*waiting)
        return took

    assert virtual_time.run(main()) < 15


def test_a_server_that_is_down_is_probed_and_taken_up_again() -> None:
    class Down(Server):
        async def respond(self, request: Request) -> Answer | Failure:
            if 10 < now() < 200:
                return OVERLOADED
            return await super().respond(request)

    server, states = Down(latency=lambda: 1.0), []

    async def main() -> None:
        asks = asker()
        tasks = [asyncio.create_task(asks.ask(server, request(sample))) for sample in range(4000)]
        for _ in range(40):
            await asyncio.sleep(10)
            states.append(asks.endpoints()[0].state)
        await asyncio.gather(*tasks)

    virtual_time.run(main())
    while_down = [at for at, _ in server.arrivals if 30 < at < 190]
    assert 2 <= len(while_down) <= 8  # probes, further and further apart
    assert any(state.startswith("open ") for state in states)
    assert sum(at > 200 for at in server.admitted) >= 1000
    assert max(at for at, _ in server.arrivals) < 500  # the pause before the last probe is a minute at most


def test_thousands_of_waiters_cost_nothing_while_they_wait() -> None:
    """One timer for all: the loop turns as often as calls end, however many wait."""
    server = Server(latency=lambda: 1.0)

    async def main() -> int:
        loop, turns = asyncio.get_running_loop(), 0
        asks = asker(Limits(max_in_flight=1))
        tasks = [asyncio.create_task(asks.ask(server, request(sample))) for sample in range(5000)]
        select = loop._selector.select  # type: ignore[attr-defined]

        def counted(timeout: float | None) -> object:
            nonlocal turns
            turns += 1
            return select(timeout)

        await asyncio.sleep(5)
        loop._selector.select = counted  # type: ignore[attr-defined]
        await asyncio.sleep(100)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return turns

    assert virtual_time.run(main()) < 2000  # some for each of 100 calls, none for 4,900 that wait


def test_what_the_monitor_shows() -> None:
    server = Scripted(latency=lambda: 2.0, script=[Failure(FailureKind.RATE_LIMITED, "slow down", 30.0, 429)])

    async def main() -> None:
        asks = asker()
        tasks = [asyncio.create_task(asks.ask(server, request(sample))) for sample in range(20)]
        await asyncio.sleep(1)
        (state,) = asks.endpoints()
        assert (state.in_flight, state.limit, state.waiting, state.state) == (8, 8, 12, "ramping")
        assert (state.answered, state.p50, state.rate, state.tokens_per_second) == (0, None, None, 0.0)
        await asyncio.sleep(2)
        (state,) = asks.endpoints()
        assert (state.answered, state.refused, state.state, state.detail) == (7, 1, "cooling 30 s", "slow down")
        assert state.p50 == state.p95 == pytest.approx(2.025)
        assert state.tokens_per_second == pytest.approx(7 * 20 / 3, rel=0.2)
        await asyncio.gather(*tasks)
        (state,) = asks.endpoints()
        assert (state.answered, state.in_flight, state.waiting) == (20, 0, 0)

    virtual_time.run(main())
