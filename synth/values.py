"""From what the user typed to a checked value.

A `Rule` says what is allowed in words, for messages and help, and turns a parsed value (python-fire's or
TOML's) into the type the program uses.  It raises ValueError for anything else.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from synth.errors import UsageError


@dataclass(frozen=True)
class Rule:
    """What one key accepts.  `literal` keeps the command line from reading 007 or 1e5 as a number."""

    allowed: str
    convert: Callable[[Any], Any]
    literal: bool = False


def check(key: str, value: Any, rule: Rule, where: str = "") -> Any:
    """The converted value, or a UsageError that names key, value and what is allowed."""
    try:
        return rule.convert(value)
    except (ValueError, TypeError, OverflowError):
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
        raise UsageError(f"{where}{key}={shown}: allowed is {rule.allowed}.") from None


def _as_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    if value != int(value):
        raise ValueError
    return int(value)


def whole(low: int, high: int = 1 << 62, *, optional: bool = False) -> Rule:
    """A whole number; with `optional`, `none` too."""

    def convert(value: Any) -> int | None:
        if optional and (value is None or str(value).lower() == "none"):
            return None
        number = _as_int(value)
        if not low <= number <= high:
            raise ValueError
        return number

    reach = f"a whole number from {low}" + ("" if high == 1 << 62 else f" to {high}")
    return Rule(reach + (", or none" if optional else ""), convert)


def real(low: float, high: float = math.inf, *, above_low: bool = False, optional: bool = False) -> Rule:
    """A finite number within bounds; with `optional`, `none` too."""

    def convert(value: Any) -> float | None:
        if optional and (value is None or str(value).lower() == "none"):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError
        if not low <= value <= high or (above_low and value == low):
            raise ValueError
        return float(value)

    reach = f"a number {'above' if above_low else 'from'} {low:g}"
    if high != math.inf:
        reach += f" {'up ' if above_low else ''}to {high:g}"
    return Rule(reach + (", or none" if optional else ""), convert)


def prices() -> Rule:
    """`[input,output]`, two amounts of money; or none."""

    def convert(value: Any) -> tuple[float, float] | None:
        if value is None or str(value).lower() == "none":
            return None
        amount = real(0).convert
        first, second = value  # ValueError or TypeError for anything but two items
        return amount(first), amount(second)

    return Rule("[input,output] in US dollars per million tokens, or none", convert)


def span(high: int) -> Rule:
    """`[min,max]`, both whole, min not above max."""

    def convert(value: Any) -> tuple[int, int]:
        low_value, high_value = value  # ValueError or TypeError for anything but two items
        pair = (_as_int(low_value), _as_int(high_value))
        if not 0 <= pair[0] <= pair[1] <= high:
            raise ValueError
        return pair

    return Rule(f"[min,max] with 0 <= min <= max <= {high}", convert)


def shares(*names: str) -> Rule:
    """A share for each name, none below 0, of 1 in all."""

    def convert(value: Any) -> tuple[float, ...]:
        listed = tuple(real(0, 1).convert(item) for item in value)
        if len(listed) != len(names) or not math.isclose(sum(listed), 1.0, abs_tol=1e-9):
            raise ValueError
        return listed

    return Rule(f"[{','.join(names)}], shares that are 1 in all", convert)


def repository() -> Rule:
    """`user/name`, as the Hugging Face hub allows names; or none."""
    word = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"

    def convert(value: Any) -> str | None:
        if value is None or str(value).lower() == "none":
            return None
        if not re.fullmatch(f"{word}/{word}", str(value)) or len(str(value)) > 96 or re.search(r"--|\.\.", str(value)):
            raise ValueError
        return str(value)

    return Rule("user/name of letters, digits and . _ -, or none", convert, literal=True)


def choice(*names: str) -> Rule:
    """One of a few words."""

    def convert(value: Any) -> str:
        if str(value) not in names:
            raise ValueError
        return str(value)

    return Rule("one of " + ", ".join(names), convert, literal=True)


def words(*names: str) -> Rule:
    """A list of words; `names`, when given, are the only ones allowed."""

    def convert(value: Any) -> tuple[str, ...]:
        text = str(value).strip()
        items = value if isinstance(value, list | tuple) else text.removeprefix("[").removesuffix("]").split(",")
        cleaned = tuple(str(item).strip().strip("'\"") for item in items)
        if not cleaned or not all(cleaned) or (names and not set(cleaned) <= set(names)):
            raise ValueError
        return cleaned

    return Rule("a list such as [a,b]" + (f" of {', '.join(names)}" if names else ""), convert, literal=True)


def files(what: str, optional: bool = False) -> Rule:
    """A path, or a list of paths; or none, where they are `optional`."""
    listed = words()

    def convert(value: Any) -> tuple[str, ...] | None:
        if optional and (value is None or (isinstance(value, str) and value.lower() == "none")):
            return None
        names: tuple[str, ...] = listed.convert(value)
        return names

    return Rule(f"{what}, or a list of them such as [a,b]" + (", or none" if optional else ""), convert, literal=True)


def first_and_further(first: tuple[str, ...], further: tuple[str, ...]) -> Rule:
    """One of `first`, or a list that begins with one and goes on with others of `first` and `further`."""
    listed = words(*first, *further)

    def convert(value: Any) -> str | tuple[str, ...]:
        names: tuple[str, ...] = listed.convert(value)
        if names[0] not in first or len(set(names)) < len(names):
            raise ValueError
        return names if len(names) > 1 else names[0]

    several = f"[{','.join(first + further)}]"
    return Rule(
        f"one of {', '.join(first)}, or a list that begins with one of them, such as {several}", convert, literal=True
    )


def one_or_more(what: str) -> Rule:
    """A text, or a list of texts such as `[a,b:0.5]`."""
    single = text(what)

    def convert(value: Any) -> str | tuple[str, ...]:
        typed = isinstance(value, str) and value.strip()
        if typed and typed.startswith("[") and typed.endswith("]"):
            value = [item.strip().strip("'\"") for item in typed[1:-1].split(",")]
        if isinstance(value, list | tuple):
            if not value:
                raise ValueError
            return tuple(single.convert(item) for item in value)
        return single.convert(value)

    return Rule(f"{what}, or a list of them such as [a:0.7,b:0.3] with weights", convert, literal=True)


def url() -> Rule:
    """An http(s) address; or none."""

    def convert(value: Any) -> str | None:
        if value is None or str(value).lower() == "none":
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
            raise ValueError  # it is written into the run's files, where keys must not be
        return str(value).rstrip("/")

    return Rule("an address without keys such as http://localhost:8000/v1, or none", convert, literal=True)


def host() -> Rule:
    """A host's name or number; or none."""

    def convert(value: Any) -> str | None:
        if value is None or str(value).lower() == "none":
            return None
        if not re.fullmatch(r"[\w.-]+|\[[0-9a-fA-F:]+\]", str(value)):
            raise ValueError
        return str(value)

    return Rule("a host name such as localhost, or none", convert, literal=True)


def text(what: str, *, optional: bool = False) -> Rule:
    """Any text that is not empty."""

    def convert(value: Any) -> str | None:
        if value is None and optional:
            return None
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise ValueError
        return value

    return Rule(what, convert, literal=True)


def path(what: str, *, optional: bool = False) -> Rule:
    """A path; `~` is the home folder."""
    inner = text(what, optional=optional)

    def convert(value: Any) -> Path | None:
        checked = inner.convert(str(value) if isinstance(value, os.PathLike) else value)
        return None if checked is None else Path(checked).expanduser()

    return Rule(what, convert, literal=True)


def flag() -> Rule:
    """true or false."""

    def convert(value: Any) -> bool:
        word = str(value).lower()
        if word not in ("true", "false", "1", "0", "yes", "no"):
            raise ValueError
        return word in ("true", "1", "yes")

    return Rule("true or false", convert)
