"""The journal: one SQLite file per run, and the single truth about it.

Every step is committed before anything else happens with it: an answer before it is judged, a judgement
before the sample's fate is decided, a fate before its file is written.  A run killed between two steps is
picked up there.  WAL with synchronous=NORMAL survives the death of the process at any point; a power cut may
cost the last moments, never the file.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synth.errors import UsageError
from synth.store import journal_file
from synth.store.attempts import (
    COLUMNS,
    GRADIENT_COLUMNS,
    OUTCOME_COLUMNS,
    Attempt,
    Begun,
    Origin,
    Outcome,
    attempt_of,
    outcome_of,
    pack,
)
from synth.store.journal_file import JournalFile
from synth.store.ledger import Ledger
from validators.verdict import Judgement, Program, Reason, Stage, Verdict

_NOBODY = Origin()


class Journal:
    """An open journal.  All writing happens in one process, which holds the run directory's lock."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self.path = file.path
        self.ledger = Ledger(file)

    @classmethod
    def create_or_open(cls, path: Path) -> Journal:
        """For a run: a new journal, or the one that is there after it was found sound."""
        return cls(JournalFile(journal_file.open_to_write(path), path))

    @classmethod
    def open_to_read(cls, path: Path) -> Journal:
        """For a look: changes nothing, and may be done while a run writes."""
        return cls(JournalFile(journal_file.open_to_read(path), path))

    def close(self) -> None:
        """Closes the file; the write-ahead log goes into it."""
        self._file.close()

    def together(self) -> AbstractContextManager[None]:
        """What is written in the block is kept whole or not at all."""
        return self._file.together()

    def snapshot(self) -> AbstractContextManager[None]:
        """What is read in the block belongs together, also while a run writes; for a journal opened to read."""
        return self._file.snapshot()

    # -- writing ------------------------------------------------------------------------------------------

    def set_meta(self, key: str, value: Any) -> None:
        """Notes a fact about the run as JSON."""
        text = json.dumps(value, sort_keys=True)
        self._file.write("INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = ?", (key, text, text))

    def add_answer(
        self,
        sample: int,
        attempt: int,
        pattern: tuple[str, ...],
        name: str,
        answer: str | None,
        origin: Origin = _NOBODY,
    ) -> None:
        """An answer has come (None: it has not, and will not), with the calls that brought it."""
        messages = json.dumps([vars(message) for message in origin.messages]) if origin.messages else None
        usage = None if origin.usage is None else json.dumps(asdict(origin.usage))
        with self.together():
            self.ledger.flush()
            self._file.write(
                "INSERT INTO attempts (sample, attempt, pattern, name, answer, answered_at, provider, asked, model,"
                " prompt, prompt_version, messages, finish, usage, cost) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *(sample, attempt, json.dumps(pattern), name, pack(answer), time.time()),
                    *(origin.provider, origin.asked, origin.model, origin.prompt, origin.prompt_version),
                    *(pack(messages), origin.finish, usage, self.ledger.cost(sample, attempt)),
                ),
            )

    def add_judgement(self, sample: int, attempt: int, program: Program | None, judgement: Judgement) -> None:
        """The validators have spoken on an answer that is there; None: it holds no program."""
        columns = ", ".join(f"{column}=?" for column in _JUDGED)
        self._file.write(
            f"UPDATE attempts SET {columns} WHERE sample=? AND attempt=?",
            (*_judged(program, judgement), sample, attempt),
        )

    def add_gradient(self, sample: int, attempt: int, program: Program | None, judgement: Judgement) -> None:
        """The validators have spoken on the gradient of an attempt's program; None: there is none."""
        columns = ("sample", "attempt", *_JUDGED)
        self._file.write(
            f"INSERT INTO gradients ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            (sample, attempt, *_judged(program, judgement)),
        )

    def turn_down(self, sample: int, attempt: int, stage: Stage, reason: Reason, detail: str) -> None:
        """An attempt that every stage passed is not kept after all."""
        self._file.write(
            "UPDATE attempts SET stage=?, reason=?, detail=? WHERE sample=? AND attempt=?",
            (stage, reason, detail, sample, attempt),
        )

    def settle(self, sample: int, attempt: int, name: str, kept: bool) -> None:
        """A sample's fate is decided for good."""
        self._file.write("INSERT INTO samples VALUES (?, ?, ?, ?)", (sample, int(kept), attempt, name))

    # -- reading ------------------------------------------------------------------------------------------

    def meta(self) -> dict[str, Any]:
        """All noted facts."""
        return dict(self._file.read("SELECT key, value FROM meta", convert=lambda row: (row[0], json.loads(row[1]))))

    def settled(self) -> int:
        """How many samples are decided; also the index of the first that is not."""
        return int(next(self._file.read("SELECT count(*) FROM samples"))[0])

    def kept_keys(self) -> Iterator[tuple[int, str | None, str | None, str | None]]:
        """Sample, source hash, signature and graph of each kept program."""
        yield from self._file.read(
            "SELECT sample, source_hash, signature, graph FROM samples JOIN attempts USING (sample, attempt)"
            " WHERE kept ORDER BY sample"
        )

    def patterns(self) -> Iterator[tuple[str, ...]]:
        """The pattern of each sample from the first on, as long as there are answers without a gap."""
        begun = self._file.read("SELECT sample, pattern FROM attempts WHERE attempt = 1 ORDER BY sample")
        for number, (sample, pattern) in enumerate(begun):
            if sample != number:
                return
            yield tuple(json.loads(pattern))

    def fates(self) -> Iterator[tuple[int, int, str, bool]]:
        """Sample, deciding attempt, name and whether it was kept, in index order."""
        statement = "SELECT sample, attempt, name, kept FROM samples ORDER BY 1"
        for sample, attempt, name, kept in self._file.read(statement):
            yield sample, attempt, name, bool(kept)

    def attempt(self, sample: int, attempt: int) -> Attempt | None:
        """One attempt, if it was begun."""
        return next(self._attempts("WHERE sample=? AND attempt=?", (sample, attempt)), None)

    def gradient(self, sample: int, attempt: int) -> Attempt | None:
        """The attempt with its program's gradient in the program's place, if that was judged."""
        statement = f"SELECT {GRADIENT_COLUMNS} FROM gradients JOIN attempts USING (sample, attempt)"
        found = self._file.read(f"{statement} WHERE sample=? AND attempt=?", (sample, attempt), attempt_of)
        return next(found, None)

    def deciding(self, first: int, end: int) -> Iterator[Attempt]:
        """The attempts that decided the samples from `first` to before `end`, in index order."""
        joined = "JOIN samples USING (sample, attempt) WHERE sample >= ? AND sample < ? ORDER BY sample"
        yield from self._attempts(joined, (first, end))

    def kept_attempts(self) -> Iterator[Attempt]:
        """The attempts that became programs of the corpus, in index order."""
        for attempt in self._attempts("JOIN samples USING (sample, attempt) WHERE kept ORDER BY sample"):
            if attempt.program is None or attempt.pair is None:
                raise UsageError(
                    f"{self.path}: is damaged (sample {attempt.sample} is kept but not whole); left as it is."
                )
            yield attempt

    def judged_attempts(self) -> Iterator[Attempt]:
        """Every judged attempt with its texts, in index order, one at a time."""
        yield from self._attempts("WHERE verdicts IS NOT NULL ORDER BY sample, attempt")

    def judged_keys(self) -> Iterator[tuple[int, int, str | None]]:
        """Sample, attempt and what it was turned down for (None: it passed), of every judged attempt in index order."""
        yield from self._file.read(
            "SELECT sample, attempt, reason FROM attempts WHERE verdicts IS NOT NULL ORDER BY sample, attempt"
        )

    def _attempts(self, clause: str, values: tuple[Any, ...] = ()) -> Iterator[Attempt]:
        yield from self._file.read(f"SELECT {COLUMNS} FROM attempts {clause}", values, attempt_of)

    def outcomes(self) -> Iterator[Outcome]:
        """Each judged attempt: what the figures are made of."""
        judged = f"SELECT {OUTCOME_COLUMNS} FROM attempts WHERE verdicts IS NOT NULL ORDER BY sample, attempt"
        yield from self._file.read(judged, convert=outcome_of)

    def gradient_verdicts(self) -> Iterator[Judgement]:
        """What was said of each gradient, without its pair."""
        yield from self._file.read(
            "SELECT verdicts FROM gradients ORDER BY sample, attempt",
            convert=lambda row: Judgement(tuple(map(Verdict.from_json, json.loads(row[0])))),
        )

    def cpu_seconds(self) -> Iterator[tuple[int, float]]:
        """Sample and the CPU-seconds of each judged attempt at it, and of each judged gradient."""
        yield from self._file.read(
            "SELECT sample, cpu_seconds FROM attempts WHERE cpu_seconds IS NOT NULL"
            " UNION ALL SELECT sample, cpu_seconds FROM gradients"
        )

    def begun(self) -> Iterator[Begun]:
        """Every attempt, a sample's together and in order."""
        yield from self._file.read(
            "SELECT sample, attempt, json_array_length(pattern), provider, asked, prompt, verdicts IS NOT NULL, stage"
            " FROM attempts ORDER BY sample, attempt",
            convert=lambda row: Begun(*row),
        )


