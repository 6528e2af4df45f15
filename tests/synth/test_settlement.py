"""Duplicates of a run: the lowest index stays, and what repeats it is told at once and without torch."""

from __future__ import annotations

from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

from fake_pool import SETS, FakePool
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from synth.config import RunConfig
from synth.files.rundir import RunDir
from synth.providers import About, Answer, Choice, Request
from synth.run import session
from synth.run.settlement import Kept
from synth.store.attempts import Attempt, Origin
from synth.store.journal import Journal
from validators.normalize import source_hash
from validators.verdict import Judgement, Program, Reason, Settings, Stage


def attempt(source: str | None = None, signature: str | None = None, graph: str | None = None) -> Attempt:
    keys = {"source_hash": source, "signature": signature, "graph": graph}
    fate = {"stage": None, "reason": None, "detail": "", "origin": Origin(), "cost": None}
    return Attempt(9, 1, (), "", None, None, None, (), None, **keys, **fate)


def test_an_equal_graph_is_turned_down_at_its_stage() -> None:
    kept = Kept([(0, "a", "b", "c"), (1, "d", "e", "f")])
    assert kept.duplicate(attempt("x", "y", "f")) == (Stage.GRAPH, Reason.DUPLICATE_GRAPH, "as in sample 1")
    assert kept.duplicate(attempt("a", "b", "c")) == (Stage.SIMILARITY, Reason.DUPLICATE_SOURCE, "as in sample 0")
    assert kept.duplicate(attempt("x", "y", "z")) is None


@given(st.lists(st.tuples(*[st.sampled_from([None, "k", "l", "m"])] * 3), max_size=8), st.integers(0, 8))
def test_what_is_said_of_a_duplicate_does_not_depend_on_when_it_is_asked(
    keys: list[tuple[str | None, str | None, str | None]], early: int
) -> None:
    rows = [(sample, *key) for sample, key in enumerate(keys)]
    asked = attempt("k", "k", "k")
    first = Kept(rows[:early]).duplicate(asked)
    assert first is None or Kept(rows).duplicate(asked) == first


class HashingPool(FakePool):
    """Judges the normal form, as the validators do, and reports its real hash."""

    async def judge(self, program: Program) -> Judgement:
        key = source_hash(program.source, program.entry_point)
        judgement = await super().judge(Program(key, program.entry_point))
        for verdict in judgement.verdicts:
            if verdict.stage is Stage.SIMILARITY:
                verdict.metrics["source_hash"] = key
        return judgement


class Repeating:
    """Answers with one of three programs, whatever it is asked for."""

    about = About("fake")

    async def answer(self, request: Request) -> Answer:
        body = f"return x + {(request.sample + request.attempt) % 3}.5"
        return Answer(
            "```python\nimport torch.nn as nn\n\n\nclass M(nn.Module):\n"
            f"    def forward(self, x):\n        {body}\n\n\n"
            "def get_inputs():\n    return []\n\n\ndef get_init_inputs():\n    return []\n```"
        )

    async def aclose(self) -> None:
        """There is nothing to end."""


def run_repeating(out: Path, workers: int) -> tuple[list[tuple[object, ...]], int]:
    """What became of each attempt, and how many programs the pool was asked about."""
    pools: list[HashingPool] = []

    @asynccontextmanager
    async def open_pool(num_worker: int, settings: Settings):  # type: ignore[no-untyped-def]
        pools.append(HashingPool(num_worker, settings))
        yield pools[0]

    config = RunConfig(
        output_dir=out, num_total_samples=12, num_worker=workers, seed=1, max_retries=2,
        num_core_ops_range=(1, 1), num_compound_ops_range=(0, 0), num_supporting_ops_range=(0, 0), p_value=1.0,
    )  # fmt: skip
    session.run_parallel(config, Console(file=StringIO()), open_pool, SETS, Choice((Repeating(),), (1.0,)))
    journal = Journal.open_to_read(RunDir(out).journal)
    fates = [
        (a.sample, a.attempt, a.source_hash, a.stage, a.reason, a.detail)
        for sample in range(12)
        for number in (1, 2)
        if (a := journal.attempt(sample, number)) is not None
    ]
    journal.close()
    return fates, pools[0].judged


def test_a_repeated_source_costs_no_judging_and_changes_no_fate(tmp_path: Path) -> None:
    one, judged = run_repeating(tmp_path / "one", 1)
    seven, _ = run_repeating(tmp_path / "seven", 7)
    assert one == seven
    duplicates = [fate for fate in one if fate[4] is Reason.DUPLICATE_SOURCE]
    assert all(fate[3] is Stage.SIMILARITY and fate[2] for fate in duplicates)
    assert 0 < len(one) - judged <= len(duplicates)
