"""The journal: one SQLite file per run, and the single truth about it.

Every step is committed before anything else happens with it: an answer before it is judged, a judgement
before the sample's fate is decided, a fate before its file is written.  A run killed between two steps is
picked up there.  WAL with synchronous=NORMAL survives the death of the process at any point; a power cut may
cost the last moments, never the file.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import CommandError, UsageError
from validators.verdict import Judgement, Pair, Reason, Stage, Verdict

SCHEMA = 1
APPLICATION_ID = 0x53594E54  # "SYNT": tells our journal from any other SQLite file

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE attempts (
    sample INTEGER NOT NULL,
    attempt INTEGER NOT NULL,        -- from 1
    pattern TEXT NOT NULL,           -- JSON list of operator names
    name TEXT NOT NULL,              -- what class and file are to be called
    answer BLOB,                     -- zlib of the provider's text; NULL when there was none
    answered_at REAL NOT NULL,       -- Unix time
    program BLOB,                    -- zlib of the extracted program
    entry_point TEXT,
    verdicts TEXT,                   -- JSON list, one per stage; NULL until judged
    pair BLOB,                       -- zlib of JSON; present when every stage passed
    cpu_seconds REAL,
    judged_at REAL,
    source_hash TEXT,
    signature TEXT,
    stage TEXT,                      -- where it was turned down; NULL when it was not
    reason TEXT,
    detail TEXT,
    PRIMARY KEY (sample, attempt)
);
CREATE TABLE samples (
    sample INTEGER PRIMARY KEY,      -- fates are decided in index order, so these run from 0 without gaps
    kept INTEGER NOT NULL,           -- 1 kept, 0 rejected
    attempt INTEGER NOT NULL,        -- the one that decided
    name TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Attempt:
    """One attempt as the journal has it."""

    sample: int
    attempt: int
    pattern: tuple[str, ...]
    name: str
    answer: str | None
    program: str | None
    entry_point: str | None
    verdicts: tuple[Verdict, ...] | None
    pair: Pair | None
    source_hash: str | None
    signature: str | None
    stage: Stage | None
    reason: Reason | None
    detail: str

    @property
    def judged(self) -> bool:
        """Whether the validators have spoken."""
        return self.verdicts is not None


#: pattern, verdicts, and where and why it was turned down, if it was
Outcome = tuple[tuple[str, ...], tuple[Verdict, ...], Stage | None, Reason | None]


def _pack(text: str | None) -> bytes | None:
    return None if text is None else zlib.compress(text.encode("utf-8", "surrogatepass"), 6)


def _unpack(blob: bytes | None) -> str | None:
    return None if blob is None else zlib.decompress(blob).decode("utf-8", "surrogatepass")


class Journal:
    """An open journal.  All writing happens in one process, which holds the run directory's lock."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self.path = path

    @classmethod
    def create_or_open(cls, path: Path) -> Journal:
        """For a run: a new journal, or the one that is there after it was found sound."""
        if path.exists():
            cls.open_to_read(path, check=True).close()
        try:
            database = sqlite3.connect(path, isolation_level=None)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                # One transaction: a kill leaves either an empty file or a whole schema.
                database.executescript(
                    f"BEGIN; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA};{_TABLES}COMMIT;"
                )
        except sqlite3.Error as error:
            raise UsageError(f"{path}: cannot be opened as a journal ({error}); it was left as it is.") from None
        return cls(database, path)

    @classmethod
    def open_to_read(cls, path: Path, check: bool = False) -> Journal:
        """For a look: changes nothing, and may be done while a run writes."""
        uri = path.absolute().as_uri()
        try:
            database = sqlite3.connect(f"{uri}?mode=ro", uri=True, isolation_level=None)
            try:
                database.execute("SELECT count(*) FROM sqlite_master")
            except sqlite3.OperationalError:
                # A read-only folder: WAL needs a shared-memory file there unless told that nobody writes.
                database.close()
                database = sqlite3.connect(f"{uri}?immutable=1", uri=True, isolation_level=None)
            _assert_ours(database, path)
            if check and database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("it is damaged")
        except sqlite3.Error as error:
            raise UsageError(f"{path}: not a sound journal ({error}); it was left as it is.") from None
        return cls(database, path)

    def close(self) -> None:
        """Closes the file; the write-ahead log goes into it."""
        self._database.close()

    # -- writing ------------------------------------------------------------------------------------------

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise CommandError(f"{self.path}: cannot be written ({error}); what was judged is kept.") from None

    def set_meta(self, key: str, value: Any) -> None:
        """Notes a fact about the run as JSON."""
        text = json.dumps(value, sort_keys=True)
        self._write("INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = ?", (key, text, text))

    def add_answer(self, sample: int, attempt: int, pattern: tuple[str, ...], name: str, answer: str | None) -> None:
        """An answer has come (None: it has not, and will not)."""
        self._write(
            "INSERT INTO attempts (sample, attempt, pattern, name, answer, answered_at) VALUES (?, ?, ?, ?, ?, ?)",
            (sample, attempt, json.dumps(pattern), name, _pack(answer), time.time()),
        )

    def add_judgement(
        self, sample: int, attempt: int, program: str | None, entry_point: str | None, judgement: Judgement
    ) -> None:
        """The validators have spoken on an answer that is there."""
        failure = judgement.failure
        pair = None if judgement.pair is None else json.dumps(judgement.pair.to_json(), sort_keys=True)
        self._write(
            "UPDATE attempts SET program=?, entry_point=?, verdicts=?, pair=?, cpu_seconds=?, judged_at=?,"
            " source_hash=?, signature=?, stage=?, reason=?, detail=? WHERE sample=? AND attempt=?",
            (
                _pack(program),
                entry_point,
                json.dumps([verdict.to_json() for verdict in judgement.verdicts]),
                _pack(pair),
                sum(verdict.cpu_seconds for verdict in judgement.verdicts),
                time.time(),
                metric(judgement, Stage.SIMILARITY, "source_hash"),
                metric(judgement, Stage.EAGER, "signature"),
                failure and failure.stage,
                failure and failure.reason,
                failure.detail if failure else "",
                sample,
                attempt,
            ),
        )

    def turn_down(self, sample: int, attempt: int, stage: Stage, reason: Reason, detail: str) -> None:
        """An attempt that every stage passed is not kept after all."""
        self._write(
            "UPDATE attempts SET stage=?, reason=?, detail=? WHERE sample=? AND attempt=?",
            (stage, reason, detail, sample, attempt),
        )

    def settle(self, sample: int, attempt: int, name: str, kept: bool) -> None:
        """A sample's fate is decided for good."""
        self._write("INSERT INTO samples VALUES (?, ?, ?, ?)", (sample, int(kept), attempt, name))

    # -- reading ------------------------------------------------------------------------------------------

    def _read(
        self, statement: str, values: tuple[Any, ...] = (), convert: Callable[[tuple[Any, ...]], Any] = tuple
    ) -> Iterator[Any]:
        try:
            for row in self._database.execute(statement, values):
                yield convert(row)
        except sqlite3.Error as error:
            raise UsageError(f"{self.path}: cannot be read ({error}); it was left as it is.") from None
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            # Content that does not read as it was written means a damaged file, not a bug.
            raise UsageError(f"{self.path}: is damaged ({error}); it was left as it is.") from None

    def meta(self) -> dict[str, Any]:
        """All noted facts."""
        return dict(self._read("SELECT key, value FROM meta", convert=lambda row: (row[0], json.loads(row[1]))))

    def settled(self) -> int:
        """How many samples are decided; also the index of the first that is not."""
        return int(next(self._read("SELECT count(*) FROM samples"))[0])

    def kept_keys(self) -> Iterator[tuple[int, str | None, str | None]]:
        """Sample, source hash and signature of each kept program."""
        yield from self._read(
            "SELECT sample, source_hash, signature FROM samples JOIN attempts USING (sample, attempt)"
            " WHERE kept ORDER BY sample"
        )

    def fates(self) -> Iterator[tuple[int, int, str, bool]]:
        """Sample, deciding attempt, name and whether it was kept, in index order."""
        for sample, attempt, name, kept in self._read("SELECT sample, attempt, name, kept FROM samples ORDER BY 1"):
            yield sample, attempt, name, bool(kept)

    def attempt(self, sample: int, attempt: int) -> Attempt | None:
        """One attempt, if it was begun."""
        return next(self._attempts("WHERE sample=? AND attempt=?", (sample, attempt)), None)

    def kept_attempts(self) -> Iterator[Attempt]:
        """The attempts that became programs of the corpus, in index order."""
        for attempt in self._attempts("JOIN samples USING (sample, attempt) WHERE kept ORDER BY sample"):
            if attempt.program is None or attempt.pair is None:
                raise UsageError(
                    f"{self.path}: is damaged (sample {attempt.sample} is kept but not whole); left as it is."
                )
            yield attempt

    def _attempts(self, clause: str, values: tuple[Any, ...] = ()) -> Iterator[Attempt]:
        columns = (
            "sample, attempt, pattern, attempts.name, answer, program, entry_point, verdicts, pair,"
            " source_hash, signature, stage, reason, detail"
        )
        yield from self._read(f"SELECT {columns} FROM attempts {clause}", values, _attempt_of)

    def outcomes(self) -> Iterator[Outcome]:
        """Pattern, verdicts, stage and reason of each judged attempt: what the figures are made of."""
        yield from self._read(
            "SELECT pattern, verdicts, stage, reason FROM attempts WHERE verdicts IS NOT NULL ORDER BY sample, attempt",
            convert=_outcome_of,
        )


