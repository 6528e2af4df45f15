"""max_cost holds at every moment of every run, and is used."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import virtual_time
from servers import Server, now, request

from synth.asking import Asker, Budget, BudgetSpent, Call, Limits, Price
from synth.asking.prices import prompt_bytes, worst_cost
from synth.providers.interface import Answer, Failure, FailureKind, Request, Usage

RUNS = 1000


@dataclass
class Billing(Server):
    """Fails in every way there is, and keeps the true bill, also of what the client never hears of."""

    draw: random.Random = field(default_factory=random.Random)
    price: Price = field(default_factory=lambda: Price(1, 1, 1))
    bill: float = 0.0
    greatest: float = 0.0  # worst case of one request
    check: Callable[[], None] = lambda: None

    def admit(self, request: Request) -> Failure | None:
        if self.draw.random() > 0.1:
            return None
        kind = self.draw.choice([FailureKind.RATE_LIMITED, FailureKind.OVERLOADED])
        return Failure(kind, "no", self.draw.choice([None, 0.5, 3.0]), 429)

    async def respond(self, request: Request) -> Answer | Failure:
        prompt = self.draw.randint(1, prompt_bytes(request))
        output = self.draw.choice([1, request.max_output_tokens // 7, request.max_output_tokens])
        cached = self.draw.randint(0, prompt)
        used = Usage(prompt, cached, output, output // 2)
        cost = ((prompt - cached) * self.price.input + cached * self.price.cached + output * self.price.output) / 1e6
        self.greatest = max(self.greatest, worst_cost(request, self.price))
        self.bill += cost  # whatever becomes of the answer
        self.check()
        await asyncio.sleep(self.draw.uniform(0, 2))
        match self.draw.randint(0, 9):
            case 0:
                return Failure(FailureKind.TRANSIENT, "reset")  # billed, and nobody says how much
            case 1:
                return Failure(FailureKind.REASONING_EXHAUSTED, "no text", usage=used)
            case 2:
                raise ConnectionError("a provider that forgot to catch this")
            case 3:
                return Answer("text")  # without usage
            case 4:
                return Answer("text", usage=Usage(prompt, cached, output, cost=cost))  # told by the server
        return Answer("text", usage=used)


async def spend(seed: int) -> tuple[float, bool]:
    """One run with everything random: the share of the cap that was spent, and whether it ended for want of money."""
    draw = random.Random(seed)
    price = Price(draw.uniform(0, 20), 0.0, draw.uniform(0.1, 80))
    price = Price(price.input, price.input * draw.uniform(0.1, 1), price.output)
    sizes = [(draw.randint(1, 3000), draw.randint(7, 4000)) for _ in range(draw.randint(20, 60))]
    requests = [request(number, "é" * size, limit) for number, (size, limit) in enumerate(sizes)]
    most = sum(worst_cost(one, price) for one in requests) * draw.uniform(0.05, 1.5)
    before = draw.choice([0.0, most * draw.random() / 2])
    budget, calls = Budget(most, before), list[Call]()

    def check() -> None:
        assert budget.spent + budget.reserved <= most
        assert before + server.bill <= budget.spent + budget.reserved + 1e-9
        assert budget.spent == pytest.approx(before + sum(call.cost or 0.0 for call in calls))

    def record(call: Call) -> None:
        assert budget.spent + budget.reserved <= most
        calls.append(call)

    server = Billing(draw=draw, price=price, check=check)
    asks = Asker(Limits(max_in_flight=draw.choice([1, 8, 100])), budget, lambda about: price, record)
    tasks = [asyncio.create_task(asks.ask(server, one)) for one in requests]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(draw.uniform(0.1, 2))
        check()
        if draw.random() < 0.2:
            draw.choice(tasks).cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    check()
    assert (budget.reserved, asks.in_flight) == (0.0, 0)
    assert before + server.bill <= most
    spent_all = any(isinstance(end, BudgetSpent) for end in ends)
    if spent_all:
        assert most - budget.spent < max(worst_cost(one, price) for one in requests) * 2  # x2: reasoning asked again
    assert all(isinstance(end, Answer | Failure | BudgetSpent | asyncio.CancelledError) for end in ends)
    return budget.spent / most, spent_all


def test_max_cost_is_never_exceeded_in_a_thousand_runs() -> None:
    ends = [virtual_time.run(spend(seed)) for seed in range(RUNS)]
    assert max(share for share, _ in ends) <= 1
    used_up = [share for share, spent_all in ends if spent_all]
    assert len(used_up) > RUNS / 4  # the cap did bind ...
    assert sum(used_up) / len(used_up) > 0.8  # ... and was used


def test_waiting_for_money_ends_when_reservations_turn_out_cheap() -> None:
    """Room for one worst case at a time, and for all of what is really used."""
    price, server = Price(0, 0, 1000), Server(latency=lambda: 1.0)  # one dollar at worst, 2 cents in truth

    async def main() -> float:
        budget = Budget(1.5)
        asks = Asker(Limits(), budget, lambda about: price, lambda call: None)
        await asyncio.gather(*(asks.ask(server, request(sample)) for sample in range(20)))
        assert budget.spent == pytest.approx(20 * 0.02)
        return now()

    assert virtual_time.run(main()) == pytest.approx(20 * 1.025)
    assert server.most_in_flight == 1


def test_a_request_that_cannot_fit_is_told_so_at_once() -> None:
    async def main() -> None:
        asks = Asker(Limits(), Budget(0.5), lambda about: Price(0, 0, 1000), lambda call: None)
        with pytest.raises(BudgetSpent, match=r"max_cost=0.5: \$0.0000 is spent.*up to \$1.0000.*raise max_cost"):
            await asks.ask(Server(), request(0))
        assert asks.in_flight == 0

    virtual_time.run(main())


def test_a_cancelled_call_stays_spent_and_is_recorded() -> None:
    calls: list[Call] = []

    async def main() -> Budget:
        budget = Budget(10)
        asks = Asker(Limits(), budget, lambda about: Price(0, 0, 1000), calls.append)
        task = asyncio.create_task(asks.ask(Server(latency=lambda: 100.0), request(0)))
        await asyncio.sleep(50)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return budget

    budget = virtual_time.run(main())
    assert (budget.spent, budget.reserved) == (1.0, 0.0)
    assert [(call.outcome, call.cost, call.seconds) for call in calls] == [("cancelled", 1.0, 50.0)]


def test_a_reservation_is_settled_once() -> None:
    budget = Budget(1)
    reservation = budget.reserve(0.6)
    assert reservation is not None
    assert budget.reserve(0.6) is None
    budget.settle(reservation, 0.1)
    assert (budget.spent, budget.reserved) == (0.1, 0.0)
    with pytest.raises(ValueError, match="once"):
        budget.settle(reservation, 0.1)
    with pytest.raises(ValueError, match="without a price"):
        budget.reserve(None)
