"""Small parts: the gate, the tally, the monitor's panel, providers."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from fake_pool import FakePool
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from synth.asking.calls import Call
from synth.asking.meter import EndpointState
from synth.asking.money import Money
from synth.display import monitor, terminal_report
from synth.display.progress import Progress
from synth.display.tally import Tally
from synth.errors import UsageError
from synth.providers import Request, Usage, open_provider
from synth.run.gate import Gate
from validators.verdict import Judgement, Reason, Settings, Stage, Verdict


def test_the_gate_lets_the_lowest_pass_first() -> None:
    order: list[int] = []

    async def one(gate: Gate, index: int) -> None:
        async with gate.turn(index):
            await asyncio.sleep(0)
            order.append(index)

    async def main() -> None:
        gate = Gate(1)
        async with gate.turn(0):
            tasks = [asyncio.create_task(one(gate, index)) for index in (5, 3, 9, 4)]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert order == [3, 4, 5, 9]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=20), st.integers(1, 3))
def test_the_gate_never_loses_a_place(arrivals: list[tuple[int, bool]], places: int) -> None:
    async def main() -> None:
        gate, inside, most = Gate(places), 0, 0

        async def one(index: int) -> None:
            nonlocal inside, most
            async with gate.turn(index):
                inside += 1
                most = max(most, inside)
                try:
                    await asyncio.sleep(0)
                finally:
                    inside -= 1

        tasks = [(asyncio.create_task(one(index)), cancelled) for index, cancelled in arrivals]
        await asyncio.sleep(0)
        for task, cancelled in tasks:
            if cancelled:
                task.cancel()
        await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
        assert most <= places
        async with asyncio.timeout(1):
            for _ in range(places):
                await gate.turn(0).__aenter__()

    asyncio.run(main())


PASSED = Judgement((Verdict(Stage.CONTRACT, True, cpu_seconds=1), Verdict(Stage.EAGER, True, cpu_seconds=2)))
FAILED = Judgement((Verdict(Stage.CONTRACT, True), Verdict(Stage.EAGER, False, Reason.TIMEOUT, cpu_seconds=3)))


def test_the_tally_counts_stages_reasons_and_operators() -> None:
    tally = Tally()
    for judgement in (PASSED, PASSED, FAILED):
        tally.add_judgement(["A", "A"] if judgement is FAILED else ["B"], judgement)
    assert (tally.judged, tally.passed) == (3, 2)
    assert tally.stages() == [Stage.CONTRACT, Stage.EAGER]
    assert (tally.entered_stage[Stage.EAGER], tally.passed_stage[Stage.EAGER]) == (3, 2)
    assert tally.cpu_seconds[Stage.EAGER] == 7
    assert tally.top_reasons() == [(Stage.EAGER, Reason.TIMEOUT, 1)]
    assert tally.worst_operators(at_least=1) == [("A", 0, 1), ("B", 2, 2)]


def test_what_an_accepted_pair_took_is_told_by_stage() -> None:
    tally = Tally()
    for seconds in (1.0, 2.0, 6.0):
        tally.add((), [Verdict(Stage.EAGER, True, cpu_seconds=seconds / 2), Verdict(Stage.TRITON, True)], None, None)
    tally.add_judgement((), FAILED)
    out = StringIO()
    Console(file=out, width=130).print(terminal_report.funnel(tally, 3))
    rows = {line.split()[0]: line.split() for line in out.getvalue().splitlines()}
    assert rows["eager"][-3:] == ["2.500", "1.000", "1.500"]  # the failed one's 3 s count for the accepted ones, too
    assert rows["contract"][-2:] == ["-", "-"]
    assert rows["all"][-2:] == ["1.000", "1.500"]


def test_what_is_taken_back_leaves_no_trace() -> None:
    tally, never = Tally(), Tally()
    tally.add(["A"], PASSED.verdicts, None, None)
    tally.add(["A"], PASSED.verdicts, None, None, times=-1)
    tally.add(["A"], PASSED.verdicts, Stage.CONTRACT, Reason.TIMEOUT)
    never.add(["A"], PASSED.verdicts, Stage.CONTRACT, Reason.TIMEOUT)
    assert tally == never
    assert tally.stages() == [Stage.CONTRACT]


def test_the_panel_shows_it_all_and_fits() -> None:
    progress = Progress(total=50, target=20, phase="judging", settled=12, kept=9)
    progress.tally.add_judgement(["Conv2d"] * 3, FAILED)
    pool = FakePool(40, Settings())
    pool.workers[1].label, pool.workers[1].stage = "SynthModel_Conv2d", "triton"
    progress.workers = lambda: pool.workers
    out = StringIO()
    Console(file=out, width=120).print(monitor._panel(progress, height=30))
    text = out.getvalue()
    for word in ("12/50", "kept 9 of 20 (75.0 %)", "Funnel", "timeout", "Workers: 1 of 40 busy", "SynthModel_Conv2d"):
        assert word in text
    assert len(text.splitlines()) <= 30


def asked_progress() -> Progress:
    progress = Progress(total=50, phase="judging", settled=10, kept=8, money=Money(max_cost=5.0))
    for attempt in (1, 1, 1, 2):
        progress.tally.add_judgement(["Conv2d"], PASSED if attempt == 2 else FAILED, attempt)
    usage = Usage(900_000, 100_000, 300_000, 200_000)
    progress.money.add(Call(0, 1, "openai", "m", "answer", None, usage, 0.8, 2.0, ""))
    state = EndpointState("api.example m", 31, 64, None, 3, "cooling 12 s", 812, 7, 1.25, 9.5, 1234.5, "")
    progress.endpoints = lambda: [state]
    return progress


def test_the_panel_shows_what_asking_costs_and_fits() -> None:
    progress = asked_progress()
    out = StringIO()
    Console(file=out, width=140).print(monitor._panel(progress, height=34))
    text = out.getvalue()
    for words in (
        "prompt 900,000 (100,000 cached), output 300,000 (200,000 reasoning), for each kept program 150,000",
        "Spent: $0.8000, for each kept program $0.1000, whole run about $4.00, max_cost $5.00",
        "0.0 % of samples passed at the first attempt, 33.3 % after repair",
    ):
        assert words in text
    assert "api.example m 31/64 3 cooling 12 s 812 7 1.2 s 9.5 s 1,234" in " ".join(text.split())
    assert len(text.splitlines()) <= 34


def test_the_plain_line_tells_what_asking_costs() -> None:
    line = terminal_report.plain_line(asked_progress())
    assert "spent $0.8000" in line
    assert "api.example m: 31/64 cooling 12 s" in line
    assert "\n" not in line


def test_the_plain_line_is_one_line() -> None:
    progress = Progress(total=50, phase="judging", settled=12, kept=9)
    progress.tally.add_judgement(["Conv2d"], FAILED)
    line = terminal_report.plain_line(progress)
    assert "12/50" in line
    assert "eager/timeout 1" in line
    assert "\n" not in line


def test_a_resumed_runs_rate_counts_this_process_only() -> None:
    progress = Progress(total=100, settled=50, kept=50)
    progress.begin()
    assert progress.eta is None
    progress.settled += 10
    progress.began -= 5
    assert progress.rate == pytest.approx(2, rel=0.1)
    assert progress.eta == pytest.approx(20, rel=0.1)


def test_durations_read_well() -> None:
    assert [terminal_report.duration(s) for s in (None, 5, 65, 3725)] == ["-", "0:05", "1:05", "1:02:05"]


def test_replay_answers_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps([{"pattern": ["A"], "response": "one"}, {"pattern": [], "response": "two"}]))
    provider = open_provider(f"replay:{file}")
    assert provider.about.patterns == (("A",), ())
    request = Request(1, 1, (), "N", 0, 0.0)
    assert asyncio.run(provider.answer(request)).text == "two"
    assert asyncio.run(provider.answer(Request(1, 2, (), "N", 0, 0.0))).text is None
    before = provider.about.fingerprint
    file.write_text(json.dumps([{"pattern": ["A"], "response": "other"}]))
    assert open_provider(f"replay:{file}").about.fingerprint != before


def test_the_builtin_provider_repeats_itself() -> None:
    request = Request(3, 2, ("Linear", "ReLU"), "SynthModel_Linear_ReLU", 5, 0.0)
    answers = [asyncio.run(open_provider("builtin").answer(request)).text for _ in range(2)]
    assert answers[0] == answers[1]
    assert "class SynthModel_Linear_ReLU(nn.Module)" in (answers[0] or "")
    other = asyncio.run(open_provider("builtin").answer(replace(request, attempt=1))).text
    assert other != answers[0]
    assert open_provider("builtin").about.fingerprint == open_provider("builtin").about.fingerprint != ""


@pytest.mark.parametrize(
    ("record", "words"),
    [({"pattern": ["A"]}, "no text under response"), ({"response": "x", "pattern": "A"}, "under pattern")],
)
def test_replay_checks_its_file_first(tmp_path: Path, record: dict, words: str) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps([record]))
    with pytest.raises(UsageError, match=words):
        open_provider(f"replay:{file}")
