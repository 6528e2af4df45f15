"""What the documents say is true: commands parse, examples are the code's own, names exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from synth import cli
from synth.commands import COMMANDS
from validators.verdict import reasons_table

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND_LINES = sorted(
    set(re.findall(r"`(python -m synth \.[a-z][^`\n]+)`", README))
    | {m.replace("\\\n", " ") for m in re.findall(r"^(python -m synth (?:.*\\\n)*.*)$", README, re.MULTILINE)}
)


def test_ci_runs_the_readmes_test_command() -> None:
    first, second = re.findall(r"```bash\n(python3 -m venv .*)\n```", README)
    assert second in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert first.split(" && ")[-1].startswith(".venv/bin/python -m synth .parallel ")


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_documented_commands_have_documented_keys(line: str) -> None:
    words = shlex.split(line)[3:]
    command = cli._command(words[0])
    typed = cli._split(command, words[1:])
    rules = {param.name: param.rule for param in command.params}
    parsed = cli._parse_with_fire(command, typed, rules)
    assert set(parsed) == set(typed)
    for key, value in parsed.items():
        cli.values.check(key, value, rules[key])  # raises for a value that is not allowed


def test_every_command_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `python -m synth \.(\w+)", README, re.MULTILINE)) == set(COMMANDS)


def test_the_operator_example_is_a_real_entry() -> None:
    example = re.search(r'^_op\("Sin", (.*?), "\{x\}\.sin\(\)"\)$', README, re.MULTILINE)
    assert example is not None
    assert f'_op("Sin", {example[1]}' in (ROOT / "operators" / "pointwise.py").read_text(encoding="utf-8")


def test_the_provider_example_is_the_tested_one() -> None:
    tested = (ROOT / "tests" / "providers" / "example_provider.py").read_text(encoding="utf-8")
    assert tested.split('"""', 2)[2].strip() in README
    assert len([line for line in tested.splitlines() if line.strip()]) <= 20


def test_the_reasons_page_is_generated() -> None:
    page = (ROOT / "validators" / "REASONS.md").read_text(encoding="utf-8")
    assert page == reasons_table(), "run: python -m validators.verdict > validators/REASONS.md"


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "README.md", "CHANGELOG.md"])
def test_named_files_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for name in set(re.findall(r"`((?:\w+/)+\w+\.(?:py|md|toml))`", text)):
        assert (ROOT / name).is_file(), name
    for room in set(re.findall(r"`(\w+)/`", text)):
        assert any(path.is_dir() for path in ROOT.glob(f"**/{room}")), room


def test_packages_of_the_layout_are_this_checkouts() -> None:
    import operators
    import prompts
    import synth
    import validators

    for package in (operators, prompts, synth, validators):
        assert Path(str(package.__file__)).parent.parent == ROOT
