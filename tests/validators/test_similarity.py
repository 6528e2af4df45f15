from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import GOOD, program

from validators import similarity
from validators.normalize import source_hash
from validators.verdict import SENTENCES, Program, Reason


def test_names_comments_docstrings_and_layout_do_not_change_the_hash() -> None:
    changed = GOOD.replace("linear", "projection").replace("x)", "value)").replace(", x", ", value")
    changed = changed.replace("(x", "(value").replace("        return", "        # a comment\n        return")
    changed = changed.replace("    def forward", "    def forward").replace("Model", "Renamed")
    assert changed != GOOD
    assert source_hash(changed, "Renamed") == source_hash(GOOD, "Model")


@pytest.mark.parametrize("edit", [("+ 1", "- 1"), ("relu", "tanh"), ("+ 1", "+ 2"), ("Linear(6, 5)", "Linear(6, 7)")])
def test_what_the_program_computes_changes_the_hash(edit: tuple[str, str]) -> None:
    assert source_hash(GOOD.replace(*edit), "Model") != source_hash(GOOD, "Model")


def test_constants_can_be_left_out() -> None:
    other = GOOD.replace("+ 1", "+ 2").replace("randn(4, 6)", "randn(8, 6)")
    assert source_hash(other, "Model", keep_constants=False) == source_hash(GOOD, "Model", keep_constants=False)


@given(st.from_regex(r"[a-z]{2,8}_[a-z]{1,8}", fullmatch=True))
def test_any_attribute_name_gives_the_same_hash(name: str) -> None:
    assert source_hash(GOOD.replace("self.linear", f"self.{name}"), "Model") == source_hash(GOOD, "Model")


def test_a_benchmark_problem_is_recognised_by_source_and_by_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = {"level": 2, "problem_id": 7, "name": "Gemm_Swish_Scaling", "code": GOOD}
    monkeypatch.setattr(similarity, "fingerprints", lambda: similarity.build([problem]))
    copied = GOOD.replace("+ 1", "+ 3").replace("linear", "fc")
    assert similarity.check(Program(copied, "Model")).reason is Reason.BENCHMARK_SOURCE
    other = program("return torch.sigmoid(self.linear(x)) * x.mean()")
    assert similarity.check(Program(other, "Model", ("Linear", "SiLU", "Multiply"))).reason is (
        Reason.BENCHMARK_SIGNATURE
    )
    assert similarity.check(Program(other, "Model", ("Linear", "Multiply", "SiLU"))).ok
    assert similarity.check(Program(other, "Model", ("Linear",))).ok


def test_shipped_fingerprints_hold_hashes_and_no_problem_text() -> None:
    shipped = json.loads(similarity.FINGERPRINTS.read_text())
    assert len(shipped["signatures"]) == 99 and len(shipped["sources"]) == 231
    assert all(len(key) == 32 for part in ("sources", "signatures") for key in shipped[part])
    assert "import" not in similarity.FINGERPRINTS.read_text()


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
