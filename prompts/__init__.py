"""Prompt strategies: one TOML file each, found by its name, first in the user's own folder, then in this one.

A strategy file has these keys, all texts but where said otherwise; one of `template` and `based_on` it must have:

    description   one line for people
    based_on      another strategy, whose keys hold where this file has none
    template      what the model is asked
    system        what it is told before, as a message of its own
    constraints   list of rules; in the template as {constraints}
    examples      list of tables with `operators` (list) and `program`; in the template as {examples}
    answer        how to answer; in the template as {answer}
    repair        the file that words what a rejected program is sent back with: "repair" unless said otherwise;
                  "" to ask afresh instead

A repair file has `description`, `rejected`, `no_program` (for answers without one) and `advice`, a table of texts by
the reason of the rejection.

Placeholders are a lower-case word in braces; other braces, such as those of code, stay as they are.  A line that is
one placeholder without anything to say is left out.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FACTS = ("operators", "class_name", "hints")  # of the sample; allowed in every text of a strategy
BLOCKS = ("constraints", "examples", "answer")  # of the strategy; allowed in its template
REPAIR_FACTS = ("class_name", "operators", "stage", "reason", "error", "advice", "earlier")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
_PLACEHOLDER_LINE = re.compile(r"^\{([a-z][a-z_]*)\}[ \t]*\n(?:[ \t]*\n)?", re.MULTILINE)


class PromptError(ValueError):
    """A strategy is missing or wrong; the message is one line for a person."""


@dataclass(frozen=True)
class Example:
    """A program that passes, and the operators it was asked to use."""

    operators: tuple[str, ...]
    program: str


@dataclass(frozen=True)
class Repair:
    """The turn that sends a rejected program back."""

    rejected: str
    no_program: str
    advice: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Strategy:
    """One checked strategy, everything it is based on taken in."""

    name: str
    template: str
    description: str = ""
    system: str = ""
    constraints: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    answer: str = ""
    repair: Repair | None = None

    @cached_property
    def version(self) -> str:
        """Twelve hex digits over everything that a model gets to read of this strategy."""
        blank = {fact: f"{{{fact}}}" for fact in FACTS}
        repair = self.repair and [self.repair.rejected, self.repair.no_program, *sorted(self.repair.advice.items())]
        whole = json.dumps([self.rendered_system(**blank), self.rendered(**blank), repair])
        return blake2b(whole.encode(), digest_size=6).hexdigest()

    def rendered(self, operators: str, class_name: str, hints: str) -> str:
        """The request for a program."""
        facts = {"operators": operators, "class_name": class_name, "hints": hints}
        blocks = {
            "constraints": "\n".join(f"- {fill(rule, facts)}" for rule in self.constraints),
            "examples": "\n\n".join(map(_shown, self.examples)),
            "answer": fill(self.answer, facts),
        }
        return fill(self.template, facts | blocks) + "\n"

    def rendered_system(self, operators: str, class_name: str, hints: str) -> str:
        """The message before the request; empty without one."""
        return fill(self.system, {"operators": operators, "class_name": class_name, "hints": hints})


def _shown(example: Example) -> str:
    names = ", ".join(example.operators)
    return f"An example, for {names}:\n\n```python\n{example.program.strip()}\n```\n\nFinal Pattern: [{names}]"


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced."""
    spaced = _PLACEHOLDER_LINE.sub(lambda line: line[0] if values[line[1]] else "", text.strip() + "\n")
    # One pass: a value that looks like a placeholder is not filled in again.
    return _PLACEHOLDER.sub(lambda word: values[word[1]], spaced).strip()


def names(folder: Path | None = None) -> list[str]:
    """The strategies there are, those of the user's `folder` among them."""
    return sorted({file.stem for place in _places(folder) for file in place.glob("*.toml") if not _words_repairs(file)})


def load(name: str, folder: Path | None = None) -> Strategy:
    """A strategy by name, every key and placeholder checked.  Raises PromptError."""
    data = _with_bases(name, folder)
    if not data.get("template", "").strip():
        raise PromptError(f"{data['file']}: template is missing.")
    if "{operators}" not in data["template"]:
        raise PromptError(f"{data['file']}: template must use {{operators}}.")
    repair = data.get("repair", "repair")
    return Strategy(
        name,
        data["template"],
        data.get("description", ""),
        data.get("system", ""),
        tuple(data.get("constraints", [])),
        tuple(Example(tuple(item["operators"]), item["program"]) for item in data.get("examples", [])),
        data.get("answer", ""),
        _load_repair(repair, folder) if repair else None,
    )


