"""The dataset folder: what `datasets` makes of it, its card, and what an export may replace."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fake_pool import run_fake
from made_run import made_run

from synth import cli, export, rows
from synth.config import RunConfig
from synth.dataset.card import card
from synth.dataset.folder import SplitFigures, is_dataset
from synth.dedup.limits import Limits
from synth.files.rundir import RunDir
from synth.pairs import find_pairs
from synth.report.facts import facts

datasets = pytest.importorskip("datasets", reason="datasets is a dev dependency")


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return made_run(tmp_path / "made", samples=64)


def test_datasets_loads_the_folder_with_its_splits_and_features(run: RunDir, tmp_path: Path) -> None:
    done = export.write(run, "parquet", tmp_path / "set", shares=[0.5, 0.3, 0.2])
    loaded = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    assert {split: part.num_rows for split, part in loaded.items()} == done.splits
    assert all(list(part.features) == list(rows.COLUMNS) for part in loaded.values())
    files = {split: tmp_path / "set" / "data" / f"{split}-00000-of-00001.parquet" for split in done.splits}
    assert all(loaded[split].to_list() == pq.read_table(file).to_pylist() for split, file in files.items())
    # The front matter says of the splits what is in them (a reader refuses the folder otherwise).
    info = datasets.load_dataset_builder(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache")).info
    assert {name: split.num_examples for name, split in info.splits.items()} == done.splits


def test_a_split_without_rows_has_no_file_and_is_not_in_the_card(tmp_path: Path) -> None:
    run = made_run(tmp_path / "made", samples=3)
    done = export.write(run, "parquet", None, shares=[1.0, 0.0, 0.0])
    assert done.target == run.root / "export" / "dataset"
    assert [file.name for file in (done.target / "data").iterdir()] == ["train-00000-of-00001.parquet"]
    assert "path: data/test-*" not in (done.target / "README.md").read_text()
    assert set(datasets.load_dataset(str(done.target), cache_dir=str(tmp_path / "cache"))) == {"train"}


def test_a_run_without_pairs_makes_a_folder_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made_run(tmp_path / "made", samples=0)
    assert cli.main([".export", f"path={run.root}"]) == 3
    assert "0 pairs in" in capsys.readouterr().out
    assert not list((run.root / "export" / "dataset" / "data").iterdir())


def test_the_folders_bytes_are_the_same_however_many_workers_judged(tmp_path: Path) -> None:
    for workers in (1, 7):
        config = RunConfig(output_dir=tmp_path / str(workers), num_total_samples=60, target_accepted=30, seed=3)
        run_fake(replace(config, num_worker=workers))
    parts = [tmp_path / workers / "export" / "dataset" for workers in ("1", "7")]
    for part in parts:
        assert cli.main([".export", f"path={part.parent.parent}", "splits=[0.6,0.2,0.2]", "dedup=false"]) == 0
    files = [sorted(file.relative_to(part) for file in part.rglob("*") if file.is_file()) for part in parts]
    assert files[0] == files[1] and len(files[0]) == 5
    assert all((parts[0] / file).read_bytes() == (parts[1] / file).read_bytes() for file in files[0])


def test_the_card_holds_no_costs_and_no_paths(run: RunDir, tmp_path: Path) -> None:
    export.write(run, "parquet", tmp_path / "set")
    text = (tmp_path / "set" / "README.md").read_text()
    assert "cpu" not in text.lower() and "$" not in text and str(tmp_path) not in text


def test_the_card_tells_the_same_figures_as_the_journal(run: RunDir, tmp_path: Path) -> None:
    done = export.write(run, "parquet", tmp_path / "set")
    text = (tmp_path / "set" / "README.md").read_text()
    assert f"{done.count:,} pairs" in text and "48 of 64 samples were kept, from 64 attempts" in text
    assert "| graph | 64 | 48 | 75.0 % |" in text
    assert "8 different ATen graphs" not in text and "6 different ATen graphs" in text
    assert "8 attempts were turned down because a benchmark problem is in them" in text
    assert "| graph | KernelBench | 1/7 &lt;i> | 0." in text  # evidence of what came nearest, escaped
    for split, count in done.splits.items():
        assert re.search(rf"\| {split} \| {count} \|", text)


def test_a_cards_tables_survive_what_servers_and_programs_are_called() -> None:
    empty = made_facts()
    empty["yields"]["model"] = [
        {"name": f"a|b\n<script>{n}", "samples": 1, "first_passed": 1, "passed": 1} for n in range(2)
    ]
    text = card(empty, {"train": SplitFigures()}, {})
    line = next(line for line in text.splitlines() if "script" in line)
    assert line == "| a\\|b &lt;script>0 | 1 | 100.0 % | 100.0 % |"


def made_facts() -> dict[str, object]:
    from synth.store.journal import Journal

    journal = Journal.create_or_open(Path(":memory:"))
    found = facts(journal)
    journal.close()
    return found


def test_only_folders_of_an_export_are_replaced(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set"
    words = [".export", f"path={run.root}", f"out={out}"]
    assert cli.main(words) == cli.main(words) == 0
    assert is_dataset(out) and not (tmp_path / "set.partial").exists()
    (out / "notes.txt").write_text("mine")
    assert cli.main(words) == 2
    assert "holds something other than an earlier export" in capsys.readouterr().err
    assert (out / "notes.txt").read_text() == "mine"
    (tmp_path / "file").write_text("mine")
    assert cli.main([".export", f"path={run.root}", f"out={tmp_path / 'file'}"]) == 2
    assert "is a file" in capsys.readouterr().err and (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("form", ["parquet", "dir"])
@pytest.mark.parametrize("step", range(3))
def test_a_kill_while_a_folder_is_replaced_loses_nothing_and_the_next_export_mends_it(
    form: str, step: int, run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the old folder is moved aside, before the new one has its name, before the old one is gone."""
    out = tmp_path / "set"
    words = [".export", f"path={run.root}", f"out={out}", f"format={form}"]
    assert cli.main(words) == 0
    whole = files_of(out)
    steps = itertools.count()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def rename(self: Path, target: Path, original: Callable[[Path, Path], Path] = Path.rename) -> Path:
        return killed() if next(steps) == step else original(self, target)  # type: ignore[func-returns-value,return-value]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", rename)
        if step == 2:
            patched.setattr("synth.files.replacing._remove", killed)
        with pytest.raises(KeyboardInterrupt):
            export.write(run, form, out, Limits())
    there = [folder for folder in tmp_path.iterdir() if folder.name.startswith("set") and files_of(folder) == whole]
    assert there  # an export that is whole
    assert cli.main(words) == 0
    assert files_of(out) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == [*["dedup.json"] * (form == "dir"), "made", "set"]


