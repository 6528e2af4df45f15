"""Which spellings of an operator hand on what they are given: nothing but views before its call, and after it."""

from __future__ import annotations

import re
from functools import cache

from operators.order import VIEWS

_CALL = re.compile(r"(?:\{\w+\}|[\w.]+)\(")
_METHOD = re.compile(r"\.(\w+)")
_RESULT = re.compile(r"\{out\}(?:, _)* = ")
_BINARY = re.compile(r" (?:\+|-|\*\*?|/|@) ")
_PART = re.compile(r"(?:\.values|\[[^\[\]{}]*\])$")  # of a result: a view of it


@cache
def is_straight(text: str) -> bool:
    """Whether the template of a form is one call, method or sign on `{x}` itself, views aside."""
    text = _PART.sub("", _RESULT.sub("", text))
    if text == "-{x}":
        return True
    if "\n" in text or " = " in text.replace("{out}", ""):
        return False
    sides = _split(text, _BINARY)
    if len(sides) > 1:
        return len(sides) == 2 and any(_viewed(side) for side in sides) and text.count("{x}") == 1
    call, arguments = _outermost(text)
    if call is None:
        return False
    if "{x}" in call:
        return _viewed(call)
    return any(_viewed(argument) for argument in arguments) and all(
        "{x}" not in argument or _viewed(argument) for argument in arguments
    )


def _outermost(text: str) -> tuple[str | None, list[str]]:
    """The last call that is no view, as what it is called on and its arguments."""
    while text.endswith(")"):
        start = _opening(text)
        name = re.search(r"\.(\w+)$", text[:start])
        if name and name[1] in VIEWS and "(" in text[: name.start()]:
            text = text[: name.start()]
            continue
        if name and "{x}" in text[: name.start()]:
            return text[: name.start()], []
        return (text[:start], _split(text[start + 1 : -1], re.compile(r", "))) if _CALL.match(text) else (None, [])
    return None, []


def _opening(text: str) -> int:
    """Where the parenthesis that closes at the end was opened."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] in ")]") - (text[at] in "([")
        if not depth:
            return at
    return 0


def _split(text: str, mark: re.Pattern[str]) -> list[str]:
    """`text` cut at `mark` outside of parentheses."""
    parts, begun, depth = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if not depth and (found := mark.match(text, at)) and at >= begun:
            parts.append(text[begun:at])
            begun = found.end()
    return [*parts, text[begun:]]


def _viewed(text: str) -> bool:
    """`{x}`, or views of it."""
    return text.startswith("{x}") and _split(text, _BINARY) == [text] and set(_METHOD.findall(text)) <= VIEWS
