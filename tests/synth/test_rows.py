"""The columns of an export: what they repeat of a pair's evidence, and what they hold where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from synth import export, rows
from synth.files.rundir import RunDir
from synth.store.journal import Journal
from validators.verdict import Judgement, Pair, Program, Stage, Verdict

KERNEL = {"registers": 40, "spill_bytes": 8, "shared_bytes": 512, "occupancy": 0.75, "warps": 4}
EVIDENCE = {
    "extern_calls": ["extern_kernels.mm"],
    "labels": {
        "kernels": {
            "triton_b": {"kind": "template", "operators": ["addmm", "relu"]},
            "triton_a": {"kind": "pointwise", "operators": ["mul"]},
        },
        "bytes": 96,
        "flops": 12,
        "intensity": 0.125,
        "roofline_us": 0.5,
        "launches": 3,
        "difficulty": 3,
    },
    "compiled": {
        "gfx942": {"triton_a": {**KERNEL, "occupancy": None}, "triton_b": {**KERNEL, "occupancy": None}},
        "sm_90": {"triton_a": KERNEL, "triton_b": {**KERNEL, "registers": 64}},
    },
    "numerics": {"by": "interpreter", "max_error": 1e-7, "tolerance_used": 0.25, "draws": 2},
}


def journal_with(run: RunDir, *evidences: dict[str, object]) -> None:
    run.create()
    journal = Journal.create_or_open(run.journal)
    for sample, evidence in enumerate(evidences):
        pair = Pair("new", "raw", ("triton_a", "triton_b"), "sm_90", evidence)
        journal.add_answer(sample, 1, ("A",), f"M{sample}", "answer")
        judgement = Judgement((Verdict(Stage.TRITON, True),), pair)
        journal.add_judgement(sample, 1, Program(f"class M{sample}: pass", f"M{sample}"), judgement)
        journal.settle(sample, 1, f"M{sample}", kept=True)
    journal.close()


def test_columns_repeat_the_evidence_kernel_by_kernel(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    journal_with(run, EVIDENCE, {})
    for form in ("parquet", "jsonl"):
        export.write(run, form, tmp_path / f"pairs.{form}")
    full, empty = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert pq.read_table(tmp_path / "pairs.parquet").to_pylist() == [full, empty]
    assert list(full) == list(empty) == list(rows.COLUMNS)
    expected = {
        "difficulty": 3,
        "launches": 3,
        "bytes": 96,
        "flops": 12,
        "intensity": 0.125,
        "roofline_us": 0.5,
        "kernels": ["triton_a", "triton_b"],
        "kernel_kinds": ["pointwise", "template"],
        "fusions": ["mul", "addmm,relu"],
        "extern_calls": ["extern_kernels.mm"],
        "compiled_for": ["sm_90", "gfx942"],
        "registers": [40, 64],
        "spill_bytes": [8, 8],
        "shared_bytes": [512, 512],
        "occupancy": [0.75, 0.75],
        "proved_by": "interpreter",
        "max_error": 1e-7,
        "tolerance_used": 0.25,
    }
    assert {key: full[key] for key in expected} == expected
    assert json.loads(full["evidence"]) == EVIDENCE
    assert [empty[key] for key in ("difficulty", "bytes", "proved_by", "max_error")] == [None] * 4
    assert [empty[key] for key in ("registers", "compiled_for", "extern_calls")] == [[], [], []]


def test_a_device_that_ran_the_pair_is_what_proved_it(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    journal_with(run, EVIDENCE | {"launched_on": "NVIDIA H100"})
    journal = Journal.open_to_read(run.journal)
    assert [row["proved_by"] for row in rows.rows(journal)] == ["NVIDIA H100"]
    journal.close()
