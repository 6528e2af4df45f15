"""Splits by group: nothing leaks, nothing moves when rows are added, and the shares are about right."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_run import made_run

from synth import export, values
from synth.dataset.folder import write
from synth.dataset.splits import SPLITS, split_of
from synth.errors import UsageError

SCHEMA = pa.schema([("group", pa.string()), ("n", pa.int64())])

GROUPS = st.text(st.characters(codec="utf-8"), max_size=8)
SHARES = st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any).map(lambda n: [one / sum(n) for one in n])


@given(st.lists(st.tuples(st.integers(), GROUPS)), SHARES)
def test_no_group_is_in_two_splits(rows: list[tuple[int, str]], shares: list[float]) -> None:
    found = defaultdict(set)
    for _, group in rows:
        found[group].add(split_of(group, shares))
    assert all(len(splits) == 1 for splits in found.values())


@given(SHARES, st.integers(0, 1 << 30))
def test_shares_are_about_those_asked_for_and_a_share_of_none_gets_none(shares: list[float], salt: int) -> None:
    whole = 2000
    counts = dict.fromkeys(SPLITS, 0)
    for number in range(whole):
        counts[split_of(f"{salt}-{number}", shares)] += 1
    for split, share in zip(SPLITS, shares, strict=True):
        assert abs(counts[split] / whole - share) < 6 * 0.5 / whole**0.5  # six standard deviations of a fair coin
        assert share > 0 or counts[split] == 0


@given(GROUPS, st.floats(0, 0.5), st.floats(0, 0.2))
def test_a_larger_train_share_takes_nothing_out_of_train(group: str, share: float, more: float) -> None:
    before = split_of(group, [share, 1 - share, 0])
    after = split_of(group, [share + more, 1 - share - more, 0])
    assert before != "train" or after == "train"


def test_a_known_group_stays_where_it_was_when_this_was_written() -> None:
    # Frozen: another hash would move every group of every dataset that is published already.
    assert [split_of(f"{number:032x}", [0.5, 0.25, 0.25]) for number in range(8)] == [
        *("validation", "test", "test", "train", "train", "train", "validation", "validation")
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(GROUPS, max_size=12), st.lists(st.tuples(GROUPS, st.integers(0, 12)), max_size=8))
def test_rows_that_are_added_anywhere_move_none_that_are_there(old: list[str], added: list[tuple[str, int]]) -> None:
    rows = [{"group": group, "n": number} for number, group in enumerate(old)]
    more = list(rows)
    for number, (group, place) in enumerate(added):
        more.insert(place, {"group": group, "n": -1 - number})
    with TemporaryDirectory() as folder:
        before, after = _written(rows, Path(folder) / "before"), _written(more, Path(folder) / "after")
    assert before.items() <= after.items()
    assert len(after) == len(more)


def _written(rows: list[dict[str, Any]], target: Path) -> dict[int, str]:
    """The split of each row, told from the files."""
    write(rows, target, SCHEMA, [0.5, 0.3, 0.2], lambda _: "card", "{}")
    files = (target / "data").iterdir()
    return {row["n"]: file.name.partition("-")[0] for file in files for row in pq.read_table(file).to_pylist()}


def test_rows_of_one_graph_and_their_gradients_are_in_one_file(tmp_path: Path) -> None:
    run = made_run(tmp_path / "made", samples=64)
    done = export.write(run, "parquet", tmp_path / "set", shares=[0.5, 0.3, 0.2])
    tables = {split: pq.read_table(tmp_path / "set" / "data" / f"{split}-00000-of-00001.parquet") for split in SPLITS}
    groups = {split: set(table["group"].to_pylist()) for split, table in tables.items()}
    assert all(groups.values())
    assert len(set.union(*groups.values())) == sum(map(len, groups.values()))
    rows = [row for table in tables.values() for row in table.to_pylist()]
    assert len(rows) == done.count == sum(done.splits.values())
    assert {row["direction"] for row in rows} == {"forward", "backward"}
    forward = {row["sample"]: row["group"] for row in rows if row["direction"] == "forward"}
    assert all(forward[row["sample"]] == row["group"] for row in rows)
    assert {row["group"] for row in rows} == {json.loads(row["verdicts"])["graph"]["root"] for row in rows}


def test_a_journal_without_graphs_groups_by_source(tmp_path: Path) -> None:
    run = made_run(tmp_path / "made", graphs=False)
    export.write(run, "jsonl", tmp_path / "rows.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert all(row["group"] == row["source_hash"] for row in rows)


def test_many_rows_come_in_files_that_say_how_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.dataset.folder.ROWS_PER_FILE", 300)
    monkeypatch.setattr("synth.dataset.folder._BATCH", 100)
    rows = [{"group": str(n), "n": n} for n in range(1000)]
    figures = write(rows, tmp_path / "set", SCHEMA, [1.0, 0.0, 0.0], lambda _: "card", "{}")
    names = sorted(file.name for file in (tmp_path / "set" / "data").iterdir())
    assert names == [f"train-{number:05}-of-00004.parquet" for number in range(4)]
    read = [row for name in names for row in pq.read_table(tmp_path / "set" / "data" / name).to_pylist()]
    assert read == rows and figures["train"].rows == 1000 and figures["test"].rows == 0


@pytest.mark.parametrize("wrong", [[0.9, 0.1], [0.9, 0.2, 0.1], [1.1, -0.1, 0], ["a", 0, 1], 0.9, [True, 0, 0]])
def test_shares_that_are_no_shares_are_refused(wrong: object) -> None:
    rule = values.shares(*SPLITS)
    with pytest.raises(UsageError, match="splits="):
        values.check("splits", wrong, rule)
    assert values.check("splits", [0.9, 0.05, 0.05], rule) == (0.9, 0.05, 0.05)
