"""Whole runs in batches, through the real SDKs against the mock server: the same corpus for half the money."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_models import journal_of
from test_run import HERE, ROOT, exported, wait_for_journal
from test_with_servers import KEY, run, serving

from synth.asking import batch_desk, batch_job
from synth.asking.calls import Batch, Call
from synth.config import RunConfig
from synth.errors import UsageError
from synth.mock_server import Behaviour
from synth.mock_server.server import MockServer
from synth.store.journal import Journal

QUICK = Behaviour(batch_seconds=0.3, faulty_rate=0.3)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setattr(batch_desk, "QUIET", 0.1)
    monkeypatch.setattr(batch_desk, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(batch_job, "FIRST_LOOK", 0.1)
    monkeypatch.setattr(batch_job, "SEARCH_PAUSE", 0.1)


def config(out: Path, server: MockServer, who: str = "openai", **changes: object) -> RunConfig:
    url = server.gemini_url if who == "gemini" else server.openai_url
    given = RunConfig(output_dir=out, num_total_samples=40, num_worker=2, seed=3, max_retries=2)
    return replace(given, **{"model_name": who, "mode": "batch", "batch_size": 20, "base_url": url, **changes})


def ledger(out: Path) -> tuple[list[Batch], list[Call], float]:
    journal = journal_of(out)
    found = list(journal.ledger.batches()), list(journal.ledger.calls()), journal.ledger.spent()
    journal.close()
    return found


def becomes(behaviour: Behaviour, **changes: Any) -> None:
    """From now on the server that behaves so does otherwise."""
    for name, value in changes.items():
        object.__setattr__(behaviour, name, value)


@pytest.mark.parametrize("who", ["openai", "gemini"])
def test_batches_bring_the_same_corpus_at_half_the_cost(tmp_path: Path, who: str) -> None:
    with serving(QUICK) as server:
        code, text = run(config(tmp_path / "online", server, who, mode="online"))
        assert code == 0, text
        online = server.stats()
    with serving(QUICK) as server:
        code, text = run(config(tmp_path / "batch", server, who))
        assert code == 0, text
        stats = server.stats()
    assert exported(tmp_path / "batch") == exported(tmp_path / "online")
    assert (stats["requests"], stats["duplicates"], stats["batch_answered"]) == (0, 0, online["answered"])
    (_, _, dear), (batches, calls, cheap) = ledger(tmp_path / "online"), ledger(tmp_path / "batch")
    assert cheap == pytest.approx(dear / 2) and cheap > 0
    assert [len(batch.custom_ids) for batch in batches[:2]] == [20, 20]
    assert {batch.state for batch in batches} == {"succeeded" if who == "gemini" else "completed"}
    repaired = {key for batch in batches[2:] for key in batch.custom_ids}
    assert repaired and all(key.endswith("-2") for key in repaired)
    assert all(call.batch in {batch.id for batch in batches} for call in calls)


@pytest.mark.parametrize("who", ["openai", "gemini"])
def test_requests_that_failed_go_into_the_next_batch(tmp_path: Path, who: str) -> None:
    with serving(replace(QUICK, batch_error_rate=0.3)) as server:
        code, text = run(config(tmp_path / "stormy", server, who))
        assert code == 0, text
        assert server.stats()["duplicates"] == 0
    with serving(QUICK) as server:
        run(config(tmp_path / "calm", server, who))
    assert exported(tmp_path / "stormy") == exported(tmp_path / "calm")
    (_, stormy, dear), (_, calm, cheap) = ledger(tmp_path / "stormy"), ledger(tmp_path / "calm")
    assert {call.outcome for call in stormy} == {"answer", "transient"}
    assert dear == pytest.approx(cheap)  # an error is not billed
    assert len(stormy) > len(calm)


def test_what_an_expired_batch_has_done_is_kept_and_the_rest_asked_again(tmp_path: Path) -> None:
    behaviour = replace(QUICK, batch_outcome="expired", batch_done=0.5)
    with serving(behaviour) as server:
        code, text = run(config(tmp_path, server))
        # Of a batch of one, half is nothing; three such in a row, and it is pointless to go on.
        assert code == 4, text
        assert "batches in a row brought nothing" in text
        before = server.stats()["batch_answered"]
        assert before > 30
        becomes(behaviour, batch_outcome="completed")
        code, text = run(config(tmp_path, server))
        assert code == 0, text
        stats = server.stats()
    assert stats["batch_answered"] > before
    assert stats["duplicates"] == 0
    with serving(QUICK) as server:
        run(config(tmp_path / "whole", server))
    assert exported(tmp_path) == exported(tmp_path / "whole")
    assert ledger(tmp_path)[2] == pytest.approx(ledger(tmp_path / "whole")[2])


@pytest.mark.parametrize("who", ["openai", "gemini"])
def test_a_batch_that_is_refused_stops_the_run_with_the_reason(tmp_path: Path, who: str) -> None:
    behaviour = replace(QUICK, batch_outcome="failed")
    with serving(behaviour) as server:
        code, text = run(config(tmp_path, server, who, num_total_samples=15))
        assert code == 4
        assert "Billing hard limit has been reached" in text.replace("\n", " ")
        assert server.stats()["batches"] == 1
        assert ledger(tmp_path)[1:] == ([], 0.0)
        becomes(behaviour, batch_outcome="completed")
        code, text = run(config(tmp_path, server, who, num_total_samples=15))
        assert code == 0, text


def test_a_gemini_batch_that_expires_gives_nothing_and_does_not_loop(tmp_path: Path) -> None:
    with serving(replace(QUICK, batch_outcome="expired")) as server:
        code, text = run(config(tmp_path, server, "gemini", num_total_samples=15))
        assert code == 4
        assert "3 batches in a row brought nothing; the last is expired" in text.replace("\n", " ")
        assert server.stats()["batches"] == 3


@pytest.mark.parametrize(
    ("changes", "said"), [({"key": "sk-other-012345678"}, "HTTP 401"), ({"models": ("x",)}, "404")]
)
def test_a_key_or_model_that_is_not_accepted_stops_the_run(tmp_path: Path, changes: Any, said: str) -> None:
    with serving(replace(QUICK, **changes)) as server:
        code, text = run(config(tmp_path, server))
    assert code == 4
    assert said in text
    assert "Go on with" in text


def test_blocked_and_eaten_by_reasoning(tmp_path: Path) -> None:
    behaviour = replace(QUICK, blocked_rate=0.2, reasoning_rate=0.3, reasoning_needs=20_000)
    with serving(behaviour) as server:
        code, text = run(config(tmp_path, server))
        assert code == 0, text
        assert server.stats()["duplicates"] == 0
    _, calls, spent = ledger(tmp_path)
    outcomes = {call.outcome for call in calls}
    assert outcomes == {"answer", "blocked", "reasoning_exhausted"}
    eaten = {(call.sample, call.attempt) for call in calls if call.outcome == "reasoning_exhausted"}
    assert eaten <= {(call.sample, call.attempt) for call in calls if call.outcome == "answer"}  # with twice the room
    assert all(call.cost for call in calls if call.outcome == "reasoning_exhausted")
    assert spent == pytest.approx(sum(call.cost or 0.0 for call in calls))


def test_max_cost_holds_for_whole_batches(tmp_path: Path) -> None:
    with serving(QUICK) as server:
        run(config(tmp_path / "whole", server))
        whole, cap = ledger(tmp_path / "whole")[2], 0.05
        code, text = run(config(tmp_path / "capped", server, max_cost=cap))
        assert code == 0, text  # one batch after the other instead of two at once
        batches = ledger(tmp_path / "capped")[0]
        assert all(batch.worst is not None and batch.worst <= cap for batch in batches)
        assert len(batches[0].custom_ids) < 20
        assert exported(tmp_path / "capped") == exported(tmp_path / "whole")
        code, text = run(config(tmp_path / "poor", server, max_cost=whole / 2 + 0.004))
        assert code == 4
        assert "max_cost=" in text
        assert 0 < ledger(tmp_path / "poor")[2] <= whole / 2 + 0.004


def test_who_has_no_batches_is_asked_at_once(tmp_path: Path) -> None:
    with serving(QUICK) as server:
        mixed = config(tmp_path, server, model_name=("openai:0.5", "builtin:0.5"))
        code, text = run(mixed)
        assert code == 0, text
        assert server.stats()["requests"] == 0
        batches, _, _ = ledger(tmp_path)
        assert {batch.provider for batch in batches} == {"openai"}
        for alone in ("builtin", "local:m"):
            with pytest.raises(UsageError, match="mode=batch: nobody"):
                run(replace(mixed, model_name=alone, base_url=None if alone == "builtin" else server.openai_url))


# -- in a process of its own --------------------------------------------------------------------------------


def start(out: Path, server: MockServer, *where: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "batch_run.py"), str(out), server.openai_url, *where],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_journal(out)
    return process


def ends(process: subprocess.Popen[str], code: int = 0) -> str:
    text, errors = process.communicate(timeout=90)
    assert (process.returncode, errors) == (code, ""), text
    return text


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, float]:
    """Export and cost of a run that nothing happened to."""
    os.environ["OPENAI_API_KEY"] = KEY
    out = tmp_path_factory.mktemp("whole")
    with serving(QUICK) as server:
        ends(start(out, server))
    return exported(out), ledger(out)[2]


def test_killed_again_and_again_it_pays_for_nothing_twice(tmp_path: Path, whole: tuple[bytes, float]) -> None:
    rng = random.Random(5)
    with serving(QUICK) as server:
        kills = 0
        for _ in range(8):
            process = start(tmp_path, server)
            time.sleep(rng.uniform(0.2, 1.5))
            process.kill()
            kills += process.wait() == -signal.SIGKILL
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                stream.close()
        ends(start(tmp_path, server))
        assert server.stats()["duplicates"] == 0
    assert kills > 3
    assert exported(tmp_path) == whole[0]
    assert ledger(tmp_path)[2] == pytest.approx(whole[1])


@pytest.mark.parametrize("where", ["before", "between"])
def test_a_batch_handed_in_by_a_killed_process_is_found_again(
    tmp_path: Path, whole: tuple[bytes, float], where: str
) -> None:
    with serving(QUICK) as server:
        ends(start(tmp_path, server, where), -signal.SIGKILL)
        batches, calls, _ = ledger(tmp_path)
        assert [batch.state for batch in batches].count("submitting") >= 1
        assert calls == []
        made = server.stats()["batches"]
        ends(start(tmp_path, server))
        assert server.stats()["duplicates"] == 0
    assert made <= 1 if where == "before" else made == 2
    states = [batch.state for batch in ledger(tmp_path)[0]]
    assert states.count("never handed in") == (2 - made)
    assert exported(tmp_path) == whole[0]
    assert ledger(tmp_path)[2] == pytest.approx(whole[1])


def test_ctrl_c_leaves_batches_to_the_provider_and_the_same_command_collects_them(
    tmp_path: Path, whole: tuple[bytes, float]
) -> None:
    behaviour = replace(QUICK, batch_seconds=5)
    with serving(behaviour) as server:
        process = start(tmp_path, server)
        until(lambda: server.stats()["batches"] == 2)
        process.send_signal(signal.SIGINT)
        text = ends(process, 130)
        assert "2 batches of 40 requests left to the provider" in text.replace("\n", " ")
        becomes(behaviour, batch_seconds=0.3)
        ends(start(tmp_path, server))
        stats = server.stats()
    assert stats["duplicates"] == 0
    assert exported(tmp_path) == whole[0]


def test_online_an_interrupted_run_in_batches_collects_what_is_open(tmp_path: Path) -> None:
    behaviour = replace(QUICK, batch_seconds=3)
    with serving(behaviour) as server:
        process = start(tmp_path, server)
        until(lambda: server.stats()["batches"] == 2)
        process.kill()
        process.communicate()
        code, text = run(config(tmp_path, server, mode="online"))
        assert code == 0, text
        stats = server.stats()
    assert (stats["batches"], stats["batch_answered"], stats["duplicates"]) == (2, 40, 0)
    assert stats["answered"] > 0  # the repairs


def test_a_batch_that_the_provider_has_forgotten(tmp_path: Path) -> None:
    with serving(replace(QUICK, batch_seconds=60)) as server:
        process = start(tmp_path, server)
        until(lambda: [batch.state for batch in ledger(tmp_path)[0]].count("validating") == 2)
        process.kill()
        process.communicate()
    with serving(QUICK) as server:
        code, text = run(config(tmp_path, server))
        assert code == 4
        assert "cannot be collected" in text and server.stats()["batches"] == 0
        code, text = run(config(tmp_path, server, mode="online"))
        assert code == 0, text
    batches, calls, spent = ledger(tmp_path)
    assert [batch.state for batch in batches] == ["lost", "lost"]
    lost = [call for call in calls if call.batch]
    assert len(lost) == 40
    worst = sum(batch.worst or 0.0 for batch in batches)
    assert sum(call.cost or 0.0 for call in lost) == pytest.approx(worst)  # nobody will tell whether it was billed
    assert spent > worst


def test_the_journal_names_a_batch_before_the_provider_knows_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth.providers.openai_batch import OpenAIBatches

    seen: list[tuple[str, str]] = []
    submit = OpenAIBatches.submit

    async def looking(self: OpenAIBatches, token: str, requests: Any) -> Any:
        journal = Journal.open_to_read(tmp_path / "run" / "journal.sqlite")
        seen.extend((batch.id, batch.state) for batch in journal.ledger.batches() if batch.id == token)
        journal.close()
        return await submit(self, token, requests)

    monkeypatch.setattr(OpenAIBatches, "submit", looking)
    with serving(QUICK) as server:
        run(config(tmp_path, server, num_total_samples=10))
        assert len(seen) == server.stats()["batches"] > 0
    assert {state for _, state in seen} == {"submitting"}
