"""API keys: where they come from, and how they are kept out of everything that is shown or stored."""

from __future__ import annotations

import os
import re
from pathlib import Path

from synth.errors import UsageError

SHORTEST_SECRET = 8  # characters; a shorter "key" is a placeholder, and to hide it would garble ordinary words
HIDDEN = "[key]"

#: what keys look like: OpenAI's, Google's old and new ones, any header's or URL's, and any that is half starred
_LOOKS_LIKE_A_KEY = re.compile(
    r"\bsk-[\w*.-]{4,}|\bAIza[\w*-]{4,}|\bAQ\.[\w*-]{16,}"
    r"|[\w-]*\*{3,}[\w-]*|(?<=bearer )[\w*.~+/=-]{4,}|(?<=[?&]key=)[^&\s\"']+|(?<=://)[^/\s@]+(?=@)",
    re.IGNORECASE,
)
_known: set[str] = set()


def find_key(*variables: str) -> str | None:
    """The first of the variables that the environment or `.env` sets, or None; the environment wins.

    `.env` is the nearest one in the working directory or its parents.  Nothing is written to the environment.
    Raises UsageError for a value that cannot be sent as a key.
    """
    for name in variables:
        key = (os.environ.get(name) or _dotenv(Path.cwd()).get(name) or "").strip()
        if key:
            if not key.isascii() or not key.isprintable() or " " in key:
                raise UsageError(f"{name}: holds a space, a line break or a character that no key has.")
            _known.add(key)
            return key
    return None


def need_key(model_name: str, *variables: str) -> str:
    """Like `find_key`, but a missing key is a UsageError that says what to set and where."""
    key = find_key(*variables)
    if key is None:
        named = " or ".join(variables)
        raise UsageError(
            f"model_name={model_name}: needs a key; set {named} in the environment,"
            f" or write {variables[0]}=<your key> into {Path.cwd() / '.env'}."
        )
    return key


def redact(text: str) -> str:
    """The text without any key that was used in this process, and without anything that looks like one."""
    for key in sorted(_known, key=len, reverse=True):
        if len(key) >= SHORTEST_SECRET:
            text = text.replace(key, HIDDEN)
    return _LOOKS_LIKE_A_KEY.sub(HIDDEN, text)


def _dotenv(folder: Path) -> dict[str, str | None]:
    from dotenv import dotenv_values

    for place in (folder, *folder.parents):
        file = place / ".env"
        if file.is_file():
            try:
                return dict(dotenv_values(file, interpolate=False))  # a key may hold a dollar sign
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                raise UsageError(f"{file}: cannot be read ({why}).") from None
    return {}
