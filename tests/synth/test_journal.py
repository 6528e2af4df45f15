"""The journal: what goes in comes out; what is no sound journal is left alone."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from synth.errors import CommandError, UsageError
from synth.store.journal import Journal
from validators.verdict import Judgement, Pair, Program, Reason, Stage, Verdict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


JUDGED = Judgement(
    (
        Verdict(Stage.SIMILARITY, True, metrics={"source_hash": "s"}, cpu_seconds=0.25),
        Verdict(Stage.EAGER, True, metrics={"signature": "g"}, cpu_seconds=0.5),
        Verdict(Stage.GRAPH, True, metrics={"strict": "a0"}),
    ),
    Pair("new \ud800", "raw", ("k1", "k2"), "sm_90", {"a": [1]}),
)


def test_an_attempt_comes_back_as_it_went_in(path: Path) -> None:
    journal = Journal.create_or_open(path)
    journal.add_answer(0, 1, ("A", "B"), "SynthModel_A_B", "answer \ud800 é")
    begun = journal.attempt(0, 1)
    assert begun is not None
    assert (begun.judged, begun.answer) == (False, "answer \ud800 é")
    journal.add_judgement(0, 1, Program("class M: pass", "M"), JUDGED)
    journal.close()
    journal = Journal.open_to_read(path)
    attempt = journal.attempt(0, 1)
    assert attempt is not None
    assert attempt.pattern == ("A", "B")
    assert (attempt.program, attempt.entry_point, attempt.name) == ("class M: pass", "M", "SynthModel_A_B")
    assert (attempt.verdicts, attempt.pair) == (JUDGED.verdicts, JUDGED.pair)
    assert (attempt.source_hash, attempt.signature, attempt.graph, attempt.stage) == ("s", "g", "a0", None)
    assert journal.attempt(0, 2) is None
    journal.close()


def test_a_duplicate_is_turned_down_where_it_belongs(path: Path) -> None:
    journal = Journal.create_or_open(path)
    journal.add_answer(0, 1, (), "n", "a")
    journal.add_judgement(0, 1, Program("p", "M"), JUDGED)
    journal.turn_down(0, 1, Stage.SIMILARITY, Reason.DUPLICATE_SOURCE, "as in sample 0")
    assert [(outcome.stage, outcome.reason) for outcome in journal.outcomes()] == [
        (Stage.SIMILARITY, Reason.DUPLICATE_SOURCE)
    ]
    assert (journal.settled(), list(journal.kept_attempts())) == (0, [])
    journal.settle(0, 1, "n", kept=True)
    assert (journal.settled(), len(list(journal.kept_attempts()))) == (1, 1)
    journal.close()


def test_a_gradient_stands_beside_its_attempt(path: Path) -> None:
    journal = Journal.create_or_open(path)
    journal.add_answer(0, 1, ("A",), "n", "a")
    journal.add_judgement(0, 1, Program("p", "M"), JUDGED)
    assert journal.gradient(0, 1) is None
    failed = Judgement((Verdict(Stage.EAGER, False, Reason.NON_FINITE, "NaN", cpu_seconds=1.5),))
    journal.add_gradient(0, 1, Program("p'", "MBackward"), failed)
    found, forward = journal.gradient(0, 1), journal.attempt(0, 1)
    assert found is not None and forward is not None
    assert (found.program, found.entry_point, found.pair, found.verdicts) == ("p'", "MBackward", None, failed.verdicts)
    assert (found.stage, found.reason, found.detail) == (Stage.EAGER, Reason.NON_FINITE, "NaN")
    assert (found.answer, found.pattern) == (forward.answer, forward.pattern) == ("a", ("A",))
    assert (forward.program, forward.stage, forward.pair) == ("p", None, JUDGED.pair)
    assert list(journal.gradient_verdicts()) == [failed]
    assert sorted(journal.cpu_seconds()) == [(0, 0.75), (0, 1.5)]
    journal.add_answer(1, 1, (), "n", "a")
    journal.add_gradient(1, 1, None, failed)
    found = journal.gradient(1, 1)
    assert found is not None and found.program is found.entry_point is None
    journal.close()


def test_a_journal_without_gradients_can_be_read_but_not_gone_on_with(path: Path) -> None:
    journal = Journal.create_or_open(path)
    journal.add_answer(0, 1, ("A",), "n", "a")
    journal.add_judgement(0, 1, Program("p", "M"), JUDGED)
    journal.close()
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE gradients")
        database.execute("ALTER TABLE attempts DROP COLUMN graph")
        database.execute("PRAGMA user_version=2")
    journal = Journal.open_to_read(path)
    assert journal.attempt(0, 1) is not None
    assert (journal.gradient(0, 1), list(journal.gradient_verdicts())) == (None, [])
    assert list(journal.cpu_seconds()) == [(0, 0.75)]
    journal.close()
    with pytest.raises(UsageError, match=r"journal format 2, this synth writes 4.*\.revalidate"):
        Journal.create_or_open(path)


def test_a_journal_without_graphs_can_be_read_but_not_gone_on_with(path: Path) -> None:
    journal = Journal.create_or_open(path)
    journal.add_answer(0, 1, ("A",), "n", "a")
    journal.add_judgement(0, 1, Program("p", "M"), JUDGED)
    journal.add_gradient(0, 1, Program("q", "MBackward"), JUDGED)
    journal.settle(0, 1, "n", kept=True)
    assert list(journal.kept_keys()) == [(0, "s", "g", "a0")]
    journal.close()
    with sqlite3.connect(path) as database:
        for table in ("attempts", "gradients"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN graph")
        database.execute("PRAGMA user_version=3")
    journal = Journal.open_to_read(path)
    assert list(journal.kept_keys()) == [(0, "s", "g", None)]
    found = [attempt.program for attempt in (journal.attempt(0, 1), journal.gradient(0, 1)) if attempt]
    assert found == ["p", "q"]
    journal.close()
    with pytest.raises(UsageError, match=r"journal format 3, this synth writes 4.*\.revalidate"):
        Journal.create_or_open(path)


def test_what_is_read_together_belongs_together_while_a_run_writes(path: Path) -> None:
    writing = Journal.create_or_open(path)
    writing.add_answer(0, 1, ("A",), "n", "a")
    reading = Journal.open_to_read(path)
    with reading.snapshot():
        assert len(list(reading.begun())) == 1
        writing.add_answer(1, 1, ("A",), "n", "a")
        assert len(list(reading.begun())) == 1
    assert len(list(reading.begun())) == 2
    reading.close()
    writing.close()


def damaged(path: Path) -> None:
    journal = Journal.create_or_open(path)
    for sample in range(50):
        journal.add_answer(sample, 1, ("A",) * 50, "n" * 200, "a")
    journal.close()
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\x55" * 4096
    path.write_bytes(content)


def other_database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (x)")


def other_schema(path: Path) -> None:
    Journal.create_or_open(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=99")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b"not a database at all" * 99), "not a sound journal"),
        (damaged, "not a sound journal"),
        (other_database, "no journal of synth"),
        (other_schema, "journal format 99"),
    ],
)
def test_what_is_no_sound_journal_is_left_alone(path: Path, make, words: str) -> None:  # type: ignore[no-untyped-def]
    make(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match=words) as caught:
        Journal.create_or_open(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_damaged_content_is_told(path: Path) -> None:
    journal = Journal.create_or_open(path)
    journal.add_answer(0, 1, (), "n", "a")
    journal.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE attempts SET answer = x'0011'")
    journal = Journal.open_to_read(path)
    with pytest.raises(UsageError, match="is damaged"):
        journal.attempt(0, 1)
    journal.close()


def test_a_full_disk_is_told_and_loses_nothing(path: Path) -> None:
    journal = Journal.create_or_open(path)
    journal.add_answer(0, 1, (), "n", "a")
    journal._file._database.execute("PRAGMA max_page_count=1")
    with pytest.raises(CommandError, match="what was judged is kept") as caught:
        journal.add_answer(1, 1, (), "n", random.Random(0).randbytes(99999).hex())
    assert caught.value.exit_code == 1
    journal.close()
    journal = Journal.create_or_open(path)
    assert journal.attempt(0, 1) is not None
    journal.close()


def test_an_empty_file_is_a_run_killed_at_birth(path: Path) -> None:
    path.touch()
    journal = Journal.create_or_open(path)
    assert journal.settled() == 0
    journal.close()


def test_it_can_be_read_while_it_is_written(path: Path) -> None:
    writing = Journal.create_or_open(path)
    writing.add_answer(0, 1, (), "n", "a")
    reading = Journal.open_to_read(path)
    assert reading.attempt(0, 1) is not None
    writing.add_answer(1, 1, (), "n", "a")
    assert reading.attempt(1, 1) is not None
    reading.close()
    writing.close()
