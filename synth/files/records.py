"""Reads files of records: a JSON list, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.errors import UsageError


def read_records(file: Path) -> list[dict[str, Any]]:
    """All records of a file, checked to be objects; a UsageError names the first that is not."""
    return list(iter_records(file))


def iter_records(file: Path) -> Iterator[dict[str, Any]]:
    """The same one by one; JSON lines are read as they are asked for."""
    number = 0
    try:
        for number, record in enumerate(_read(file), start=1):
            if not isinstance(record, dict):
                raise UsageError(f"{file}: record {number} is not an object.")
            yield record
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not UTF-8 text.") from None
    if not number:
        raise UsageError(f"{file}: holds no records.")


def _read(file: Path) -> Iterator[Any]:
    with file.open(encoding="utf-8", newline="\n") as lines:  # universal newlines would cut at a lone carriage return
        number = 0
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if line.lstrip().startswith("["):
                yield from _list(file, line + lines.read())
                return
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise UsageError(f"{file}: line {number} is not valid JSON ({error}).") from None


def _list(file: Path, text: str) -> list[Any]:
    try:
        records: list[Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{file}: not valid JSON ({error}).") from None
    return records
