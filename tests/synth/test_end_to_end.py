"""The true thing, small: real operators, synthesizer and validators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from kernelbook_row import ROW

ROOT = Path(__file__).parent.parent.parent


def test_a_corpus_from_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "synth"]
    # One start of the validators is most of the time this takes.
    run = [*command, ".parallel", "num_total_samples=2", "num_worker=2", "seed=1", "output_dir=corpus", "max_retries=5"]
    run += ["backward=true", "device_target=[sm_80,sm_90]"]
    options: dict[str, Any] = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(ROOT)}, "text": True}
    done = subprocess.run(run, capture_output=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    programs = sorted((tmp_path / "corpus").glob("SynthModel_*.py"))
    assert programs
    subprocess.run([*command, ".export", "path=corpus", "format=jsonl", "out=pairs.jsonl"], check=True, **options)
    rows = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    forward = [row for row in rows if row["direction"] == "forward"]
    assert sorted(row["entry_point"] for row in forward) == [program.stem for program in programs]
    for row in rows:
        assert f"class {row['entry_point']}(nn.Module):" in row["python_code"]
        assert f"class {row['entry_point']}New(" in row["triton_code"]
        assert row["num_kernels"] == len(row["kernels"]) >= 1
        compile(row["triton_code"], "pair", "exec")
        assert (row["compiled_for"], row["proved_by"]) == (["sm_80", "sm_90"], "interpreter")
        assert len(row["registers"]) == len(row["occupancy"]) == row["num_kernels"]
        assert 1 <= row["difficulty"] <= 5 and row["bytes"] > 0


def test_rows_of_others_are_proved_from_their_texts(tmp_path: Path) -> None:
    wrong = {**ROW, "triton_code": ROW["triton_code"].replace("tmp5 = 2.0", "tmp5 = 2.5")}
    broken = {**ROW, "triton_code": ROW["triton_code"].replace("tmp4 * tmp5", "tmp4 * tmp9")}
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (ROW, wrong, broken)))
    command = [sys.executable, "-m", "synth", ".verify", "path=rows.jsonl", "out=proofs.jsonl", "num_worker=2"]
    command += ["device_target=[sm_80,gfx942]"]
    options: dict[str, Any] = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(ROOT)}, "text": True}
    done = subprocess.run(command, capture_output=True, **options)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "1 of 3 pairs proved (33.3 %)" in done.stdout
    proved, *failed = [json.loads(line) for line in (tmp_path / "proofs.jsonl").read_text().splitlines()]
    assert proved["proved"] and proved["evidence"]["numerics"]["by"] == "interpreter"
    assert set(proved["evidence"]["compiled"]) == {"sm_80", "gfx942"}
    assert [(row["stage"], row["reason"]) for row in failed] == [
        ("numerics", "numeric_mismatch"), ("compiled", "kernel_rejected"),
    ]  # fmt: skip
