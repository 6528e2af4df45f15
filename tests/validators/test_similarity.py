from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import GOOD, program

from validators import similarity
from validators.contamination import packs, sources
from validators.normalize import source_hash
from validators.verdict import SENTENCES, Program, Reason, Settings


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


@pytest.fixture
def own_pack(tmp_path: Path) -> Settings:
    """A benchmark of one problem, GOOD, whose name spells three operators."""
    problem = sources.fingerprint("2/7", 2, "Gemm_Swish_Scaling", GOOD, "Model")
    file = tmp_path / "own.json"
    file.write_text(packs.dump("Own", "for tests", [problem]))
    return Settings(fingerprints=(str(file),))


def test_a_benchmark_problem_is_recognised_by_source_and_by_operators(own_pack: Settings) -> None:
    copied = GOOD.replace("+ 1", "+ 3").replace("linear", "fc")
    found = similarity.check(Program(copied, "Model"), own_pack)
    assert found.reason is Reason.BENCHMARK_SOURCE
    assert found.metrics["contamination"][0] == {
        "tier": "T0 source",
        "benchmark": "Own",
        "problem": "2/7",
        "score": 1.0,
        "scheme": packs.SCHEME,
    }
    other = program("return torch.sigmoid(self.linear(x)) * x.mean()")
    asked = Program(other, "Model", ("Linear", "SiLU", "Multiply"))
    assert similarity.check(asked, own_pack).reason is Reason.BENCHMARK_SIGNATURE
    assert similarity.check(Program(other, "Model", ("Linear", "Multiply", "SiLU")), own_pack).ok
    assert similarity.check(Program(other, "Model", ("Linear",)), own_pack).ok


LONGER = """
import torch
from torch import nn


class Model(nn.Module):
    '''Mixes the channels of a map twice before it averages them.'''

    def __init__(self, width):
        super().__init__()
        self.first = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.second = nn.Conv2d(2 * width, width, 3, padding=1)

    def forward(self, x):
        y = torch.relu(self.first(x)) * 0.5
        y = torch.tanh(self.second(y)) + x
        return y.mean(dim=(2, 3)) / 3.0


def get_inputs():
    return [torch.randn(2, 4, 8, 8)]


def get_init_inputs():
    return [4]
"""


def test_code_of_a_problem_inside_a_larger_program_is_found_by_its_share(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(packs.dump("Own", "for tests", [sources.fingerprint("2/8", 2, "", LONGER, "Model")]))
    grown = LONGER.replace("self.first", "self.a").replace("self.second", "self.b").replace("Mixes the", "Blends all")
    grown = grown.replace(
        "        return y.mean", "        y = torch.sigmoid(y).cumsum(dim=1).exp()\n        return y.mean"
    )
    strict, loose = (Settings(fingerprints=(str(file),), benchmark_containment=share) for share in (0.5, 1.0))
    found = similarity.check(Program(grown, "Model"), strict)
    assert found.reason is Reason.BENCHMARK_SOURCE and found.metrics["contamination"][0]["tier"] == "T0 grams"
    passed = similarity.check(Program(grown, "Model"), loose)
    assert passed.ok and 0.5 <= passed.metrics["contamination"][0]["score"] < 1, "told, though nothing is turned down"


def test_a_docstring_that_is_a_problems_own_gives_the_program_away(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(packs.dump("Own", "for tests", [sources.fingerprint("2/8", 2, "", LONGER, "Model")]))
    settings = Settings(fingerprints=(str(file),))
    other = GOOD.replace(
        "    def __init__",
        "    '''mixes the channels of a map,\n    twice before it averages them'''\n\n    def __init__",
        1,
    )
    assert similarity.check(Program(GOOD, "Model"), settings).ok
    assert similarity.check(Program(other, "Model"), settings).reason is Reason.BENCHMARK_SOURCE


def test_a_pretrained_model_that_a_problem_loads_is_known_by_name(tmp_path: Path) -> None:
    loads = "from transformers import AutoModel\n" + GOOD.replace("+ 1", "+ len('some-lab/model-7b')")
    file = tmp_path / "own.json"
    file.write_text(packs.dump("Own", "for tests", [sources.fingerprint("4/1", 4, "", loads, "Model")]))
    settings = Settings(fingerprints=(str(file),))
    other = program("return self.linear(x) * len('some-lab/model-7b')")
    assert similarity.check(Program(other, "Model"), settings).ok, "a text alone loads nothing"
    found = similarity.check(Program("import transformers\n" + other, "Model"), settings)
    assert found.reason is Reason.BENCHMARK_NAME


def test_shipped_fingerprints_hold_hashes_and_no_problem_text() -> None:
    benchmark, problems = packs.read(packs.SHIPPED)
    assert benchmark == "KernelBench" and len(problems) == 270
    assert sum(bool(problem.root) for problem in problems) == 250, "all of levels 1 to 3"
    assert sum(bool(problem.settled) for problem in problems) == 250
    assert sum(bool(problem.names) for problem in problems) == 20, "all of level 4"
    for problem in problems:
        hashes = [problem.source, problem.root, problem.settled, *problem.grams, *problem.texts, *problem.names]
        hashes += [feature for feature, _ in problem.features] + [op.lstrip("=~") for op, _, _ in problem.graph]
        assert all(re.fullmatch("[0-9a-f]*", text) for text in hashes)
        assert all(re.fullmatch("[st]*", constants) for _, constants, _ in problem.graph)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"scheme": 2}', '{"scheme": 99}', "\0"),
        *(
            f'{{"scheme": 2, "benchmark": "x", "problems": {problems}}}'
            for problems in (
                *("[]", "[{}]", '[{"id": "1", "level": Infinity}]', '[{"id": "1", "features": [["ab", -1]]}]'),
                *('[{"id": "1", "graph": [["ab", "", [0]]]}]', '[{"id": "1", "graph": [["ab", "", [-2]]]}]'),
            )
        ),
    ],
)
def test_a_file_that_is_no_pack_is_told_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.json"
    file.write_text(text)
    with pytest.raises(packs.PackError, match=r"odd\.json"):
        packs.read(file)
    with pytest.raises(packs.PackError, match=r"missing\.json"):
        packs.read(tmp_path / "missing.json")


def test_a_pack_of_an_earlier_scheme_is_told_to_be_made_again(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text('{"scheme": 1, "benchmark": "x", "problems": [{"id": "1", "root": "ab"}]}')
    with pytest.raises(packs.PackError, match="make it again"):
        packs.read(file)


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
