"""Batches in virtual time: when a job goes out, how it is watched, what its end means, and what it may cost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
import virtual_time
from batch_bench import ERROR_500, FORGOTTEN, GOOD, PRICE, RESET, Bench, Endpoint, Reply, many
from servers import now, request

from synth.asking import Stopped, batch_desk, batch_job
from synth.asking.prices import BATCH_FACTOR, worst_cost
from synth.asking.stops import BudgetSpent
from synth.providers.interface import Answer, Failure, FailureKind, Request, Usage


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        time = staticmethod(now)

    for module in (batch_job, batch_desk):
        monkeypatch.setattr(module, "time", Clock)
    monkeypatch.setattr("synth.asking.batch.time", Clock)


# -- when a job goes out ------------------------------------------------------------------------------------


def test_all_that_comes_at_once_is_one_job() -> None:
    bench = Bench(Endpoint())
    assert bench.ask(*many(700)) == [GOOD] * 700
    assert bench.endpoint.sizes == [700]
    assert {call.batch for call in bench.books.calls} == {"job-0"}
    assert bench.budget.reserved == 0
    assert bench.budget.spent == pytest.approx(sum(call.cost or 0.0 for call in bench.books.calls))
    assert bench.books.calls[0].cost == pytest.approx(BATCH_FACTOR * (10 * 1.0 + 500 * 10.0) / 1e6)


def test_a_full_job_waits_for_nothing() -> None:
    bench = Bench(Endpoint(), batch_size=100)
    assert bench.ask(*many(250)) == [GOOD] * 250
    assert bench.endpoint.sizes == [100, 100, 50]
    assert [began for _, began, _ in bench.endpoint.made.values()] == [0.0, 0.0, batch_desk.QUIET]


def test_jobs_are_no_larger_than_the_endpoint_takes_and_the_lowest_samples_come_first() -> None:
    bench = Bench(Endpoint(max_bytes=1050))
    bench.ask(*random.Random(1).sample(many(25), 25))
    assert bench.endpoint.sizes == [10, 10, 5]
    assert [one.sample for _, _, requests in bench.endpoint.made.values() for one in requests] == list(range(25))
    bench = Bench(Endpoint(max_requests=7))
    bench.ask(*many(20))
    assert bench.endpoint.sizes == [7, 7, 6]


def test_a_trickle_does_not_wait_for_ever() -> None:
    bench = Bench(Endpoint(seconds=1e5))
    bench.ask(*many(30), every=1.0)
    starts = [began for _, began, _ in bench.endpoint.made.values()]
    assert starts[0] == batch_desk.LONGEST * batch_desk.QUIET
    assert 2 <= len(starts) <= 4


def test_the_longer_jobs_take_the_longer_the_next_one_waits_for_company() -> None:
    endpoint = Endpoint(seconds=1000.0)
    bench = Bench(endpoint)
    waits: list[float] = []

    async def main() -> None:
        batcher = bench.open()
        for sample in range(2):
            asked = now()
            await batcher.ask(endpoint, request(sample))
            waits.append(endpoint.made[f"job-{sample}"][1] - asked)
        await batcher.aclose()

    virtual_time.run(main())
    assert waits[0] == batch_desk.QUIET
    assert 1000 / 40 <= waits[1] < 30


# -- how it is watched --------------------------------------------------------------------------------------


def test_a_long_job_is_looked_at_seldom_and_a_short_one_soon() -> None:
    bench = Bench(Endpoint(seconds=86_400.0))
    bench.ask(*many(3))
    looks = bench.endpoint.looks
    assert looks[0] < 10
    assert len(looks) < 1000
    assert bench.took < 86_400 + 200
    assert max(later - earlier for earlier, later in pairwise(looks)) < 1.3 * batch_job.LONGEST_LOOK


def test_a_look_that_fails_is_repeated_no_sooner_than_asked() -> None:
    trouble = [RESET] * 30 + [Failure(FailureKind.RATE_LIMITED, "429", 40.0, 429)]
    bench = Bench(Endpoint(seconds=1.0, trouble=trouble))
    assert bench.ask(*many(2)) == [GOOD] * 2
    assert bench.endpoint.looks[-1] - bench.endpoint.looks[-2] > 40
    assert bench.endpoint.sizes == [2]


def test_a_job_that_was_made_although_handing_it_in_failed_is_found() -> None:
    bench = Bench(Endpoint(refusals=[RESET], too_late=True))
    assert bench.ask(*many(5)) == [GOOD] * 5
    assert bench.endpoint.sizes == [5]


def test_handing_in_is_repeated_after_failures_in_passing_and_waits_out_limits() -> None:
    limited = Failure(FailureKind.RATE_LIMITED, "429", 30.0, 429)
    bench = Bench(Endpoint(refusals=[RESET, limited, *[limited] * 20, RESET]))
    assert bench.ask(*many(5)) == [GOOD] * 5
    assert bench.took > 21 * 30
    assert bench.endpoint.sizes == [5]


def test_handing_in_is_given_up_in_the_end_and_looked_for_by_the_next_process() -> None:
    bench = Bench(Endpoint(refusals=[RESET] * 40))
    (outcome,) = bench.ask(request(0))
    assert isinstance(outcome, Stopped) and "connection reset" in str(outcome)
    assert [batch.state for batch in bench.books.batches()] == ["submitting"]
    bench.endpoint.refusals.clear()
    assert bench.ask(request(0)) == [GOOD]
    assert sorted(batch.state for batch in bench.books.batches()) == ["completed", "never handed in"]


# -- what its end means -------------------------------------------------------------------------------------


def test_too_much_in_line_makes_smaller_batches_not_an_end() -> None:
    full = Failure(FailureKind.RATE_LIMITED, "Enqueued token limit reached")
    bench = Bench(Endpoint(whole=[full, full]))
    assert bench.ask(*many(100)) == [GOOD] * 100
    assert bench.endpoint.sizes[0] == 100
    assert max(bench.endpoint.sizes[2:]) <= 50
    assert len(bench.books.calls) == 100


@pytest.mark.parametrize("kind", [FailureKind.BAD_REQUEST, FailureKind.QUOTA_EXHAUSTED, FailureKind.BAD_KEY])
def test_a_job_refused_for_good_stops_everything(kind: FailureKind) -> None:
    bench = Bench(Endpoint(whole=[Failure(kind, "no funds")]), batch_size=10)
    outcomes = bench.ask(*many(9))
    assert all(isinstance(outcome, Stopped) and "no funds" in str(outcome) for outcome in outcomes)
    assert (bench.endpoint.sizes, bench.budget.spent, bench.budget.reserved) == ([9], 0, 0)


def test_a_server_that_brings_nothing_three_times_stops_everything() -> None:
    for endpoint in (Endpoint(reply=lambda _: ERROR_500), Endpoint(whole=[ERROR_500] * 9)):
        (outcome,) = Bench(endpoint).ask(request(0))
        assert isinstance(outcome, Stopped)
        assert endpoint.sizes == [1, 1, 1]


def flaky(times: int, failure: Failure) -> Reply:
    """The odd samples fail so many times; the even ones bring each batch something."""
    failed: dict[int, int] = {}

    def reply(one: Request) -> Answer | Failure:
        failed[one.sample] = failed.get(one.sample, 0) + 1
        return failure if one.sample % 2 and failed[one.sample] <= times else GOOD

    return reply


def test_what_failed_in_passing_is_in_the_next_batch() -> None:
    bench = Bench(Endpoint(reply=flaky(2, ERROR_500)))
    assert bench.ask(*many(10)) == [GOOD] * 10
    assert bench.endpoint.sizes == [10, 5, 5]
    assert [call.outcome for call in bench.books.calls].count("transient") == 10
    assert {call.cost for call in bench.books.calls if call.outcome == "transient"} == {0.0}


@pytest.mark.parametrize("kind", [FailureKind.BLOCKED, FailureKind.CONTEXT_TOO_LONG])
def test_the_hopeless_is_asked_once(kind: FailureKind) -> None:
    failure = Failure(kind, "no", status=400)
    bench = Bench(Endpoint(reply=flaky(9, failure)))
    assert bench.ask(*many(4)) == [GOOD, failure] * 2
    assert bench.endpoint.sizes == [4]


def test_eaten_up_by_reasoning_is_asked_once_more_with_twice_the_room() -> None:
    eaten = Failure(FailureKind.REASONING_EXHAUSTED, "it took all", status=200, usage=Usage(10, 0, 1000, 1000))
    bench = Bench(Endpoint(reply=flaky(9, eaten)))
    assert bench.ask(*many(2)) == [GOOD, eaten]
    rooms = [one.max_output_tokens for _, _, requests in bench.endpoint.made.values() for one in requests]
    assert rooms == [1000, 1000, 2000]
    assert all(call.cost for call in bench.books.calls)


def test_three_fatal_failures_before_any_answer_stop_everything() -> None:
    unknown = Failure(FailureKind.UNKNOWN_MODEL, "HTTP 404: no such model", status=404)
    bench = Bench(Endpoint(reply=lambda _: unknown))
    outcomes = bench.ask(*many(10))
    assert sum(isinstance(outcome, Stopped) and "no such model" in str(outcome) for outcome in outcomes) == 8
    assert bench.endpoint.sizes == [10]


# -- one process after another ------------------------------------------------------------------------------


def interrupted(bench: Bench, requests: Sequence[Request], after: float) -> None:
    """A process that ends so many seconds after its start, without a word."""

    async def main() -> None:
        batcher = bench.open()
        tasks = [asyncio.create_task(batcher.ask(bench.endpoint, request)) for request in requests]
        await asyncio.sleep(after)
        for task in tasks:
            task.cancel()

    virtual_time.run(main())


def test_the_next_process_waits_for_open_jobs_and_asks_only_the_rest() -> None:
    bench = Bench(Endpoint(seconds=600.0))
    interrupted(bench, many(10), after=60.0)
    assert [batch.state for batch in bench.books.batches()] == ["running"]
    assert bench.ask(*many(12)) == [GOOD] * 12
    assert bench.endpoint.sizes == [10, 2]
    assert len(bench.books.calls) == 12


def test_money_of_open_jobs_is_set_aside_by_the_next_process() -> None:
    worst = BATCH_FACTOR * worst_cost(request(0), PRICE)
    bench = Bench(Endpoint(), max_cost=10.5 * worst)
    interrupted(bench, many(10), after=60.0)
    bench.open()
    assert bench.budget.reserved == pytest.approx(10 * worst)
    bench.max_cost = 5 * worst  # lowered: what is promised is owed all the same
    assert bench.ask(*many(10)) == [GOOD] * 10


def test_what_a_killed_process_had_written_down_of_a_job_is_not_counted_again() -> None:
    bench = Bench(Endpoint())
    bench.ask(*many(10))
    whole = bench.budget.spent
    del bench.books.calls[4:]
    assert bench.ask(*many(10)[4:]) == [GOOD] * 6
    assert len(bench.books.calls) == 10
    assert bench.budget.spent == pytest.approx(whole) == sum(call.cost or 0.0 for call in bench.books.calls)
    assert (bench.budget.reserved, bench.endpoint.sizes) == (0, [10])


def test_a_job_the_server_has_forgotten_is_asked_again_only_where_the_user_says_so() -> None:
    bench = Bench(Endpoint())
    interrupted(bench, many(4), after=60.0)
    bench.endpoint.trouble = [FORGOTTEN]
    outcomes = bench.ask(*many(4))
    assert all(isinstance(outcome, Stopped) and "mode=online" in str(outcome) for outcome in outcomes)
    bench.endpoint.trouble, bench.batching = [FORGOTTEN], False
    assert bench.ask(*many(4)) == [GOOD] * 4
    assert len(bench.online) == 4
    assert bench.endpoint.sizes == [4]


# -- money --------------------------------------------------------------------------------------------------


def test_a_job_is_as_large_as_the_money_allows() -> None:
    worst = BATCH_FACTOR * worst_cost(request(0), PRICE)
    bench = Bench(Endpoint(), max_cost=25.5 * worst)
    outcomes = bench.ask(*many(40))
    assert bench.endpoint.sizes[0] == 25
    answered, rest = outcomes.count(GOOD), [outcome for outcome in outcomes if outcome != GOOD]
    assert answered > 25  # what the first ones did not cost pays for more
    assert all(isinstance(outcome, BudgetSpent) for outcome in rest)
    assert bench.budget.spent <= bench.max_cost  # type: ignore[operator]


@pytest.mark.parametrize("seed", range(150))
def test_max_cost_is_never_exceeded_whatever_comes_back(seed: int) -> None:
    rng = random.Random(seed)
    worst = BATCH_FACTOR * worst_cost(request(0), PRICE)

    def reply(one: Request) -> Answer | Failure:
        usage = Usage(rng.randrange(80), 0, rng.randrange(one.max_output_tokens + 1))
        kinds = rng.choices(["answer", "silent", "eaten", "failed"], [6, 1, 2, 3])[0]
        if kinds == "failed":
            return ERROR_500
        if kinds == "eaten":
            return Failure(FailureKind.REASONING_EXHAUSTED, "it took all", status=200, usage=usage)
        return Answer("text", usage=usage if kinds == "answer" else Usage())  # without counts: its worst case

    bench = Bench(
        Endpoint(seconds=rng.uniform(1, 5000), reply=reply),
        max_cost=worst * rng.uniform(0.5, 60),
        batch_size=rng.randrange(1, 30),
    )
    if rng.random() < 0.5:
        interrupted(bench, many(40), after=rng.uniform(0, 6000))
    bench.ask(*many(40), every=rng.choice([0.0, 2.0]))
    assert sum(call.cost or 0.0 for call in bench.books.calls) <= bench.max_cost  # type: ignore[operator]
    assert bench.budget.spent <= bench.max_cost  # type: ignore[operator]
