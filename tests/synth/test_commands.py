""".validate, .export, .stats, .operators, .doctor, .single_debug around a fake pool."""

from __future__ import annotations

import json
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fake_pool import FakePool, program_text, run_fake

from synth import cli, rows
from synth.answers.extraction import find_code
from synth.commands import doctor, single_debug, validate
from synth.config import RunConfig
from validators.verdict import Judgement, Program, Settings

SOURCE = find_code(program_text()) or ""
KERNELBOOK = [
    *("entry_point", "original_triton_code", "python_code", "triton_code", "repo_name", "module_name"),
    *("synthetic", "uuid", "licenses", "stars", "sha", "repo_link"),
]


@asynccontextmanager
async def fake_pool(num_worker: int, settings: Settings):
    yield FakePool(num_worker, settings, slow=0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    out = tmp_path / "outputs" / "a"
    run_fake(RunConfig(output_dir=out, num_total_samples=30, seed=3, max_retries=1), slow=0)
    return out


def test_a_directory_is_judged_with_one_line_for_each_reject(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "good.py").write_text(SOURCE)
    (tmp_path / "binary.py").write_bytes(b"\x7fELF\xff\xfe\x00")
    (tmp_path / "nulls.py").write_bytes(b"x = '\x00'")
    (tmp_path / ".hidden.py").write_text("")
    (tmp_path / "__init__.py").write_text("")
    sink = tmp_path / "verdicts.jsonl"
    given = {"path": tmp_path, "out": sink, "num_worker": 2}
    assert validate.run(dict(given), fake_pool) == 0
    text = capsys.readouterr().out
    assert "rejected  binary.py  contract/not_text  byte 4 is not UTF-8" in text
    assert "rejected  nulls.py  contract/not_text  holds null bytes" in text
    assert "3/3 programs decided" in text
    rows = [json.loads(line) for line in sink.read_text().splitlines()]
    assert [(row["program"], row["accepted"]) for row in rows] == [
        ("binary.py", False), ("deep/er/good.py", True), ("nulls.py", False),
    ]  # fmt: skip
    assert rows[1]["pair"]["kernels"] == ["triton_poi_0"]
    assert validate.run({**given, "strict": True}, fake_pool) == 1


def test_records_are_judged_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "records.jsonl"
    records = [{"id": "a", "response": program_text("a"), "pattern": ["Conv2d"]}, {"id": "b", "response": "No."}]
    records += [{"level": 1, "problem_id": 7, "code": SOURCE}, {"python_code": SOURCE, "entry_point": "Model"}]
    file.write_text("\n".join(map(json.dumps, records)))
    sink = tmp_path / "out.jsonl"
    assert validate.run({"path": file, "out": sink}, fake_pool) == 0
    rows = [json.loads(line) for line in sink.read_text().splitlines()]
    assert [row["program"] for row in rows] == ["a", "b", "1/7", "4"]
    assert rows[0]["entry_point"] == "SynthModel_Conv2d"
    assert (rows[1]["stage"], rows[1]["reason"]) == ("answer", "no_code")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "holds no programs"),
        ("", "holds no records"),
        ("[1]", "record 1 is not an object"),
        ('{"id": 1}', "record 1 has no text under response"),
        ("{oops", "line 1 is not valid JSON"),
        ("[{]", "not valid JSON"),
    ],
)
def test_nothing_to_judge_is_said(
    tmp_path: Path, content: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path
    if content is not None:
        path = tmp_path / "records.jsonl"
        path.write_text(content)
    assert cli.main([".validate", str(path)]) == 2
    assert words in capsys.readouterr().err


def test_a_runs_rejects_are_no_part_of_its_corpus(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list((run / "run" / "rejects").glob("*.py"))
    validate.run({"path": run}, fake_pool)
    kept = len(list(run.glob("*.py")))
    assert f"{kept}/{kept} programs decided" in capsys.readouterr().out


def test_exports_have_kernelbooks_columns(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = sorted(path.stem for path in run.glob("*.py"))
    for form in ("parquet", "jsonl", "dir"):
        target = run / "export" / ("pairs" if form == "dir" else f"pairs.{form}")
        words = [".export", f"path={run}", f"format={form}", "dedup=false", *([f"out={target}"] * (form == "parquet"))]
        assert cli.main(words) == 0
        first = target.read_bytes() if form != "dir" else b""
        assert cli.main(words) == 0  # again, over the first
        assert form == "dir" or target.read_bytes() == first
        assert f"{len(kept)} pairs in" in capsys.readouterr().out
    table = pq.read_table(run / "export" / "pairs.parquet")
    lines = [json.loads(line) for line in (run / "export" / "pairs.jsonl").read_text().splitlines()]
    assert table.column_names == list(rows.COLUMNS) == list(lines[0])
    assert table.column_names[:12] == KERNELBOOK
    assert table.to_pylist() == lines
    assert sorted(line["entry_point"] for line in lines) == kept
    assert len({line["uuid"] for line in lines}) == len(lines)
    for line in lines:
        folder = run / "export" / "pairs" / line["entry_point"]
        assert (folder / f"{line['entry_point']}.py").read_text() == line["python_code"]
        assert (folder / f"{line['entry_point']}New.py").read_text() == line["triton_code"]
        assert (run / f"{line['entry_point']}.py").read_text() == line["python_code"]


def test_an_export_replaces_only_exports(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "file").write_text("mine")
    assert cli.main([".export", f"path={run}", "format=dir", f"out={mine}"]) == 2
    assert cli.main([".export", f"path={run}", f"out={mine}"]) == 2
    assert cli.main([".export", f"path={run}", f"out={mine}/file/x"]) == 2
    assert (mine / "file").read_text() == "mine"


def test_the_newest_run_is_the_default(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for by in ("all", "stage", "reason", "operator"):
        assert cli.main([".stats", f"by={by}"]) == 0
        assert "run outputs/a" in capsys.readouterr().out
    monkeypatch.chdir(run)
    assert cli.main([".stats"]) == 2
    assert "no run in outputs/" in capsys.readouterr().err


def test_stats_prints_what_the_run_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, text = run_fake(RunConfig(output_dir=tmp_path, num_total_samples=30, seed=3), slow=0)
    cli.main([".stats", str(tmp_path)])
    figures = [line.rstrip() for line in capsys.readouterr().out.splitlines()][1:]
    assert figures == [line.rstrip() for line in text.splitlines()][-len(figures) - 2 : -2]


def test_operators_are_listed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([".operators", "set=core"]) == 0
    text = capsys.readouterr().out
    assert "Conv2d" in text
    assert "ReLU" not in text
    assert cli.main([".operators", f"path={run}"]) == 0
    assert "attempts" in capsys.readouterr().out
    assert cli.main([".operators", "family=nonsense"]) == 2


def test_the_doctor_judges_a_known_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    doctor.run({}, fake_pool)
    text = capsys.readouterr().out
    assert "ok    outputs" in text
    assert "ok    triton" in text
    assert list(tmp_path.iterdir()) == []  # it leaves nothing behind


def test_one_sample_is_shown_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    codes = {single_debug.run({"index": index, "seed": 1}, fake_pool) for index in range(8)}
    assert codes <= {0, 3}
    assert single_debug.run({"pattern": ("Linear", "ReLU"), "out": tmp_path / "here"}, fake_pool) in codes
    text = capsys.readouterr().out
    for word in ("pattern", "prompt", "answer", "program", "verdicts", "everything is in"):
        assert word in text
    names = {path.name for path in (tmp_path / "here").iterdir()}
    wanted = {"pattern.json", "prompt.txt", "answer.txt", "SynthModel_Linear_ReLU.py", "verdicts.json"}
    assert wanted <= names
    assert len(list((tmp_path / "outputs" / "debug").iterdir())) == 8


def test_a_shown_sample_shows_its_gradient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in range(6):
        out = tmp_path / str(index)
        code = single_debug.run({"index": index, "seed": 1, "backward": True, "out": out}, fake_pool)
        names = {path.name for path in out.iterdir()}
        assert ("verdicts-gradient.json" in names) == (code == 0)
        assert any(name.endswith("Backward.py") for name in names) == (code == 0)
    assert "Backward" in capsys.readouterr().out


def test_a_signal_lets_validate_finish_what_it_began(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Interrupting(FakePool):
        told = False

        async def judge(self, program: Program) -> Judgement:
            if not self.told:
                self.told = True
                os.kill(os.getpid(), signal.SIGINT)
            return await super().judge(program)

    @asynccontextmanager
    async def open_pool(num_worker: int, settings: Settings):
        yield Interrupting(num_worker, settings, slow=0.01)

    file = tmp_path / "records.jsonl"
    file.write_text("\n".join(json.dumps({"response": program_text(str(n))}) for n in range(200)))
    sink = tmp_path / "out.jsonl"
    assert validate.run({"path": file, "out": sink, "num_worker": 2}, open_pool) == 130
    judged = len(sink.read_text().splitlines())
    assert 0 < judged < 200
    assert f"interrupted after {judged} of 200 programs" in capsys.readouterr().out