_JUDGED = (
    *("program", "entry_point", "verdicts", "pair", "cpu_seconds", "judged_at"),
    *("source_hash", "signature", "graph", "stage", "reason", "detail"),
)


def _judged(program: Program | None, judgement: Judgement) -> tuple[Any, ...]:
    """The values of `_JUDGED`."""
    failure, pair = judgement.failure, judgement.pair
    return (
        pack(program.source if program else None),
        program.entry_point if program else None,
        json.dumps([verdict.to_json() for verdict in judgement.verdicts]),
        pack(None if pair is None else json.dumps(pair.to_json(), sort_keys=True)),
        sum(verdict.cpu_seconds for verdict in judgement.verdicts),
        time.time(),
        metric(judgement, Stage.SIMILARITY, "source_hash"),
        metric(judgement, Stage.EAGER, "signature"),
        metric(judgement, Stage.GRAPH, "strict"),
        failure and failure.stage,
        failure and failure.reason,
        failure.detail if failure else "",
    )


def metric(judgement: Judgement, stage: Stage, key: str) -> str | None:
    """A text among the metrics of one stage's verdict."""
    found = (verdict.metrics.get(key) for verdict in judgement.verdicts if verdict.stage == stage)
    value = next(found, None)
    return None if value is None else str(value)