@pytest.mark.parametrize("form", ["dataset", "jsonl", "dir"])
def test_a_kill_leaves_no_note_that_tells_of_another_export(
    form: str, run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed as soon as the new export has its place."""
    out, words = tmp_path / "set", "parquet" if form == "dataset" else form
    export.write(run, words, out, Limits(graph_cap=1))
    note = out / "dedup.json" if form == "dataset" else tmp_path / "dedup.json"
    assert json.loads(note.read_text())["limits"]["graph_cap"] == 1

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(
            "synth.files.replacing._remove", lambda folder: killed() if folder.suffix == ".replaced" else None
        )
        patched.setattr("synth.export.write_file", killed)
        with pytest.raises(KeyboardInterrupt):
            export.write(run, words, out, Limits(graph_cap=2))
    assert not note.exists() or json.loads(note.read_text())["limits"]["graph_cap"] == 2
    assert note.exists() == (form == "dataset")


def test_a_folder_that_was_moved_aside_is_back_before_the_next_export_begins(run: RunDir, tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert cli.main([".export", f"path={run.root}", f"out={out}"]) == 0
    whole = files_of(out)
    out.rename(tmp_path / "set.replaced")
    export.prepare(out, export.DATASET)
    assert files_of(out) == whole


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("form", ["parquet", "dir"])
def test_a_link_to_a_folder_stays_one(form: str, run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for _ in range(2):
        assert cli.main([".export", f"path={run.root}", f"out={tmp_path / 'link'}", f"format={form}"]) == 0
    assert (tmp_path / "link").is_symlink() and any((tmp_path / "real").iterdir())


@pytest.mark.parametrize("form", ["parquet", "dir"])
@pytest.mark.parametrize("out", [".", "..", "/"])
def test_the_current_directory_is_not_replaced(
    out: str,
    form: str,
    run: RunDir,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "above" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "above" / "here")
    assert cli.main([".export", f"path={run.root}", f"out={out}", f"format={form}"]) == 2
    assert f"out={out}: the current directory is in it" in capsys.readouterr().err


def test_keys_of_the_folder_are_refused_where_there_is_none(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["format=jsonl", "splits=[0.8,0.1,0.1]"], ["out=a.parquet", "push=me/pairs"]):
        assert cli.main([".export", f"path={run.root}", *words]) == 2
        assert f"{words[1].partition('=')[0]}: needs format=parquet with a folder" in capsys.readouterr().err
    for name in ("me", "me/../x", "https://x/y", "a/b/c", "me/-x", "me/a--b"):
        assert cli.main([".export", f"path={run.root}", f"push={name}"]) == 2
        assert f"push={name}: allowed is user/name" in capsys.readouterr().err


def test_what_deduplication_takes_away_is_told_in_the_card_and_groups_keep_their_graphs_names(
    run: RunDir, tmp_path: Path
) -> None:
    done = export.write(
        run, "parquet", tmp_path / "set", Limits(graph_cap=2, operators_cap=None, triton_cap=None, one_of_equals=False)
    )
    text = (tmp_path / "set" / "README.md").read_text()
    left_out = done.summary["dropped"]["graph_cap"]
    assert f"Of the kept programs, {left_out} were left out of this export" in text
    files = (tmp_path / "set" / "data").iterdir()
    splits = {file.name.partition("-")[0]: pq.read_table(file).to_pylist() for file in files}
    found = [row for part in splits.values() for row in part]
    assert sum(row["direction"] == "forward" for row in found) == 48 - left_out
    roots = {split: {row["graph_root"] for row in part} for split, part in splits.items()}
    assert len(set.union(*roots.values())) == sum(map(len, roots.values()))
    assert {row["group"] for row in found} <= {f"{root:032x}" for root in range(8)}


def test_verify_reads_the_folder_and_nothing_that_lies_beside_the_data(run: RunDir, tmp_path: Path) -> None:
    done = export.write(run, "parquet", tmp_path / "set")
    (tmp_path / "set" / "dedup.json").write_text(json.dumps({"dropped": 0}))
    export.write(run, "parquet", tmp_path / "set")  # which leaves out what an earlier export wrote beside it
    (tmp_path / "set" / "dedup.json").write_text(json.dumps({"dropped": 0}))
    assert len(find_pairs(tmp_path / "set")) == done.count
    whole = {(pair.entry_point, pair.triton_code) for pair in find_pairs(run.root)}
    assert {(pair.entry_point, pair.triton_code) for pair in find_pairs(tmp_path / "set")} == whole
