""".merge, and what .export leaves out: the same bytes in any order, gradients with their pairs, bad rows named."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth import cli
from synth.files.rundir import RunDir
from synth.rows import COLUMNS
from synth.store.journal import Journal
from validators.verdict import Judgement, Pair, Program, Stage, Verdict

OPERATORS = ["relu", "gelu", "silu", "tanh", "sigmoid", "softplus", "mish", "elu", "celu", "selu"]


def program(name: str, picked: list[str], number: float = 1.5) -> str:
    lines = "\n".join(f"        x = F.{operator}(x * {number})" for operator in picked)
    return (
        f"import torch.nn as nn\nimport torch.nn.functional as F\n\n\nclass {name}(nn.Module):\n"
        f"    def forward(self, x):\n{lines}\n        return x\n\n\n"
        f"def get_inputs():\n    return []\n\n\ndef get_init_inputs():\n    return []\n"
    )


def triton(word: str) -> str:
    kernel = "\n".join(f"    {word}_{operator} = tl.load({word})" for operator in OPERATORS)
    return f"@triton.jit\ndef triton_a({word}):\n{kernel}\n"


def make_run(folder: Path, programs: list[tuple[str, str, str]], seed: int = 0, backward: tuple[int, ...] = ()) -> Path:
    """A run of (name, program, strict graph), with the gradients of some."""
    run = RunDir(folder)
    run.create()
    journal = Journal.create_or_open(run.journal)
    journal.set_meta("identity", {"seed": seed, "model_name": "builtin"})
    for sample, (name, text, graph) in enumerate(programs):
        metrics = {"strict": graph, "root": f"root {graph}", "operators": {"mul": sample + 1, "relu": seed}}
        pair = Pair(triton(graph), "raw", ("triton_a",), "sm_80", {})
        journal.add_answer(sample, 1, ("A",), name, "answer")
        judgement = Judgement((Verdict(Stage.GRAPH, True, metrics=metrics),), pair)
        journal.add_judgement(sample, 1, Program(text, name), judgement)
        if sample in backward:
            behind = f"{text}\nclass {name}Backward(nn.Module):\n    pass\n"
            journal.add_gradient(sample, 1, Program(behind, f"{name}Backward"), Judgement((), pair))
        journal.settle(sample, 1, name, kept=True)
    journal.close()
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Three runs of 4 programs each; then b repeats a's first graph, and c a's second program with other numbers."""
    picks = [[f"{operator}_{number}" for operator in OPERATORS] for number in range(12)]
    names = [f"M{number}" for number in range(12)]
    texts = [program(name, pick) for name, pick in zip(names, picks, strict=True)]
    graphs = [f"graph_{letter}" for letter in "abcdefghijkl"]
    whole = list(zip(names, texts, graphs, strict=True))
    again = ("M0", program("M0", ["relu6", "hardswish", "hardsigmoid", "logsigmoid"]), "graph_a")
    near = ("M1", program("M1", picks[1], 2.5), "graph99")
    return [
        make_run(tmp_path / "a", whole[:4], 0, backward=(0, 3)),
        make_run(tmp_path / "b", [*whole[4:8], again], 1),
        make_run(tmp_path / "c", [*whole[8:], near], 2),
    ]


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_runs_put_together_are_the_same_bytes_in_any_order(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("jsonl", "parquet"):
        made = set()
        for number, order in enumerate(itertools.permutations(runs)):
            out = tmp_path / f"{form}{number}"
            assert cli.main([".merge", *map(str, order), f"out={out}", f"format={form}"]) == 0
            made.add((out / f"pairs.{form}").read_bytes() + (out / "dedup.json").read_bytes())
            assert [file.name for file in out.iterdir() if file.name.startswith(".")] == []
        assert len(made) == 1
    said = capsys.readouterr().out
    assert "12 of 14 pairs kept; dropped: 1 graph (the same ATen graph" in said and "1 near_source (" in said
    rows = rows_of(tmp_path / "jsonl0" / "pairs.jsonl")
    assert pq.read_table(tmp_path / "parquet0" / "pairs.parquet").to_pylist() == rows
    assert list(rows[0]) == list(COLUMNS)
    forward = [row for row in rows if row["direction"] == "forward"]
    assert [row["sha"] for row in forward] == sorted(row["sha"] for row in forward)
    assert sorted(row["duplicates"] for row in forward) == [1] * 10 + [2, 2]
    # The pair that has its gradient is the better one, and its gradient lies behind it.
    behind = [
        (one["entry_point"], two["entry_point"])
        for one, two in itertools.pairwise(rows)
        if two["direction"] == "backward"
    ]
    assert sorted(behind) == [("M0", "M0Backward"), ("M3", "M3Backward")]


def test_exports_and_runs_mix_and_nothing_is_left_to_drop(runs: list[Path], tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    cli.main([".merge", *map(str, runs), f"out={whole}", "format=jsonl"])
    for name, form, run in (("a.jsonl", "jsonl", runs[0]), ("b.parquet", "parquet", runs[1]), ("c", "dir", runs[2])):
        assert cli.main([".export", f"path={run}", f"format={form}", f"out={tmp_path / 'exports' / name}"]) == 0
    parts = ",".join(str(tmp_path / "exports" / name) for name in ("a.jsonl", "b.parquet", "c"))
    out = tmp_path / "mixed.jsonl"
    assert cli.main([".merge", f"path=[{parts}]", f"out={out}", "format=jsonl"]) == 0
    assert out.read_bytes() == whole.read_bytes()
    again = tmp_path / "again.jsonl"
    assert cli.main([".merge", str(whole), f"out={again}", "format=jsonl"]) == 0
    assert again.read_bytes() == whole.read_bytes()
    assert json.loads((tmp_path / "dedup.json").read_text())["dropped"] == {}


def test_folders_of_equal_names_are_told_apart(runs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "folders"
    assert cli.main([".merge", *map(str, runs), f"out={out}", "format=dir", "dedup=false"]) == 0
    assert len(list(out.iterdir())) == 16
    assert len(list(out.glob("M0*"))) == 2 + 1 + 0  # two of the name and a gradient
    back = tmp_path / "back.jsonl"
    assert cli.main([".merge", str(out), f"out={back}", "format=jsonl", "dedup=false"]) == 0
    straight = tmp_path / "straight.jsonl"
    cli.main([".merge", *map(str, runs), f"out={straight}", "format=jsonl", "dedup=false"])
    assert back.read_bytes() == straight.read_bytes()


def test_an_export_leaves_out_duplicates_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(
        tmp_path / "corpus",
        [(f"M{n}", program(f"M{n}", OPERATORS[:5], n), f"g{n}") for n in range(3)]
        + [("N", program("N", OPERATORS[5:]), "h")],
        backward=(1,),
    )
    assert cli.main([".export", str(run), "format=jsonl"]) == 0
    said = "2 of 4 pairs kept; dropped: 2 near_source (a near-duplicate of another program)"
    assert said in capsys.readouterr().out
    rows = rows_of(run / "export" / "pairs.jsonl")
    assert [(row["entry_point"], row["duplicates"]) for row in rows] == [("M1", 3), ("M1Backward", 3), ("N", 1)]
    assert [(row["graph_strict"], row["graph_root"]) for row in rows[::2]] == [("g1", "root g1"), ("h", "root h")]
    cli.main([".stats", str(run)])
    assert f"exported: {said}" in " ".join(capsys.readouterr().out.split())
    assert cli.main([".export", str(run), "graph_cap=none"]) == 0  # the dataset folder, which has a note of its own
    assert said in capsys.readouterr().out
    cli.main([".stats", str(run)])
    assert " ".join(capsys.readouterr().out.split()).count(f"exported: {said}") == 2
    shutil.rmtree(run / "export" / "dataset")
    assert cli.main([".export", str(run), "format=jsonl", "dedup=false"]) == 0
    assert len(rows_of(run / "export" / "pairs.jsonl")) == 5
    cli.main([".stats", str(run)])
    assert "exported" not in capsys.readouterr().out
    assert cli.main([".export", str(run), "format=jsonl", "near_duplicate_jaccard=1", "graph_cap=none"]) == 0


def test_what_a_killed_export_left_changes_nothing(runs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out" / "pairs.jsonl"
    commands = [
        [".export", str(runs[0]), "format=jsonl", f"out={out}"],
        [".merge", *map(str, runs), "format=jsonl", f"out={out}"],
    ]
    for command in commands:
        assert cli.main(command) == 0
        first = out.read_bytes()
        work = out.with_name(".pairs.jsonl.dedup")
        (work / "program").mkdir(parents=True)
        (work / "program" / "manifest.json").write_text("{")
        (work / "sorted.sqlite").write_bytes(b"half")
        out.with_name("pairs.jsonl.partial").write_text("half")
        assert cli.main(command) == 0
        assert out.read_bytes() == first
        assert sorted(file.name for file in out.parent.iterdir()) == ["dedup.json", "pairs.jsonl"]


def test_someone_elses_rows_get_our_columns(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.parquet"
    row = {"module_name": "M", "python_code": program("M", OPERATORS), "triton_code": "t", "stars": 3, "more": "x"}
    pq.write_table(pa.Table.from_pylist([row]), theirs)
    assert cli.main([".merge", str(theirs), f"out={tmp_path / 'out.jsonl'}", "format=jsonl"]) == 0
    (made,) = rows_of(tmp_path / "out.jsonl")
    assert list(made) == list(COLUMNS)
    assert (made["entry_point"], made["stars"], made["direction"], made["kernels"]) == ("M", 3, "forward", None)
    assert made["uuid"] == int(made["sha"][:16], 16) >> 1


def test_a_copy_that_lost_its_columns_does_not_take_the_place_of_the_whole_row(
    runs: list[Path], tmp_path: Path
) -> None:
    """Not even where the whole row owns up to library calls, nor after the copy went through a merge of its own."""
    whole, copies, again = (tmp_path / name for name in ("whole.jsonl", "copies.jsonl", "again.jsonl"))
    cli.main([".export", f"path={runs[2]}", "format=jsonl", f"out={whole}"])
    rows = [row | {"extern_calls": ["extern_kernels.mm"]} for row in rows_of(whole)]
    whole.write_text("".join(json.dumps(row) + "\n" for row in rows))
    kept = ("entry_point", "python_code", "triton_code", "fusions")
    copies.write_text("".join(json.dumps({key: row[key] for key in kept}) + "\n" for row in rows))
    assert cli.main([".merge", str(copies), f"out={again}", "format=jsonl"]) == 0
    for copy in (copies, again):
        out = tmp_path / "out.jsonl"
        assert cli.main([".merge", str(copy), str(whole), f"out={out}", "format=jsonl"]) == 0
        found = rows_of(out)
        assert found and all(row["extern_calls"] == ["extern_kernels.mm"] for row in found)


GOOD = {"entry_point": "M", "python_code": program("M", OPERATORS), "triton_code": "t"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([GOOD, {**GOOD, "python_code": "def ("}], "row 2: python_code cannot be read as Python"),
        ([{**GOOD, "triton_code": ""}], "row 1: has no text under triton_code"),
        ([{**GOOD, "stars": "many"}], "row 1: stars is no whole number"),
        ([{**GOOD, "kernels": "triton_a"}], "row 1: kernels is no list"),
        ([{**GOOD, "synthetic": 1}], "row 1: synthetic is no truth"),
        ([{**GOOD, "stars": 1 << 63}], "row 1: stars is too large a number"),
        ([{**GOOD, "max_error": 10**400}], "row 1: max_error is too large a number"),
        ([{**GOOD, "duplicates": 1 << 62}], "row 1: duplicates is 4611686018427387904, more than a row can stand for"),
        ([{**GOOD, "repo_name": "\ud800"}], "row 1: repo_name holds half a character"),
        ([{**GOOD, "entry_point": "../../M"}], "row 1: entry_point is no class's name ('../../M')"),
        ([{**GOOD, "direction": "backward"}], "row 1: is a gradient (direction backward) and does not follow"),
        ([{**GOOD, "sample": 1}, {**GOOD, "sample": 2, "direction": "backward"}], "row 2: is a gradient"),
    ],
)
def test_a_row_that_is_no_pair_is_named(
    rows: list[dict[str, Any]], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out.jsonl"
    out.write_text("mine\n")
    assert cli.main([".merge", str(file), f"out={out}", "format=jsonl"]) == 2
    said = capsys.readouterr().err
    assert words in said and "in.jsonl" in said and said.count("\n") == 1
    assert out.read_text() == "mine\n"


def test_a_row_that_is_no_pair_leaves_an_earlier_folder_as_it_was(runs: list[Path], tmp_path: Path) -> None:
    out, bad = tmp_path / "folders", tmp_path / "bad.jsonl"
    bad.write_text(json.dumps({**GOOD, "triton_code": ""}) + "\n")
    assert cli.main([".merge", str(runs[0]), f"out={out}", "format=dir"]) == 0
    there = sorted(path.name for path in out.iterdir())
    assert cli.main([".merge", str(bad), f"out={out}", "format=dir"]) == 2
    assert sorted(path.name for path in out.iterdir()) == there != []


def test_nothing_is_written_outside_the_folder_whatever_rows_are_called(runs: list[Path], tmp_path: Path) -> None:
    names = []
    for number, name in enumerate(("M", "M")):
        row = {**GOOD, "entry_point": name, "triton_code": f"t{number}", "sha": "../../../outside"}
        names.append(tmp_path / f"{number}.jsonl")
        names[-1].write_text(json.dumps(row) + "\n")
    out = tmp_path / "deep" / "er" / "folders"
    assert cli.main([".merge", *map(str, names), f"out={out}", "format=dir", "dedup=false"]) == 0
    assert len(list(out.iterdir())) == 2 and sorted(path.name for path in out.parent.iterdir()) == [
        "dedup.json",
        "folders",
    ]


def test_gradients_of_equal_pairs_are_chosen_by_what_they_hold_and_not_by_order(tmp_path: Path) -> None:
    """Two exports hold the same row, and gradients of it that were proved apart."""
    shared = {**GOOD, "direction": "forward", "seed": 1, "sample": 2, "attempt": 1, "group": "g"}
    files = []
    for number in range(2):
        gradient = shared | {"direction": "backward", "triton_code": "b", "max_error": number / 7}
        files.append(tmp_path / f"{number}.jsonl")
        files[-1].write_text(json.dumps(shared) + "\n" + json.dumps(gradient) + "\n")
    made = set()
    for order in (files, files[::-1]):
        out = tmp_path / "out.jsonl"
        assert cli.main([".merge", *map(str, order), f"out={out}", "format=jsonl"]) == 0
        made.add(out.read_bytes())
    assert len(made) == 1 and len(rows_of(out)) == 2


def test_a_run_in_a_directory_called_run_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", [("M", program("M", OPERATORS), "g")])
    out = tmp_path / "out.jsonl"
    for path in (run, run / "run"):
        assert cli.main([".merge", str(path), f"out={out}", "format=jsonl"]) == 0
        assert cli.main([".stats", str(path)]) == 0
        assert cli.main([".export", str(path), f"out={out}", "format=jsonl"]) == 0


@pytest.mark.parametrize("content", ['{"dropped": [1]}', "[]", '{"dropped": {"graph": 1}}', "{"])
def test_a_damaged_note_of_an_export_is_named(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "corpus", [("M", program("M", OPERATORS), "g")])
    (run / "export").mkdir()
    (run / "export" / "dedup.json").write_text(content)
    assert cli.main([".stats", str(run)]) == 2
    said = capsys.readouterr().err
    assert "dedup.json: cannot be read" in said and "export again" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["out=x"], "path is missing"),
        (["path=none", "out=x"], "path=none: does not exist"),
        (["{file}"], "out is missing"),
        (["{file}", "{file}", "out=x"], "is given twice"),
        (["/nowhere", "out=x"], "/nowhere: does not exist"),
        (["{file}", "out={file}"], "is one of the paths to merge"),
        (["{folder}", "out={folder}/all.jsonl"], "lies in one"),
        (["{file}", "path={file}", "out=x"], "given twice"),
        (["path={file}", "{file}", "out=x"], "write all as one list"),
        (["{file}", "out=x", "graph_cap=0"], "graph_cap=0: allowed is a whole number from 1, or none"),
        (["{file}", "out=x", "near_duplicate_jaccard=0.2"], "near_duplicate_jaccard=0.2: allowed is a number from 0.5"),
        (["{file}", "out=x", "dedup=maybe"], "dedup=maybe: allowed is true or false"),
    ],
)
def test_what_cannot_be_merged_is_told(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text(json.dumps(GOOD) + "\n")
    filled = [argument.format(file=folder / "a.jsonl", folder=folder) for argument in arguments]
    assert cli.main([".merge", *filled]) == 2
    assert words in capsys.readouterr().err


def test_help_teaches_merging(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([".merge", "--help"]) == 0
    said = capsys.readouterr().out
    assert "or none" not in said.partition("path=")[2].partition("format")[0]
    assert said.count("; required") == 2 and "default none" not in said
    for words in ("outputs/a outputs/b out=corpus", "near_duplicate_jaccard", "graph_cap", "whatever their order"):
        assert words in said