def _attempt_of(row: tuple[Any, ...]) -> Attempt:
    verdicts, pair = row[7], _unpack(row[8])
    return Attempt(
        sample=row[0],
        attempt=row[1],
        pattern=tuple(json.loads(row[2])),
        name=row[3],
        answer=_unpack(row[4]),
        program=_unpack(row[5]),
        entry_point=row[6],
        verdicts=None if verdicts is None else tuple(map(Verdict.from_json, json.loads(verdicts))),
        pair=None if pair is None else Pair.from_json(json.loads(pair)),
        source_hash=row[9],
        signature=row[10],
        stage=None if row[11] is None else Stage(row[11]),
        reason=None if row[12] is None else Reason(row[12]),
        detail=row[13] or "",
    )


def _outcome_of(row: tuple[Any, ...]) -> Outcome:
    pattern, verdicts, stage, reason = row
    return (
        tuple(json.loads(pattern)),
        tuple(map(Verdict.from_json, json.loads(verdicts))),
        None if stage is None else Stage(stage),
        None if reason is None else Reason(reason),
    )


def metric(judgement: Judgement, stage: Stage, key: str) -> str | None:
    """A text among the metrics of one stage's verdict."""
    found = (verdict.metrics.get(key) for verdict in judgement.verdicts if verdict.stage == stage)
    value = next(found, None)
    return None if value is None else str(value)


def _assert_ours(database: sqlite3.Connection, path: Path) -> None:
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return  # empty: a run was killed before its first step
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise UsageError(f"{path}: is a database, but no journal of synth; it was left as it is.")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA:
        raise UsageError(
            f"{path}: written with journal format {version}, this synth reads {SCHEMA}; it was left as it is."
        )