def version(name: str, folder: Path | None = None) -> str:
    """Twelve hex digits that change when, and only when, something does that a model gets to read."""
    return load(name, folder).version


def render(
    name: str, pattern: Iterable[str], class_name: str = "Model", hints: str = "", folder: Path | None = None
) -> str:
    """The request for a program with the operators of `pattern`."""
    return load(name, folder).rendered(", ".join(pattern), class_name, hints)


def _places(folder: Path | None) -> tuple[Path, ...]:
    return (FOLDER,) if folder is None else (folder, FOLDER)


def _words_repairs(file: Path) -> bool | None:
    """Whether it is a repair file; None where it cannot be read, which whoever asks for it is told."""
    try:
        return "rejected" in tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _with_bases(name: str, folder: Path | None) -> dict[str, Any]:
    """The keys of a strategy and, where it has none, of those it is based on; `file` is its own."""
    data: dict[str, Any] = {}
    seen: list[str] = []
    while name or not data:
        file = _find(name, folder, f"{data['file']}: based_on: " if data else "")
        own = _read(file, _STRATEGY_KEYS, {"template": (*FACTS, *BLOCKS)}, FACTS)
        data = {"file": file} | own | data
        seen.append(name)
        name = own.get("based_on", "")
        if name in seen:
            raise PromptError(f"{file}: based_on goes round in a circle ({', '.join(seen)}).")
    return data


def _load_repair(name: str, folder: Path | None) -> Repair:
    file = _find(name, folder, repairs=True)
    data = _read(file, _REPAIR_KEYS, {}, REPAIR_FACTS)
    for key in ("rejected", "no_program"):
        if not data.get(key, "").strip():
            raise PromptError(f"{file}: {key} is missing.")
    return Repair(data["rejected"], data["no_program"], data.get("advice", {}))


def _find(name: str, folder: Path | None, where: str = "", repairs: bool = False) -> Path:
    known = {file.stem: file for place in reversed(_places(folder)) for file in place.glob("*.toml")}
    fitting = sorted(stem for stem, file in known.items() if _words_repairs(file) in (repairs, None))
    if name in fitting:
        return known[name]
    close = get_close_matches(name, fitting, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"There is {', '.join(fitting)}."
    raise PromptError(f"{where}there is no {'repair file' if repairs else 'strategy'} {name}. {hint}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_examples(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and item.keys() == {"operators", "program"}
        and _is_texts(item["operators"])
        and _is_text(item["program"])
        for item in value
    )


def _is_advice(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


_Keys = dict[str, tuple[Callable[[Any], bool], str]]
_TEXT = (_is_text, "a text")
_STRATEGY_KEYS: _Keys = {
    **dict.fromkeys(("description", "based_on", "template", "system", "answer", "repair"), _TEXT),
    "constraints": (_is_texts, "a list of texts"),
    "examples": (_is_examples, "a list of tables with operators (a list of texts) and program (a text)"),
}
_REPAIR_KEYS: _Keys = {
    **dict.fromkeys(("description", "rejected", "no_program"), _TEXT),
    "advice": (_is_advice, "a table of texts"),
}
_NOT_FILLED = ("description", "based_on", "repair", "examples", "advice")


def _read(file: Path, keys: _Keys, special: dict[str, tuple[str, ...]], facts: tuple[str, ...]) -> dict[str, Any]:
    """The checked content of a file; `facts` are the placeholders its texts may use, but where `special` says more."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PromptError(f"{file}: cannot be read ({error}).") from None
    for key, value in data.items():
        if key not in keys:
            raise PromptError(f"{file}: unknown key {key}; allowed is {', '.join(keys)}.")
        fits, what = keys[key]
        if not fits(value):
            raise PromptError(f"{file}: {key} must be {what}.")
        if key in _NOT_FILLED:
            continue
        allowed = special.get(key, facts)
        for word in _PLACEHOLDER.findall(value if isinstance(value, str) else "\n".join(value)):
            if word not in allowed:
                listed = ", ".join(f"{{{placeholder}}}" for placeholder in allowed)
                raise PromptError(f"{file}: unknown placeholder {{{word}}} in {key}; allowed is {listed}.")
    return data
