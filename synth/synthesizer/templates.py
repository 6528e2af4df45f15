"""Form texts taken apart once, so that filling them in is a join."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_FIELD = re.compile(r"\{(\w+)\}")
_OPEN = ("(", ", ", "[", "= ")
_CLOSE = (")", ",", "]")


class Piece(NamedTuple):
    """A literal followed by a field; `enclosed` when the field needs no parentheses of its own."""

    literal: str
    name: str
    enclosed: bool


class Line(NamedTuple):
    """One line: pieces and what follows the last field."""

    pieces: tuple[Piece, ...]
    tail: str


class Template(NamedTuple):
    """A parsed text, how often each field occurs in it, and whether it is statements that assign `{out}`."""

    lines: tuple[Line, ...]
    counts: dict[str, int]
    statements: bool


@lru_cache(maxsize=8192)
def parse(text: str) -> Template:
    """Take a form's text apart."""
    counts: dict[str, int] = {}
    lines = []
    for raw in text.split("\n"):
        parts = _FIELD.split(raw)
        pieces = []
        for at in range(0, len(parts) - 1, 2):
            literal, name, after = parts[at], parts[at + 1], parts[at + 2]
            counts[name] = counts.get(name, 0) + 1
            whole = not literal and not after and len(parts) == 3
            pieces.append(Piece(literal, name, whole or (literal.endswith(_OPEN) and after.startswith(_CLOSE))))
        lines.append(Line(tuple(pieces), parts[-1]))
    return Template(tuple(lines), counts, "out" in counts)
