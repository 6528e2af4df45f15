"""Prompt templates: found by name, strict about what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import prompts


def test_every_shipped_template_renders() -> None:
    assert "plain" in prompts.names()
    for name in prompts.names():
        text = prompts.render(name, ["Conv2d", "ReLU"], "SynthModel_Conv2d_ReLU")
        assert "Conv2d, ReLU" in text
        assert prompts.load(name).description


def test_code_braces_stay() -> None:
    text = prompts.render("plain", ["Conv2d"], "SynthModel_Conv2d")
    assert "return [16, 24], {}" in text
    assert "class SynthModel_Conv2d(nn.Module):" in text


def test_a_new_file_is_all_it_takes(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("template = 'use {operators} {not a placeholder} {{}} {X}'\n")
    assert prompts.names(tmp_path) == ["mine"]
    wanted = "use A, {operators} {not a placeholder} {{}} {X}\n"
    assert prompts.render("mine", ["A", "{operators}"], folder=tmp_path) == wanted


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("template = '{operators} {operater}'", "unknown placeholder {operater}"),
        ("template = 'no placeholder'", "must use {operators}"),
        ("description = 'x'", "template is missing"),
        ("template = '{operators}'\ntemplat = 'x'", "unknown key templat"),
        ("template = 3", "template must be a text"),
        ("template = '{operators}'\nconstraints = [1]", "list of texts"),
        ("template = ", "cannot be read"),
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "mine.toml").write_text(content)
    with pytest.raises(prompts.PromptError) as caught:
        prompts.load("mine", tmp_path)
    assert words in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(prompts.PromptError, match="Did you mean plain"):
        prompts.render("plane", ["A"])
