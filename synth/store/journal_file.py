"""The file behind a journal: its tables, its format, and how it is opened without harm to what is no journal."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synth.errors import CommandError, UsageError

SCHEMA = 4
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
    graph TEXT,                      -- the ATen graph with shapes and arguments, as stage GRAPH hashes it
    stage TEXT,                      -- where it was turned down; NULL when it was not
    reason TEXT,
    detail TEXT,
    provider TEXT NOT NULL,          -- who was asked
    asked TEXT NOT NULL,             -- the model it was asked for; '' where there is none
    model TEXT NOT NULL,             -- the model as the server names it
    prompt TEXT NOT NULL,            -- the strategy; '' for providers that need no prompt
    prompt_version TEXT NOT NULL,
    messages BLOB,                   -- zlib of JSON: the conversation as it was sent
    finish TEXT NOT NULL,            -- why the answer ended, as the server says
    usage TEXT,                      -- JSON: tokens of the call that brought the answer
    cost REAL,                       -- US dollars, all calls of the attempt; NULL when it is not known
    PRIMARY KEY (sample, attempt)
);
CREATE TABLE gradients (             -- of attempts that passed, with backward=true; columns as above
    sample INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    program BLOB,                    -- NULL where none could be derived
    entry_point TEXT,
    verdicts TEXT NOT NULL,
    pair BLOB,
    cpu_seconds REAL NOT NULL,
    judged_at REAL NOT NULL,
    source_hash TEXT,
    signature TEXT,
    graph TEXT,
    stage TEXT,
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
CREATE TABLE calls (                 -- every request that came back, whatever came of it
    sample INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    outcome TEXT NOT NULL,           -- 'answer', or the kind of failure
    status INTEGER,                  -- of HTTP
    prompt_tokens INTEGER,           -- tokens are NULL where the server did not count
    cached_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    cost REAL,                       -- US dollars; NULL when it is not known
    seconds REAL NOT NULL,           -- from sending to the last byte
    detail TEXT NOT NULL,
    batch TEXT NOT NULL,             -- id of the job that brought it; '' for a call of its own
    at REAL NOT NULL                 -- Unix time
);
CREATE INDEX calls_by_attempt ON calls (sample, attempt);
CREATE TABLE batches (
    id TEXT PRIMARY KEY,             -- as the provider names it; a token of ours until it has
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    custom_ids TEXT NOT NULL,        -- JSON list
    created REAL NOT NULL,           -- Unix time
    updated REAL NOT NULL,
    detail TEXT NOT NULL,
    worst REAL                       -- US dollars that it can cost at most; NULL without a price
);
"""

# Journals of earlier formats are read through these: what they lack is empty.
_GRADIENTS_BEFORE_FORMAT_4 = "CREATE TEMP VIEW gradients AS SELECT *, NULL AS graph FROM main.gradients;"
_GRADIENTS_BEFORE_FORMAT_3 = """
CREATE TEMP TABLE gradients (sample, attempt, program, entry_point, verdicts, pair, cpu_seconds, judged_at,
    source_hash, signature, graph, stage, reason, detail);
"""
_ATTEMPTS_BEFORE_FORMAT_4 = "CREATE TEMP VIEW attempts AS SELECT *, NULL AS graph FROM main.attempts;"
_ATTEMPTS_BEFORE_FORMAT_2 = """
CREATE TEMP VIEW attempts AS SELECT *, '' AS provider, '' AS asked, '' AS model, '' AS prompt, '' AS prompt_version,
    NULL AS messages, '' AS finish, NULL AS usage, NULL AS cost, NULL AS graph FROM main.attempts;
CREATE TEMP TABLE calls (sample, attempt, provider, model, outcome, status, prompt_tokens, cached_tokens,
    output_tokens, reasoning_tokens, cost, seconds, detail, batch, at);
"""


