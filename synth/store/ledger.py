"""What was asked of whom and what it cost: the journal's calls and batches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from synth.asking.calls import ANSWER, Batch, Call
from synth.providers.interface import Usage
from synth.store.journal_file import JournalFile

# As `money.unpriced` tells it.
_UNPRICED = "cost IS NULL AND (outcome = 'answer' OR output_tokens IS NOT NULL)"
_COLUMNS = (
    "sample, attempt, provider, model, outcome, status, prompt_tokens, cached_tokens, output_tokens,"
    " reasoning_tokens, cost, seconds, detail, batch"
)


class Ledger:
    """Calls and batches of an open journal."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self._held: list[Call] = []

    # -- calls --------------------------------------------------------------------------------------------

    def record(self, call: Call) -> None:
        """A call has come back.

        One that brought an answer waits for `flush`, so that the answer and what it cost are in the file
        together or not at all.
        """
        if call.outcome == ANSWER:
            self._held.append(call)
        else:
            self._insert(call, time.time())

    def flush(self) -> None:
        """Writes the calls that wait."""
        held, self._held = self._held, []
        for call in held:
            self._insert(call, time.time())

    def _insert(self, call: Call, at: float) -> None:
        usage = call.usage
        tokens = (usage.prompt_tokens, usage.cached_tokens, usage.output_tokens, usage.reasoning_tokens)
        values = (call.sample, call.attempt, call.provider, call.model, call.outcome, call.status, *tokens)
        self._file.write(
            f"INSERT INTO calls ({_COLUMNS}, at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (*values, call.cost, call.seconds, call.detail, call.batch, at),
        )

    def calls(self) -> Iterator[Call]:
        """Every call, in the order in which they came back."""
        yield from self._file.read(f"SELECT {_COLUMNS} FROM calls ORDER BY rowid", convert=_call_of)

    def take_over(self, calls: Iterable[Call]) -> None:
        """The calls of another journal instead of those that are here, all or none of them."""
        with self._file.together():
            self._file.write("DELETE FROM calls")
            for call in calls:
                self._insert(call, time.time())

    def spent(self) -> float:
        """US dollars, as far as costs are known."""
        return float(next(self._file.read("SELECT total(cost) FROM calls"))[0])

    def cost(self, sample: int, attempt: int) -> float | None:
        """US dollars for all calls of one attempt; None when one of them has a cost that is not known."""
        statement = f"SELECT total(cost), total({_UNPRICED}) FROM calls WHERE sample=? AND attempt=?"
        total, unpriced = next(self._file.read(statement, (sample, attempt)))
        return None if unpriced else float(total)

    def by_sample(self) -> dict[int, tuple[int, float, int]]:
        """For each sample: tokens, US dollars as far as known, and calls with a cost that is not known."""
        rows = self._file.read(
            "SELECT sample, total(prompt_tokens) + total(output_tokens), total(cost),"
            f" total({_UNPRICED}) FROM calls GROUP BY sample"
        )
        return {sample: (int(tokens), float(cost), int(unpriced)) for sample, tokens, cost, unpriced in rows}

    # -- batches ------------------------------------------------------------------------------------------

    def add_batch(self, batch: Batch) -> None:
        """A job is about to be handed in; under a token of ours until it has a name."""
        self._file.write(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(batch.id, batch.provider, batch.model, batch.state),
                *(json.dumps(batch.custom_ids), batch.created, time.time(), batch.detail, batch.worst),
            ),
        )

    def name_batch(self, token: str, identity: str) -> None:
        """The provider has taken a job, and calls it so."""
        self._file.write("UPDATE batches SET id=?, updated=? WHERE id=?", (identity, time.time(), token))

    def update_batch(self, identity: str, state: str, detail: str = "") -> None:
        """The provider says something new about a job."""
        self._file.write(
            "UPDATE batches SET state=?, detail=?, updated=? WHERE id=?", (state, detail, time.time(), identity)
        )

    def batches(self) -> Iterator[Batch]:
        """All jobs, the oldest first."""
        yield from self._file.read(
            "SELECT id, provider, model, state, custom_ids, created, detail, worst FROM batches ORDER BY created, id",
            convert=_batch_of,
        )

    def batch_calls(self) -> Iterator[tuple[str, int, int]]:
        """Job, sample and attempt of each request that a job has brought back."""
        yield from self._file.read("SELECT batch, sample, attempt FROM calls WHERE batch != ''")


def _call_of(row: tuple[Any, ...]) -> Call:
    sample, attempt, provider, model, outcome, status, *tokens, cost, seconds, detail, batch = row
    return Call(sample, attempt, provider, model, outcome, status, Usage(*tokens), cost, seconds, detail, batch)


def _batch_of(row: tuple[Any, ...]) -> Batch:
    identity, provider, model, state, custom_ids, created, detail, worst = row
    return Batch(identity, provider, model, state, tuple(json.loads(custom_ids)), created, detail, worst)
