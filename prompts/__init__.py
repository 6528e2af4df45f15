"""Prompt templates: one TOML file each in this folder, found by its name.

A template file has three keys: `description` (one line), `template` (the prompt) and, if the template uses
`{constraints}`, `constraints` (a list of rules).  Placeholders are a lower-case word in braces; other braces,
such as those of code, stay as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

_FOLDER = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
_KEYS = {"description": str, "template": str, "constraints": list}
PLACEHOLDERS = ("operators", "class_name", "constraints")


class PromptError(ValueError):
    """A template is missing or wrong; the message is one line for a person."""


@dataclass(frozen=True)
class Template:
    """One checked template."""

    name: str
    description: str
    template: str
    constraints: tuple[str, ...]


def names(folder: Path = _FOLDER) -> list[str]:
    """The templates there are."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def load(name: str, folder: Path = _FOLDER) -> Template:
    """A template by name, every key and placeholder checked."""
    known = names(folder)
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else f" There is {', '.join(known)}."
        raise PromptError(f"prompt {name}: there is no such template.{hint}")
    file = folder / f"{name}.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PromptError(f"{file}: cannot be read ({error}).") from None
    for key, value in data.items():
        if key not in _KEYS:
            raise PromptError(f"{file}: unknown key {key}; allowed is {', '.join(_KEYS)}.")
        if not isinstance(value, _KEYS[key]):
            raise PromptError(f"{file}: {key} must be a {'list of texts' if key == 'constraints' else 'text'}.")
    constraints = data.get("constraints", [])
    if not all(isinstance(rule, str) for rule in constraints):
        raise PromptError(f"{file}: constraints must be a list of texts.")
    if not data.get("template", "").strip():
        raise PromptError(f"{file}: template is missing.")
    for word in _PLACEHOLDER.findall(data["template"]):
        if word not in PLACEHOLDERS:
            allowed = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise PromptError(f"{file}: unknown placeholder {{{word}}}; allowed is {allowed}.")
    if "{operators}" not in data["template"]:
        raise PromptError(f"{file}: template must use {{operators}}.")
    return Template(name, data.get("description", ""), data["template"], tuple(constraints))


def render(name: str, pattern: Iterable[str], class_name: str = "Model", folder: Path = _FOLDER) -> str:
    """The prompt that asks for a program with the operators of `pattern`."""
    template = load(name, folder)
    values = {
        "operators": ", ".join(pattern),
        "class_name": class_name,
        "constraints": "\n".join(f"- {rule}" for rule in template.constraints),
    }
    # One pass: a value that looks like a placeholder is not filled in again.
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], template.template).strip() + "\n"