class JournalFile:
    """An open journal's statements; what SQLite says of a file that is full, damaged or gone becomes one line."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self.path = path

    def close(self) -> None:
        """Closes the file; the write-ahead log goes into it."""
        self._database.close()

    def write(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        """One statement, committed when it returns, or with what it stands `together` with."""
        try:
            self._database.execute(statement, values)
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:  # the last two: what a provider made up
            raise CommandError(f"{self.path}: cannot be written ({error}); what was judged is kept.") from None

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written in the block is in the file whole or not at all.  Blocks may stand in each other."""
        if self._database.in_transaction:
            yield
            return
        self.write("BEGIN IMMEDIATE")
        try:
            yield
            self.write("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read in the block is as it was at the first look, whatever a run writes meanwhile."""
        try:
            self._database.execute("BEGIN")
        except sqlite3.Error as error:
            raise UsageError(f"{self.path}: cannot be read ({error}); it was left as it is.") from None
        try:
            yield
        finally:
            self._database.execute("ROLLBACK")

    def read(
        self, statement: str, values: tuple[Any, ...] = (), convert: Callable[[tuple[Any, ...]], Any] = tuple
    ) -> Iterator[Any]:
        """The rows, each through `convert`.  Raises UsageError where they cannot be read."""
        try:
            for row in self._database.execute(statement, values):
                yield convert(row)
        except sqlite3.Error as error:
            raise UsageError(f"{self.path}: cannot be read ({error}); it was left as it is.") from None
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            # Content that does not read as it was written means a damaged file, not a bug.
            raise UsageError(f"{self.path}: is damaged ({error}); it was left as it is.") from None


def open_to_write(path: Path) -> sqlite3.Connection:
    """A new journal file, or the one that is there after it was found sound.  Raises UsageError."""
    if path.exists():
        open_to_read(path, writable=True, check=True).close()
    try:
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        if _is_empty(database):
            # One transaction: a kill leaves either an empty file or a whole schema.
            database.executescript(
                f"BEGIN; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA};{_TABLES}COMMIT;"
            )
    except sqlite3.Error as error:
        raise UsageError(f"{path}: cannot be opened as a journal ({error}); it was left as it is.") from None
    return database


def open_to_read(path: Path, writable: bool = False, check: bool = False) -> sqlite3.Connection:
    """For a look: changes nothing, and may be done while a run writes.

    `writable` refuses formats that can only be read.  Raises UsageError.
    """
    uri = path.absolute().as_uri()
    try:
        database = sqlite3.connect(f"{uri}?mode=ro", uri=True, isolation_level=None)
        try:
            _is_empty(database)
        except sqlite3.OperationalError:
            # A read-only folder: WAL needs a shared-memory file there unless told that nobody writes.
            database.close()
            database = sqlite3.connect(f"{uri}?immutable=1", uri=True, isolation_level=None)
        _assert_ours(database, path, writable)
        if check and database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("it is damaged")
    except sqlite3.Error as error:
        raise UsageError(f"{path}: not a sound journal ({error}); it was left as it is.") from None
    return database


def _is_empty(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0)


def _assert_ours(database: sqlite3.Connection, path: Path, writable: bool) -> None:
    if _is_empty(database):
        return  # a run was killed before its first step
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise UsageError(f"{path}: is a database, but no journal of synth; it was left as it is.")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    earlier = 0 < version < SCHEMA
    if earlier and not writable:
        gradients = _GRADIENTS_BEFORE_FORMAT_3 if version < 3 else _GRADIENTS_BEFORE_FORMAT_4
        database.executescript(gradients + (_ATTEMPTS_BEFORE_FORMAT_2 if version < 2 else _ATTEMPTS_BEFORE_FORMAT_4))
    elif version != SCHEMA:
        hint = " It can be looked at (.stats, .export) and judged again (.revalidate)." if earlier else ""
        raise UsageError(
            f"{path}: written with journal format {version}, this synth writes {SCHEMA}; it was left as it is.{hint}"
        )
