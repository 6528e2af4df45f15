"""Runs with language models: repair, failures, mixtures, money, and what ends a run early."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_model import FakeModel, good
from fake_pool import FakeProvider, run_fake
from test_run import exported

from synth import cli
from synth.config import RunConfig
from synth.errors import UsageError
from synth.files.rundir import RunDir
from synth.providers import Answer, Choice, Failure, FailureKind, Request, Usage
from synth.store.journal import Journal
from validators.verdict import Reason, Stage


def config(out: Path, **changes: object) -> RunConfig:
    base = RunConfig(output_dir=out, num_total_samples=30, num_worker=2, seed=3, price=(1.0, 10.0))
    return replace(base, **changes)


def journal_of(out: Path) -> Journal:
    return Journal.open_to_read(RunDir(out).journal)


def attempts_of(out: Path, sample: int) -> list:  # type: ignore[type-arg]
    journal = journal_of(out)
    found = [journal.attempt(sample, number) for number in (1, 2, 3)]
    journal.close()
    return [attempt for attempt in found if attempt is not None]


def first_bad(request: Request) -> Answer | Failure:
    return Answer("I would rather not.", usage=Usage(10, 0, 5, 0)) if request.attempt == 1 else good(request)


def test_a_rejected_program_goes_back_with_its_verdict(tmp_path: Path) -> None:
    model = FakeModel(first_bad)
    code, text = run_fake(config(tmp_path), model, slow=0)
    assert code == 0
    chain = attempts_of(tmp_path, 0)
    assert [attempt.stage for attempt in chain[:1]] == [Stage.ANSWER]
    assert [message.role for message in chain[0].origin.messages][-1] == "user"
    assert "I would rather not." in "".join(message.content for message in chain[1].origin.messages)
    assert chain[1].origin.messages == next(r.messages for r in model.requests if (r.sample, r.attempt) == (0, 2))
    assert (chain[1].origin.provider, chain[1].origin.asked, chain[1].origin.model) == (
        "fake",
        "model",
        "model-2026-11",
    )
    assert chain[1].origin.prompt == "plain"
    assert chain[1].origin.usage == Usage(1000, 100, 500, 200)
    assert chain[1].cost == pytest.approx((1000 * 1 + 500 * 10) / 1e6)
    assert "Yield: 0.0 % of samples passed at the first attempt" in text


def test_another_model_may_repair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repairer = FakeModel(name="second")
    monkeypatch.setattr("synth.run.casting.open_provider", lambda name, options: repairer)
    first = FakeModel(first_bad)
    run_fake(config(tmp_path, repair_model="second"), first, slow=0)
    assert {attempt for _, attempt in first.asked} == {1}
    assert 1 not in {attempt for _, attempt in repairer.asked}
    chain = attempts_of(tmp_path, 0)
    assert [attempt.origin.provider for attempt in chain[:2]] == ["fake", "second"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FailureKind.BLOCKED, Reason.BLOCKED),
        (FailureKind.CONTEXT_TOO_LONG, Reason.CONTEXT_TOO_LONG),
        (FailureKind.REASONING_EXHAUSTED, Reason.TRUNCATED),
    ],
)
def test_a_failure_ends_an_attempt_with_its_reason(tmp_path: Path, kind: FailureKind, reason: Reason) -> None:
    def reply(request: Request) -> Answer | Failure:
        return Failure(kind, "the filter") if request.attempt == 1 else good(request)

    run_fake(config(tmp_path, num_total_samples=4), FakeModel(reply), slow=0)
    first = attempts_of(tmp_path, 2)[0]
    assert (first.stage, first.reason, first.detail, first.answer) == (Stage.ANSWER, reason, "the filter", None)


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("Let me think about", "length", Reason.TRUNCATED),
        ("```python\nclass A(nn.Module):\n    def forw", "MAX_TOKENS", Reason.TRUNCATED),
        ("```python\nclass A(nn.Module):\n    pass\n```\nIt is go", "length", None),
        ("Let me think about", "stop", Reason.NO_CODE),
    ],
)
def test_a_cut_answer_is_told_from_a_bad_one(tmp_path: Path, text: str, finish: str, reason: Reason | None) -> None:
    run_fake(
        config(tmp_path, num_total_samples=1, max_retries=1), FakeModel(lambda _: Answer(text, finish=finish)), slow=0
    )
    (attempt,) = attempts_of(tmp_path, 0)
    assert (attempt.reason if attempt.stage is Stage.ANSWER else None) is reason


def test_the_number_of_workers_changes_nothing_with_models_either(tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("many", 7)):
        run_fake(config(tmp_path / name, num_worker=workers), FakeModel(seconds=0.01))
    assert exported(tmp_path / "one") == exported(tmp_path / "many")


def test_a_wrong_key_ends_the_run_and_costs_no_attempt(tmp_path: Path) -> None:
    broken = FakeModel(lambda _: Failure(FailureKind.BAD_KEY, "HTTP 401: no such key", status=401))
    code, text = run_fake(config(tmp_path), broken, slow=0)
    assert code == 4
    assert "stopped: fake:model: 3 requests in a row failed: HTTP 401: no such key" in text
    assert f"Go on with: python -m synth .parallel config={tmp_path}/run/config.toml" in text
    journal = journal_of(tmp_path)
    assert list(journal.begun()) == []
    assert {call.outcome for call in journal.ledger.calls()} == {"bad_key"}
    journal.close()
    code, _ = run_fake(config(tmp_path), FakeModel(), slow=0)
    assert code == 0


def test_a_stop_keeps_and_judges_what_was_answered(tmp_path: Path) -> None:
    def quota(request: Request) -> Answer | Failure:
        return Failure(FailureKind.QUOTA_EXHAUSTED, "daily quota") if request.sample >= 20 else good(request)

    model = FakeModel(quota, seconds=0.01)
    code, text = run_fake(config(tmp_path, num_total_samples=200, max_retries=1), model)
    assert code == 4
    assert "daily quota" in text
    journal = journal_of(tmp_path)
    answered = sum(call.outcome == "answer" for call in journal.ledger.calls())
    begun = list(journal.begun())
    assert answered == len(begun) > 8
    assert all(attempt.judged for attempt in begun)
    assert journal.settled() > 0
    journal.close()
    again = FakeModel()
    run_fake(config(tmp_path, num_total_samples=200, max_retries=1), again, slow=0)
    assert not set(again.asked) & {(one.sample, one.attempt) for one in begun}


def test_max_cost_stops_and_more_goes_on(tmp_path: Path) -> None:
    each = (1000 * 1 + 500 * 10) / 1e6
    limited = config(tmp_path, max_output_tokens=600, max_cost=10 * each, max_retries=1)
    first = FakeModel()
    code, text = run_fake(limited, first, slow=0)
    assert code == 4
    assert "max_cost=0.06" in text
    assert "Go on with" in text
    assert f"config={tmp_path}/run/config.toml max_cost=0.12" in text
    journal = journal_of(tmp_path)
    spent = journal.ledger.spent()
    journal.close()
    assert 5 * each <= spent <= 10 * each
    second = FakeModel()
    code, text = run_fake(replace(limited, max_cost=1.0), second, slow=0)
    assert code == 0
    assert not set(first.asked) & set(second.asked)
    assert len(second.asked) + len(first.asked) == 30
    assert f"Spent: ${30 * each:.4f}" in text
    assert ", max_cost $1.00" in text


def test_a_cap_without_a_price_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the price of fake:model is not known.*price=\[IN,OUT\]"):
        run_fake(config(tmp_path, price=None, max_cost=1.0), FakeModel())
    assert not (tmp_path / "run").exists()


def test_an_unknown_price_is_told_as_unknown(tmp_path: Path) -> None:
    _, text = run_fake(config(tmp_path, price=None, num_total_samples=5), FakeModel(), slow=0)
    assert "Spent: unknown, for each kept program unknown" in text
    assert "$0" not in text


def test_a_mixture_is_a_function_of_the_seed(tmp_path: Path) -> None:
    def mixture() -> Choice:
        return Choice((FakeModel(name="a"), FakeModel(name="b")), (0.7, 0.3))

    who: list[list[str]] = []
    for out, workers in ((tmp_path / "one", 1), (tmp_path / "two", 5)):
        choice = mixture()
        run_fake(config(out, num_total_samples=60, num_worker=workers), choice, slow=0)
        who.append([attempts_of(out, sample)[0].origin.provider for sample in range(60)])
    assert who[0] == who[1]
    assert 25 < who[0].count("a") < 58


def test_stats_sort_samples_by_what_they_were_asked_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_fake(config(tmp_path, prompt=("plain", "resample")), FakeModel(first_bad), slow=0)
    assert cli.main([".stats", f"path={tmp_path}", "by=prompt,model,pattern_size"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.startswith(("plain ", "resample "))]
    assert {row[0] for row in rows} == {"plain", "resample"}
    assert {row[1] for row in rows} == {"fake:model"}
    assert sum(int(row[3]) for row in rows) == 30
    assert all(row[5:7] == ["0.0", "%"] for row in rows)
    assert all("$" in row[-1] for row in rows if row[-1] != "-")
    assert cli.main([".stats", f"path={tmp_path}", "by=stage,prompt"]) == 0
    text = capsys.readouterr().out
    assert "Funnel" in text
    assert "By prompt" in text
    assert cli.main([".stats", f"path={tmp_path}", "by=propmt"]) == 2


def test_requests_in_flight_follow_the_validators(tmp_path: Path) -> None:
    # Two workers at about 4 ms a program take in some 500 answers a second: at 0.1 s each, 75 and a few in flight.
    model = FakeModel(seconds=0.1)
    run_fake(config(tmp_path, num_total_samples=400, max_retries=1), model, slow=0.008)
    assert 16 < model.most < 300


def test_a_slow_front_sample_stops_nothing(tmp_path: Path) -> None:
    class Slow(FakeModel):
        async def answer(self, request: Request) -> Answer | Failure:
            self._seconds = 1.5 if request.sample == 0 else 0.02
            return await super().answer(request)

    seen: list[int] = []

    def judged_before_the_front(request: Request) -> Answer | Failure:
        if request.sample == 0:
            seen.append(len(model.requests))
        return good(request)

    model = Slow(judged_before_the_front)
    run_fake(config(tmp_path, num_total_samples=60, max_retries=1), model, slow=0.002)
    assert seen[0] > 2 * 8  # more than the window of a run without waiting for answers


def test_no_more_than_the_target_needs_is_bought(tmp_path: Path) -> None:
    model = FakeModel(seconds=0.02)
    code, _ = run_fake(config(tmp_path, num_total_samples=500, target_accepted=10, num_worker=8), model, slow=0)
    assert code == 0
    assert len({sample for sample, _ in model.asked}) < 40
    journal = journal_of(tmp_path)
    calls = list(journal.ledger.calls())
    assert {call.outcome for call in calls} == {"answer"}  # none was hung up on
    journal.close()


def test_no_key_prompt_or_answer_is_told(tmp_path: Path) -> None:
    def reply(request: Request) -> Answer | Failure:
        raise RuntimeError("server said: " + request.messages[-1].content)

    _, text = run_fake(config(tmp_path, num_total_samples=1, max_retries=1), FakeModel(reply), slow=0)
    detail = attempts_of(tmp_path, 0)[0].detail
    assert "RuntimeError" in detail
    assert "combines these operators" not in detail + text


def test_unprompted_answers_are_no_calls(tmp_path: Path) -> None:
    _, text = run_fake(config(tmp_path, num_total_samples=5, price=None), FakeProvider(), slow=0)
    journal = journal_of(tmp_path)
    assert list(journal.ledger.calls()) == []
    journal.close()
    assert "Spent" not in text
