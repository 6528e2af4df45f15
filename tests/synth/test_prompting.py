"""What models are told: which strategy asks, and conversations that stay small, clean and in turns."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import operators
import prompts
from synth.answers import prompting
from synth.answers.extraction import extract
from synth.answers.naming import base_name
from synth.answers.prompting import Rejected, Strategies, messages_for, shortened, trimmed
from synth.errors import UsageError
from validators.verdict import SENTENCES, Reason, Stage

PATTERN = ("Conv2d", "ReLU", "Add")
NAME = "SynthModel_Conv2d_ReLU_Add"
PROGRAM = """import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        table = {"a": {}}
        return self.conv(x).relu() + len(table)


def get_inputs():
    return [torch.randn(1, 4, 8, 8)]


def get_init_inputs():
    return [[], {}]
"""
ANSWER = (
    f"Of course! Here is what I thought at length.\n\n```python\n{PROGRAM}```\n\nFinal Pattern: [Conv2d, ReLU, Add]\n"
)
BAD_SHAPE = Rejected(ANSWER, Stage.SHAPES, Reason.SHAPE_ERROR, "RuntimeError: expected 3 channels, got 4")

strategies = st.sampled_from([prompts.load(name) for name in prompts.names()])
names_of_operators = st.sampled_from([entry.name for entry in operators.catalogue()])
anything = st.text(st.characters(exclude_categories=()), max_size=300)
rejections = st.builds(
    Rejected,
    st.one_of(st.none(), anything, anything.map(lambda text: f"{text}\n```python\n{PROGRAM}\n```")),
    st.sampled_from(Stage),
    st.sampled_from(Reason),
    anything,
)
PLAIN = prompts.load("plain")


def roles(messages: tuple[prompting.Message, ...]) -> list[str]:
    return [message.role for message in messages]


# --- which strategy


def test_one_name_or_several_with_weights() -> None:
    assert [(s.name, w) for s, w in Strategies.parse("plain").weighted] == [("plain", 1.0)]
    both = Strategies.parse(["worked_example:0.25", " plain "])
    assert [(s.name, w) for s, w in both.weighted] == [("plain", 1.0), ("worked_example", 0.25)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("plane", "Did you mean plain?"),
        (["plain:0"], "a weight is a number above 0"),
        (["plain:-1"], "a weight is a number above 0"),
        (["plain:nan"], "a weight is a number above 0"),
        (["plain:inf"], "a weight is a number above 0"),
        (["plain:much"], "a weight is a number above 0"),
        (["plain", "plain:2"], "plain is there twice"),
        ([], "names no strategy"),
        ("", "there is no strategy"),
        ("../plain", "there is no strategy"),
    ],
)
def test_what_cannot_be_parsed_is_one_line_that_names_the_key(value: str | list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        Strategies.parse(value)
    assert words in str(caught.value) and str(caught.value).startswith("prompt=") and "\n" not in str(caught.value)


def test_a_folder_of_the_users(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        Strategies.parse("plain", tmp_path / "none")
    (tmp_path / "mine.toml").write_text("template = 'use {operators}'\n")
    assert messages_for(["A"], "N", Strategies.parse("mine", tmp_path).weighted[0][0])[0].content == "use A\n"
    (tmp_path / "broken.toml").write_text("template = 'use {op}'\n")
    with pytest.raises(UsageError, match="unknown placeholder"):
        Strategies.parse("broken", tmp_path)
    (tmp_path / "repair.toml").write_text("rejected = 'r'\nno_program = 'n'\nadvice = {shape_eror = 'x'}\n")
    with pytest.raises(UsageError, match="shape_eror"):
        Strategies.parse("plain", tmp_path)


def test_the_strategy_of_a_sample_is_a_pure_function_and_keeps_the_weights() -> None:
    chosen = Strategies.parse(["plain:3", "worked_example:1"])
    drawn = [chosen.strategy_for(7, sample).name for sample in range(4000)]
    assert drawn == [chosen.strategy_for(7, sample).name for sample in range(4000)]
    turned = Strategies.parse(["worked_example:1", "plain:3"])
    assert drawn == [turned.strategy_for(7, sample).name for sample in range(4000)]
    assert drawn != [chosen.strategy_for(8, sample).name for sample in range(4000)]
    # four standard deviations of a binomial share of 4,000 draws are 0.027
    assert abs(Counter(drawn)["plain"] / 4000 - 0.75) < 0.03


def test_identity_tells_names_shares_and_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = Strategies.parse(["plain:2", "worked_example:2"]).identity
    assert identity == Strategies.parse(["worked_example:0.5", "plain:0.5"]).identity
    listed = f"plain@{prompts.version('plain')} 0.5, worked_example@{prompts.version('worked_example')} 0.5"
    assert identity["prompt strategies"] == listed
    assert prompting.label(PLAIN) == f"plain@{prompts.version('plain')}"
    (tmp_path / "plain.toml").write_text("template = 'use {operators}'\n")
    other = Strategies.parse("plain", tmp_path).identity
    assert other["prompt strategies"] != Strategies.parse("plain").identity["prompt strategies"]
    monkeypatch.setattr("operators.hints.digest", lambda: "another")
    assert Strategies.parse("plain").identity["operator hints"] == "another"


# --- the request


@settings(max_examples=60)
@given(strategies, st.lists(names_of_operators, min_size=1, max_size=12))
def test_any_pattern_gives_a_whole_request(strategy: prompts.Strategy, pattern: list[str]) -> None:
    name = base_name(pattern)
    (message,) = messages_for(pattern, name, strategy)
    assert message.role == "user"
    assert f"these operators: {', '.join(pattern)}\n" in message.content
    assert f"class {name}(nn.Module):\n" in message.content
    assert not re.search(r"\{[a-z_]+\}", message.content)
    assert "return [[12, 20], {}]" in message.content
    for operator in pattern:
        assert message.content.count(f"\n- {operator}: {operators.hint(operator)}\n") == 1


def test_unknown_names_and_odd_ones_are_asked_for_all_the_same() -> None:
    (message,) = messages_for(["Conv2d", "Überfaltung", "{hints}"], "Name", PLAIN)
    assert "these operators: Conv2d, Überfaltung, {hints}\n" in message.content
    assert "- Überfaltung: as PyTorch calls it\n" in message.content


def test_a_long_pattern_stays_affordable() -> None:
    """Below 900 tokens for plain, at the usual four characters a token, with the wordiest of hints."""
    pattern = ["Conv2d", "Linear", "MultiheadAttention", "LSTM", "ReLU", "LayerNorm", "MaxPool2d", "Add"]
    size = {
        name: len(messages_for(pattern, base_name(pattern), prompts.load(name))[0].content) for name in prompts.names()
    }
    assert size["plain"] < 4 * 900 and size["plan_then_code"] < 4 * 1000 and size["worked_example"] < 4 * 1500
    wordy = sorted((entry.name for entry in operators.catalogue()), key=lambda name: -len(operators.hint(name)))[:8]
    assert len(messages_for(wordy, base_name(wordy), PLAIN)[0].content) < 4 * 1100


def test_a_system_text_is_a_turn_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("template = 'use {operators}'\nsystem = 'You are {class_name}.'\n")
    strategy = Strategies.parse("mine", tmp_path).weighted[0][0]
    assert roles(messages_for(PATTERN, NAME, strategy)) == ["system", "user"]
    messages = messages_for(PATTERN, NAME, strategy, [BAD_SHAPE])
    assert roles(messages) == ["system", "user", "assistant", "user"]
    assert messages[0].content == f"You are {NAME}."


# --- repair


def test_a_rejected_program_goes_back_with_stage_reason_and_error() -> None:
    request, answered, turn = messages_for(PATTERN, NAME, PLAIN, [BAD_SHAPE])
    assert (request,) == messages_for(PATTERN, NAME, PLAIN)
    assert answered.role == "assistant" and "at length" not in answered.content
    shown = extract(answered.content, NAME, PATTERN).program
    assert shown is not None and shown.source == PROGRAM.replace("Net", NAME)
    assert turn.role == "user" and "stage shapes" in turn.content
    for words in (SENTENCES[Reason.SHAPE_ERROR], BAD_SHAPE.detail, "Go through forward line by line"):
        assert words in turn.content
    assert "{" not in turn.content


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_said_in_its_own_words(reason: Reason) -> None:
    turn = messages_for(PATTERN, NAME, PLAIN, [Rejected(ANSWER, Stage.EAGER, reason, "detail")])[-1].content
    assert SENTENCES[reason] in turn and "detail" in turn
    assert PLAIN.repair is not None and PLAIN.repair.advice.get(reason, "") in turn


def test_a_reason_of_another_version_is_said_as_it_is() -> None:
    turn = messages_for(PATTERN, NAME, PLAIN, [Rejected(ANSWER, "eager", "too_dull", "")])[-1].content
    assert "stage eager: too_dull\n\n" in turn and "```" not in turn


def test_only_the_last_program_is_shown_and_a_few_lines_of_the_others() -> None:
    first = Rejected(ANSWER.replace("Conv2d(3", "Conv2d(99"), Stage.EAGER, Reason.NON_FINITE, "2 of 3\nlast line")
    messages = messages_for(PATTERN, NAME, PLAIN, [first] * 9 + [BAD_SHAPE])
    assert roles(messages) == ["user", "assistant", "user"]
    assert "Conv2d(99" not in "".join(message.content for message in messages)
    listed = re.findall(r"^- attempt (\d+): (.*)$", messages[-1].content, re.MULTILINE)
    assert listed == [(str(n), f"{SENTENCES[Reason.NON_FINITE]} last line") for n in (7, 8, 9)]


def test_an_answer_without_a_program_is_shown_shortened() -> None:
    refusal = Rejected("I will not write code. " * 1000, Stage.ANSWER, Reason.NO_CODE, "no block defines a class")
    _, answered, turn = messages_for(PATTERN, NAME, PLAIN, [refusal])
    assert answered.content.startswith("I will not") and len(answered.content) <= prompting.MAX_ANSWER
    assert "could not be used" in turn.content and SENTENCES[Reason.NO_CODE] in turn.content


@pytest.mark.parametrize("answer", [None, "", " \n"])
def test_where_nothing_was_answered_the_request_says_so_itself(answer: str | None) -> None:
    nothing = Rejected(answer, Stage.ANSWER, Reason.TRUNCATED, "reasoning took all tokens")
    (message,) = messages_for(PATTERN, NAME, PLAIN, [BAD_SHAPE, nothing])
    assert message.role == "user" and message.content.startswith(messages_for(PATTERN, NAME, PLAIN)[0].content)
    for words in ("could not be used", SENTENCES[Reason.TRUNCATED], "Think briefly", "- attempt 1: "):
        assert words in message.content


def test_a_strategy_may_ask_afresh() -> None:
    resample = prompts.load("resample")
    assert messages_for(PATTERN, NAME, resample, [BAD_SHAPE]) == messages_for(PATTERN, NAME, PLAIN)


@settings(max_examples=80, deadline=None)
@given(strategies, st.lists(rejections, max_size=6))
def test_any_history_gives_turns_that_a_server_can_take(strategy: prompts.Strategy, rejected: list[Rejected]) -> None:
    messages = messages_for(PATTERN, NAME, strategy, rejected)
    assert roles(messages) in (["user"], ["user", "assistant", "user"])
    for message in messages:
        assert message.content.strip()
        assert json.loads(json.dumps(message.content, ensure_ascii=False).encode("utf-8")) == message.content
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", message.content)
    assert messages == messages_for(PATTERN, NAME, strategy, rejected)


def test_huge_programs_and_errors_do_not_make_huge_conversations() -> None:
    program = PROGRAM + "".join(f"x{number} = {number}\n" for number in range(9_000))
    traceback = (
        "Traceback (most recent call last):\n" + '  File "/a/b.py", line 1, in f\n' * 50_000 + "ValueError: the end"
    )
    huge = Rejected(f"```python\n{program}```", Stage.EAGER, Reason.FORWARD_ERROR, traceback)
    flat = Rejected("word " * 200_000, Stage.ANSWER, Reason.NO_CODE, "e" * 1_000_000)
    request = len(messages_for(PATTERN, NAME, PLAIN)[0].content)
    for last in (huge, flat):
        messages = messages_for(PATTERN, NAME, PLAIN, [huge, flat] * 20 + [last])
        bound = prompting.MAX_PROGRAM + prompting.MAX_ERROR + prompting.MAX_EARLIER * (prompting.MAX_LINE + 120) + 1000
        assert sum(len(message.content) for message in messages) <= request + bound
    shown = messages_for(PATTERN, NAME, PLAIN, [huge])
    assert "class SynthModel" in shown[1].content and "x8999 = 8999" in shown[1].content
    assert "ValueError: the end\n```" in shown[2].content


def test_code_with_fences_in_it_stays_one_block() -> None:
    fenced = PROGRAM.replace("import torch\n", 'import torch\n\nNOTE = """\n```\ncode\n```\n"""\n', 1)
    program = f"````python\n{fenced}````"
    shown = messages_for(PATTERN, NAME, PLAIN, [Rejected(program, Stage.EAGER, Reason.NON_FINITE, "")])[1].content
    assert shown.startswith("````python\n") and shown.endswith("\n````") and "```\ncode\n```" in shown


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        ('File "/home/bob/.venv/lib/torch/nn.py", line 3', 'File "nn.py", line 3'),
        ("in ~/models/model.py: bad", "in model.py: bad"),
        ("cannot open /tmp/x/y/z.bin, sorry", "cannot open z.bin, sorry"),
        ("ratio 4/8/2 of a/b, see https://pytorch.org/docs/stable/x.html", None),
        ("shapes (2, 3) and (4, 5) / 2", None),
    ],
)
def test_paths_are_taken_out_of_errors_and_nothing_else_is(error: str, kept: str | None) -> None:
    assert trimmed(error, 200) == (kept or error)


@given(anything, st.integers(20, 200))
def test_trimmed_and_shortened_keep_to_their_limit(text: str, limit: int) -> None:
    assert len(trimmed(text * 5, limit)) <= limit
    short = shortened(text * 5, limit)
    assert len(short) <= limit and short[:5] == (text * 5)[:5] and short[-3:] == (text * 5)[-3:]


def test_the_last_lines_of_an_error_are_kept() -> None:
    error = "Traceback:\n" + "\n".join(f"  line {number}" for number in range(200)) + "\nKeyError: 'x'\n"
    kept = trimmed(error, 100)
    assert kept.endswith("  line 199\nKeyError: 'x'") and len(kept) > 60
