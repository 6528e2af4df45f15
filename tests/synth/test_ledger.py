"""Calls and batches in the journal, what they sum up to, and journals of the format before them."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fake_pool import program_text, run_fake

from synth import cli, export
from synth.asking.calls import Call
from synth.asking.money import Money, dollars
from synth.config import RunConfig
from synth.errors import CommandError, UsageError
from synth.files.rundir import RunDir
from synth.providers import Message, Usage
from synth.store.attempts import Origin
from synth.store.journal import Journal
from synth.store.journal_file import APPLICATION_ID
from synth.store.ledger import Batch

ANSWERED = Call(0, 1, "openai", "m", "answer", None, Usage(1000, 200, 300, 100), 0.25, 1.5, "")
REFUSED = replace(ANSWERED, outcome="rate_limited", status=429, usage=Usage(), cost=None, detail="HTTP 429")
UNPRICED = replace(ANSWERED, sample=1, cost=None)


@pytest.fixture
def journal(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = Journal.create_or_open(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def test_calls_come_back_as_they_went_in(journal: Journal) -> None:
    for call in (REFUSED, ANSWERED, UNPRICED):
        journal.ledger.record(call)
    journal.ledger.flush()
    assert list(journal.ledger.calls()) == [REFUSED, ANSWERED, UNPRICED]
    assert journal.ledger.spent() == 0.25
    assert journal.ledger.cost(0, 1) == 0.25  # what was turned away is free
    assert journal.ledger.cost(1, 1) is None
    assert journal.ledger.cost(2, 1) == 0.0
    assert journal.ledger.by_sample() == {0: (1300, 0.25, 0), 1: (1300, 0.0, 1)}


def test_an_answer_and_its_call_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal.create_or_open(tmp_path / "journal.sqlite")
    journal.ledger.record(REFUSED)
    journal.ledger.record(ANSWERED)
    seen = Journal.open_to_read(tmp_path / "journal.sqlite")
    assert list(seen.ledger.calls()) == [REFUSED]
    with pytest.raises(CommandError), journal.together():
        journal.add_answer(0, 1, ("A",), "n", "text", Origin("openai"))
        journal.add_answer(0, 1, ("A",), "n", "text", Origin("openai"))  # the same again
    assert seen.attempt(0, 1) is None
    assert list(seen.ledger.calls()) == [REFUSED]
    seen.close()
    journal.close()


def test_where_an_answer_came_from_is_kept(journal: Journal) -> None:
    messages = (Message("system", "é \ud800"), Message("user", "two"))
    origin = Origin("openai", "m", "m-2026", "plain", "0a1b", messages, "stop", Usage(1, None, 2, 0))
    journal.ledger.record(ANSWERED)
    journal.add_answer(0, 1, ("A",), "n", "text", origin)
    attempt = journal.attempt(0, 1)
    assert attempt is not None
    assert (attempt.origin, attempt.cost) == (origin, 0.25)


def test_batches_are_kept(journal: Journal) -> None:
    batch = Batch("batch_1", "openai", "m", "validating", ("0-1", "1-1"), 12.5)
    journal.ledger.add_batch(batch)
    journal.ledger.update_batch("batch_1", "completed", "2 of 2")
    assert list(journal.ledger.batches()) == [replace(batch, state="completed", detail="2 of 2")]


def test_money_adds_up() -> None:
    money = Money()
    for call in (ANSWERED, REFUSED):
        money.add(call)
    assert (money.calls, money.answers, money.prompt_tokens, money.cached_tokens) == (2, 1, 1000, 200)
    assert (money.output_tokens, money.reasoning_tokens, money.dollars()) == (300, 100, "$0.2500")
    money.add(UNPRICED)
    assert money.dollars() == "$0.2500 and unknown"
    assert [dollars(0.0), dollars(12345.678), dollars(0.0, known=False)] == ["$0.0000", "$12,345.68", "unknown"]


def as_format_1(path: Path) -> None:
    """Makes a journal what the version before language models wrote."""
    with closing(sqlite3.connect(path)) as database, database:
        for table in ("calls", "batches"):
            database.execute(f"DROP TABLE {table}")
        lacking = (
            "provider",
            "asked",
            "model",
            "prompt",
            "prompt_version",
            "messages",
            "finish",
            "usage",
            "cost",
            "graph",
        )
        for column in lacking:
            database.execute(f"ALTER TABLE attempts DROP COLUMN {column}")
        database.execute("PRAGMA user_version=1")
        assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_a_journal_of_format_1_is_read_and_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = RunConfig(output_dir=tmp_path, num_total_samples=12, seed=3)
    run_fake(config, slow=0)
    run = RunDir(tmp_path)
    export.write(run, "jsonl", tmp_path / "before.jsonl")
    as_format_1(run.journal)
    before = run.journal.read_bytes()
    export.write(run, "jsonl", tmp_path / "after.jsonl")
    old, new = ((tmp_path / name).read_text().splitlines() for name in ("before.jsonl", "after.jsonl"))
    assert [json.loads(row)["sha"] for row in old] == [json.loads(row)["sha"] for row in new]
    assert json.loads(new[0])["provider"] == "builtin"  # what the run was asked for
    assert cli.main([".stats", str(tmp_path), "by=all,model"]) == 0
    assert "12/12 samples decided" in capsys.readouterr().out
    assert cli.main([".report", str(tmp_path), f"out={tmp_path / 'report.html'}"]) == 0
    assert cli.main([".export", str(tmp_path), f"out={tmp_path / 'dataset'}", "dedup=false"]) == 0
    assert f"{len(new)} pairs in" in capsys.readouterr().out
    with pytest.raises(UsageError, match=r"journal format 1, this synth writes 4.*\.revalidate"):
        run_fake(config)
    assert run.journal.read_bytes() == before


def test_messages_are_packed(tmp_path: Path) -> None:
    journal = Journal.create_or_open(tmp_path / "journal.sqlite")
    journal.add_answer(0, 1, ("A",), "n", program_text(), Origin("openai", messages=(Message("user", "x" * 9999),)))
    journal.close()
    with sqlite3.connect(tmp_path / "journal.sqlite") as database:
        (blob,) = database.execute("SELECT messages FROM attempts").fetchone()
    assert len(blob) < 200
    assert json.loads(zlib.decompress(blob)) == [{"role": "user", "content": "x" * 9999}]
