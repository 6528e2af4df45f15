"""Form texts taken apart once, so that filling them in is one call."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_FIELD = re.compile(r"\{(\w+)\}")
_OPEN = ("(", ", ", "[", "= ")
_CLOSE = (")", ",", "]")


class Template(NamedTuple):
    """A parsed text.

    Attributes:
        lines: for `str.format_map`.
        guarded: the same, with `(name)` for a name where what fills it needs parentheses of its own if it is an
            expression with operators.
        counts: how often each name occurs.
        statements: whether it is statements that assign `{out}`.
    """

    lines: tuple[str, ...]
    guarded: tuple[str, ...]
    counts: dict[str, int]
    statements: bool


@lru_cache(maxsize=8192)
def parse(text: str) -> Template:
    """Take a form's text apart."""
    counts: dict[str, int] = {}
    lines, guarded = [], []
    for raw in text.split("\n"):
        parts = _FIELD.split(raw)
        plain, careful = [], []
        for at in range(0, len(parts) - 1, 2):
            literal, name, after = parts[at], parts[at + 1], parts[at + 2]
            counts[name] = counts.get(name, 0) + 1
            whole = not literal and not after and len(parts) == 3
            enclosed = whole or (literal.endswith(_OPEN) and after.startswith(_CLOSE))
            plain += [_literal(literal), f"{{{name}}}"]
            careful += [_literal(literal), f"{{{name}}}" if enclosed else f"{{({name})}}"]
        tail = _literal(parts[-1])
        lines.append("".join([*plain, tail]))
        guarded.append("".join([*careful, tail]))
    return Template(tuple(lines), tuple(guarded), counts, "out" in counts)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
