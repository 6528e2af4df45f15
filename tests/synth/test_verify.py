""".verify: rows of any origin, proved from their texts; what is no pair is told before anything runs."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_pool import FakePool, run_fake

from synth import cli
from synth.commands import verify
from synth.config import RunConfig
from synth.errors import UsageError
from synth.pairs import find_pairs
from validators.verdict import Settings, Stage

ROW = {"python_code": "class M: ...", "triton_code": "class MNew: ...", "entry_point": "M"}
KERNELBOOK_ROW = {**ROW, "repo_name": "someone/else", "module_name": "M", "synthetic": False, "uuid": 7, "stars": 0}
opened: list[Settings] = []


@asynccontextmanager
async def fake_pool(num_worker: int, settings: Settings):
    opened.append(settings)
    yield FakePool(num_worker, settings, slow=0)


@pytest.fixture(autouse=True)
def _nothing_opened() -> None:
    opened.clear()


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_row_is_proved_or_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {**ROW, "triton_code": "wrong", "entry_point": "W"}
    file = jsonl(tmp_path / "rows.jsonl", ROW, wrong, ROW)
    sink = tmp_path / "new" / "proofs.jsonl"
    assert verify.run({"path": file, "out": sink}, fake_pool) == 3
    text = capsys.readouterr().out
    assert "rejected  rows.jsonl row 2 W  numerics/numeric_mismatch  off by one" in text
    assert "2 of 3 pairs proved (66.7 %)" in text
    found = [json.loads(line) for line in sink.read_text().splitlines()]
    assert [(row["pair"], row["proved"], row["reason"]) for row in found] == [
        ("rows.jsonl row 1 M", True, None),
        ("rows.jsonl row 2 W", False, "numeric_mismatch"),
        ("rows.jsonl row 3 M", True, None),
    ]
    assert found[0]["evidence"]["numerics"] == {"draws": 2} and found[0]["cpu_seconds"] == 0.75
    assert opened[0].stages == (Stage.CONTRACT, Stage.COMPILED, Stage.NUMERICS)
    assert verify.run({"path": file, "limit": 1}, fake_pool) == 0


def test_all_forms_of_an_export_and_the_run_itself_hold_the_same_pairs(tmp_path: Path) -> None:
    run = tmp_path / "made"
    run_fake(RunConfig(output_dir=run, num_total_samples=10, seed=3), slow=0)
    for form in ("parquet", "jsonl", "dir"):
        assert cli.main([".export", f"path={run}", f"format={form}", "dedup=false"]) == 0
    texts = [
        sorted((pair.entry_point, pair.python_code, pair.triton_code, pair.device_targets) for pair in find_pairs(path))
        for path in (run, *(run / "export" / name for name in ("dataset", "pairs.jsonl", "pairs")))
    ]
    assert len(texts[0]) > 3
    assert texts[0] == texts[1] == texts[2] == texts[3]
    assert {pair[3] for pair in texts[0]} == {("sm_80",)}
    assert len(find_pairs(run, 2)) == 2
    assert find_pairs(run / "run") == find_pairs(run)
    with pytest.raises(UsageError, match="holds no pairs"):
        find_pairs(run / "run" / "rejects")


def test_kernelbooks_rows_are_read_from_parquet(tmp_path: Path) -> None:
    pq.write_table(
        pa.Table.from_pylist([KERNELBOOK_ROW, {**KERNELBOOK_ROW, "entry_point": None}]), tmp_path / "kb.parquet"
    )
    pairs = find_pairs(tmp_path)
    assert [(pair.entry_point, pair.device_targets) for pair in pairs] == [("M", ()), ("M", ())]


@pytest.mark.parametrize(
    ("evidence", "targets"),
    [
        ({}, ("sm_90",)),
        ({"compiled": {"gfx942": {}, "sm_100": {}, "sm_90": {}}}, ("sm_90", "gfx942", "sm_100")),
        ("not JSON", ("sm_90",)),
        ([1], ("sm_90",)),
    ],
)
def test_a_row_is_compiled_for_what_it_was_made_for(tmp_path: Path, evidence: object, targets: tuple[str, ...]) -> None:
    text = evidence if isinstance(evidence, str) else json.dumps(evidence)
    file = jsonl(tmp_path / "rows.jsonl", {**ROW, "device_target": "sm_90", "evidence": text}, ROW)
    assert verify.run({"path": file}, fake_pool) == 0
    assert [settings.device_targets for settings in opened] == [targets, ("sm_80",)]
    opened.clear()
    assert verify.run({"path": file, "device_target": "sm_100"}, fake_pool) == 0
    assert [settings.device_targets for settings in opened] == [("sm_100",)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"python_code": "x", "triton_code": "y"}', "rows.jsonl row 1: has no text under entry_point"),
        ('{"python_code": "x", "triton_code": 3, "entry_point": "M"}', "row 1: has no text under triton_code"),
        (json.dumps(ROW) + '\n{"entry_point": "M"}', "row 2: has no text under python_code"),
        (json.dumps({**ROW, "device_target": "sm_75"}), "was made for sm_75; say with device_target="),
        ("{", "line 1 is not valid JSON"),
    ],
)
def test_what_is_no_pair_is_told_first(
    tmp_path: Path, content: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(content)
    assert cli.main([".verify", str(file)]) == 2
    assert words in capsys.readouterr().err


def test_a_file_that_only_looks_like_parquet_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.parquet").write_text("no")
    assert cli.main([".verify", str(tmp_path / "x.parquet")]) == 2
    assert "cannot be read as parquet" in capsys.readouterr().err
    assert cli.main([".verify", str(tmp_path / "y")]) == 2
    assert cli.main([".verify"]) == 2


def test_the_pairs_themselves_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = jsonl(tmp_path / "rows.jsonl", ROW)
    assert cli.main([".verify", f"path={file}", f"out={file}"]) == 2
    assert json.loads(file.read_text()) == ROW
