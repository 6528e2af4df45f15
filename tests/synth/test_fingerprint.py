"""`.fingerprint`: a benchmark of one's own, and a run that keeps it out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.cli import main
from validators.contamination import packs

PROBLEM = '''
import torch
from torch import nn


class Model(nn.Module):
    """{doc}"""

    def __init__(self, width):
        super().__init__()
        self.dense = nn.Linear(width, 7)

    def forward(self, x):
        return torch.{function}(torch.cumsum(self.dense(x), dim=1) * 3.0)


def get_inputs():
    return [torch.rand(100000, 12)]


def get_init_inputs():
    return [12]
'''


def test_a_folder_of_problems_becomes_a_pack_that_keeps_them_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = tmp_path / "bench" / "level2"
    problems.mkdir(parents=True)
    (problems / "3_Linear_CumSum.py").write_text(PROBLEM.format(doc="A", function="tanh"))
    (problems / "4_broken.py").write_text("class Model(:\n")
    (problems / "5_imports.py").write_text("import nothing_of_that_name\n" + PROBLEM.format(doc="B", function="erf"))
    pack = tmp_path / "bench.json"
    assert main([".fingerprint", f"path={tmp_path / 'bench'}", f"out={pack}", "num_worker=1"]) == 0
    benchmark, found = packs.read(pack)
    assert benchmark == "bench" and [(p.id, p.level, bool(p.root)) for p in found] == [
        ("2/3", 2, True),
        ("2/5", 2, False),
    ]
    told = capsys.readouterr().out
    assert "left out  2/4" in told and "no graph  2/5" in told and "2 problems, 1 with their graph" in told

    disguised = tmp_path / "programs"
    disguised.mkdir()
    text = PROBLEM.format(doc="Mine", function="tanh").replace(
        "self.dense(x)", "x @ self.dense.weight.T + self.dense.bias"
    )
    (disguised / "a.py").write_text(text.replace("100000", "16"))
    (disguised / "b.py").write_text(text.replace("100000", "16").replace("tanh", "sin"))
    out = tmp_path / "verdicts.jsonl"
    command = [".validate", f"path={disguised}", f"out={out}", "stages=[contract,similarity,graph]", "num_worker=1"]
    assert main([*command, f"fingerprints={pack}"]) == 0
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(v["accepted"], v["reason"]) for v in verdicts] == [(False, "benchmark_graph"), (True, None)]
    evidence = verdicts[0]["verdicts"][-1]["metrics"]["contamination"][0]
    assert (evidence["benchmark"], evidence["problem"], evidence["tier"]) == ("bench", "2/3", "T1 root")


def test_problems_of_one_number_are_two_and_a_level_may_be_text(tmp_path: Path) -> None:
    texts = [PROBLEM.format(doc="A", function=function) for function in ("tanh", "erf", "sin")]
    records = [{"level": "2", "problem_id": 7, "python_code": text} for text in texts[:2]]
    records.append({"level": 1, "problem_id": 7, "python_code": texts[2]})
    (tmp_path / "bench.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    pack = tmp_path / "new" / "pack.json"
    assert main([".fingerprint", f"path={tmp_path / 'bench.jsonl'}", f"out={pack}", "num_worker=1"]) == 0
    _, found = packs.read(pack)
    assert {(p.id, p.level) for p in found} == {("2/7", 2), ("2/7 (problem 2 of the benchmark)", 2), ("1/7", 1)}


def test_what_makes_no_pack_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.py").write_text("class Model(:\n")
    (tmp_path / "file").write_text("")
    command = [".fingerprint", f"path={tmp_path / 'broken.py'}", "num_worker=1"]
    for out, words in (
        (tmp_path / "pack.json", "nothing in it can be fingerprinted; no pack was written"),
        (tmp_path, "is a directory; name a file such as"),
        (tmp_path / "file" / "pack.json", "cannot be written to"),
    ):
        assert main([*command, f"out={out}"]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "pack.json").exists()


def test_fingerprints_that_cannot_be_used_are_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / "odd.json"
    odd.write_text("{}")
    for command in ([".parallel", "num_total_samples=1"], [".validate", f"path={__file__}"]):
        assert main([*command, f"fingerprints={odd}"]) == 2
        assert "odd.json" in capsys.readouterr().err
        assert main([*command, f"fingerprints={tmp_path / 'none.json'}"]) == 2
        assert "cannot be read" in capsys.readouterr().err
    assert main([".fingerprint"]) == 2
