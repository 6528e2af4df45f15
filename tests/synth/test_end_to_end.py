"""The true thing, small: real operators, synthesizer and validators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def test_a_corpus_from_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "synth"]
    # One start of the validators is most of the time this takes.
    run = [*command, ".parallel", "num_total_samples=2", "num_worker=2", "seed=1", "output_dir=corpus", "max_retries=5"]
    options: dict[str, Any] = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(ROOT)}, "text": True}
    done = subprocess.run(run, capture_output=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    programs = sorted((tmp_path / "corpus").glob("SynthModel_*.py"))
    assert programs
    subprocess.run([*command, ".export", "path=corpus", "format=jsonl", "out=pairs.jsonl"], check=True, **options)
    rows = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert sorted(row["entry_point"] for row in rows) == [program.stem for program in programs]
    for row in rows:
        assert f"class {row['entry_point']}(nn.Module):" in row["python_code"]
        assert f"class {row['entry_point']}New(" in row["triton_code"]
        assert row["num_kernels"] == len(row["kernels"]) >= 1
        compile(row["triton_code"], "pair", "exec")
