"""Prompt strategies: found by name, strict about what they hold, versioned by what a model reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from validators.verdict import Reason

SHIPPED = ("plain", "plan_then_code", "resample", "worked_example")
MINIMAL = "template = 'use {operators}'\n"
MINIMAL_REPAIR = "rejected = 'wrong: {error}'\nno_program = 'nothing: {reason}'\n"


def written(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(content, encoding="utf-8")
    return folder


def test_every_shipped_strategy_renders() -> None:
    assert set(SHIPPED) == set(prompts.names())
    for name in SHIPPED:
        text = prompts.render(name, ["Conv2d", "ReLU"], "SynthModel_Conv2d_ReLU", "- Conv2d: a hint")
        assert re.findall(r"(?i)operators:[ \t]*([^\n]+)", text) == ["Conv2d, ReLU"], "the line that programs read"
        assert re.findall(r"class (SynthModel\w+)\(nn.Module\)", text) == ["SynthModel_Conv2d_ReLU"]
        assert "- Conv2d: a hint\n" in text
        assert not re.search(r"\{[a-z_]+\}", text) and "\n\n\n\n" not in text
        assert prompts.load(name).description


def test_what_all_samples_share_comes_first() -> None:
    """Servers reuse their work on a common beginning; what differs must not cut it short."""
    for name in SHIPPED:
        one, other = (prompts.render(name, [op], f"SynthModel_{op}", op) for op in ("Conv2d", "ReLU"))
        common = next(at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
        assert common > 0.9 * len(one)


def test_code_braces_stay() -> None:
    assert "return [[12, 20], {}]" in prompts.render("plain", ["Conv2d"], "SynthModel_Conv2d")


def test_shipped_strategies_differ_in_what_they_are_for() -> None:
    plain, plan, example = (prompts.load(name) for name in ("plain", "plan_then_code", "worked_example"))
    assert "a plan" in plan.answer and plan.template == plain.template and plan.constraints == plain.constraints
    assert example.examples and example.answer == plain.answer
    for shown in example.examples:
        assert shown.program.strip() in prompts.render("worked_example", ["ReLU"])
    assert plain.repair is not None and prompts.load("resample").repair is None


def test_advice_is_for_reasons_that_exist() -> None:
    repair = prompts.load("plain").repair
    assert repair is not None
    assert set(repair.advice) <= set(Reason)
    assert set(Reason) - set(repair.advice) <= {  # nothing a model could do better
        Reason.NO_ANSWER, Reason.BLOCKED, Reason.CONTEXT_TOO_LONG, Reason.NOT_TEXT, Reason.NO_FORWARD,
        Reason.BENCHMARK_SIGNATURE, Reason.BENCHMARK_NAME,
    }  # fmt: skip


def test_a_new_file_is_all_it_takes(tmp_path: Path) -> None:
    written(tmp_path, mine="template = 'use {operators} {not a placeholder} {{}} {X}'\n")
    assert set(prompts.names(tmp_path)) == {"mine", *SHIPPED}
    wanted = "use A, {operators} {not a placeholder} {{}} {X}\n"
    assert prompts.render("mine", ["A", "{operators}"], folder=tmp_path) == wanted
    assert prompts.load("mine", tmp_path).repair == prompts.load("plain").repair


def test_a_file_of_the_users_may_build_on_a_shipped_one_or_take_its_place(tmp_path: Path) -> None:
    written(
        tmp_path,
        mine="based_on = 'worked_example'\nsystem = 'Speak Python to {class_name}.'\n",
        plain=MINIMAL,
        own="based_on = 'plain'\nrepair = 'terse'\n",
        terse=MINIMAL_REPAIR,
    )
    mine, shipped = prompts.load("mine", tmp_path), prompts.load("worked_example")
    assert (mine.examples, mine.template) == (shipped.examples, MINIMAL.split("'")[1])
    assert mine.rendered_system("A", "Name", "") == "Speak Python to Name."
    own = prompts.load("own", tmp_path)
    assert own.rendered("A, B", "Name", "") == "use A, B\n"
    assert own.repair == prompts.Repair("wrong: {error}", "nothing: {reason}")
    assert "terse" not in prompts.names(tmp_path)


def test_a_line_without_anything_to_say_is_left_out() -> None:
    values = {"a": "", "b": "B", "c": ""}
    assert prompts.fill("one\n\n{a}\n\n{b}\n{c}\ntwo {c}.\n\n{a}\n", values) == "one\n\nB\ntwo ."


@given(st.dictionaries(st.sampled_from(prompts.FACTS), st.text(), min_size=3))
def test_values_are_never_filled_in_again(facts: dict[str, str]) -> None:
    text = prompts.fill("<{operators}|{class_name}|{hints}>", facts)
    assert text == f"<{facts['operators']}|{facts['class_name']}|{facts['hints']}>"


STRATEGY = """
description = "words for people"
system = "S"
template = "T {operators} {hints} {class_name} {constraints} {examples} {answer}"
constraints = ["C"]
answer = "A"
repair = "mended"
[[examples]]
operators = ["ReLU"]
program = "P = {}"
"""
REPAIR = "description = 'd'\nrejected = 'R'\nno_program = 'N'\n[advice]\ntimeout = 'V'\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [('"S"', '"S!"'), ("T {op", "T! {op"), ('"C"', '"C!"'), ('"A"', '"A!"'), ('"ReLU"', '"Tanh"'), ("P = {}", "P = 1")],
)
def test_the_version_changes_with_what_a_model_reads(tmp_path: Path, old: str, new: str) -> None:
    written(tmp_path, one=STRATEGY, other=STRATEGY.replace(old, new), mended=REPAIR)
    assert prompts.version("one", tmp_path) != prompts.version("other", tmp_path)


@pytest.mark.parametrize(("old", "new"), [("'R'", "'R!'"), ("'N'", "'N!'"), ("'V'", "'V!'"), ("timeout", "crashed")])
def test_the_version_changes_with_the_repair(tmp_path: Path, old: str, new: str) -> None:
    before = prompts.version("one", written(tmp_path, one=STRATEGY, mended=REPAIR))
    assert prompts.version("one", written(tmp_path, mended=REPAIR.replace(old, new))) != before


@pytest.mark.parametrize(("old", "new"), [("words for people", "others"), ("[[ex", "# a remark\n[[ex")])
def test_the_version_does_not_change_with_what_no_model_reads(tmp_path: Path, old: str, new: str) -> None:
    written(tmp_path, one=STRATEGY, other=STRATEGY.replace(old, new), mended=REPAIR)
    version = prompts.version("one", tmp_path)
    assert version == prompts.version("other", tmp_path) and re.fullmatch("[0-9a-f]{12}", version)
    written(tmp_path, mended=REPAIR.replace("'d'", "'e'"))
    assert prompts.version("one", tmp_path) == version


def test_the_version_follows_what_a_strategy_is_based_on(tmp_path: Path) -> None:
    written(tmp_path, base=MINIMAL, mine="based_on = 'base'\nanswer = 'unused'")
    before = prompts.version("mine", tmp_path)
    written(tmp_path, base=MINIMAL.replace("use", "combine"))
    assert prompts.version("mine", tmp_path) != before
    assert len({prompts.version(name) for name in SHIPPED}) == len(SHIPPED)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("template = '{operators} {operater}'", "unknown placeholder {operater} in template"),
        ("template = '{operators}'\nanswer = '{examples}'", "unknown placeholder {examples} in answer"),
        ("template = '{operators}'\nconstraints = ['{error}']", "unknown placeholder {error} in constraints"),
        ("template = 'no placeholder'", "must use {operators}"),
        ("description = 'x'", "template is missing"),
        ("template = '{operators}'\ntemplat = 'x'", "unknown key templat"),
        ("template = 3", "template must be a text"),
        ("template = '{operators}'\nconstraints = [1]", "list of texts"),
        ("template = '{operators}'\nexamples = [{operators = ['A']}]", "examples must be a list of tables"),
        ("template = '{operators}'\nexamples = 'x'", "examples must be a list of tables"),
        ("template = ", "cannot be read"),
        ("based_on = 'mine'", "based_on goes round in a circle (mine)"),
        ("based_on = 'plian'", "based_on: there is no strategy plian. Did you mean plain?"),
    ],
)
def test_a_wrong_strategy_is_named(tmp_path: Path, content: str, words: str) -> None:
    written(tmp_path, mine=content)
    with pytest.raises(prompts.PromptError) as caught:
        prompts.load("mine", tmp_path)
    assert words in str(caught.value) and "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("rejected = 'x'", "no_program is missing"),
        (MINIMAL_REPAIR + "rule = 'x'", "unknown key rule"),
        (MINIMAL_REPAIR + "[advice]\ntimeout = 3", "advice must be a table of texts"),
        ("rejected = '{hints}'\nno_program = 'x'", "unknown placeholder {hints} in rejected"),
        ("rejected", "cannot be read"),
    ],
)
def test_a_wrong_repair_file_is_named(tmp_path: Path, content: str, words: str) -> None:
    written(tmp_path, mine=MINIMAL + "repair = 'mending'", mending=content)
    with pytest.raises(prompts.PromptError) as caught:
        prompts.load("mine", tmp_path)
    assert words in str(caught.value) and "mending.toml" in str(caught.value)


def test_a_wrong_name_gets_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(prompts.PromptError, match=r"no strategy plane\. Did you mean plain\?"):
        prompts.render("plane", ["A"])
    with pytest.raises(prompts.PromptError, match=r"no strategy zzz\. There is plain, plan_then_code"):
        prompts.load("zzz")
    with pytest.raises(prompts.PromptError, match="no strategy repair"):
        prompts.load("repair")
    with pytest.raises(prompts.PromptError, match=r"no repair file repare\. Did you mean repair\?"):
        prompts.load("mine", written(tmp_path, mine=MINIMAL + "repair = 'repare'"))
