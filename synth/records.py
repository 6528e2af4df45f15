"""Reads files of records: a JSON list, or JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synth.errors import UsageError


def read_records(file: Path) -> list[dict[str, Any]]:
    """All records of a file, checked to be objects; a UsageError names the first that is not."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not UTF-8 text.") from None
    if text.lstrip().startswith("["):
        try:
            records = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(f"{file}: not valid JSON ({error}).") from None
    else:
        records = []
        for number, line in enumerate(text.split("\n"), start=1):  # splitlines would cut strings at U+2028
            if not line.strip():
                continue
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise UsageError(f"{file}: line {number} is not valid JSON ({error}).") from None
    if not records:
        raise UsageError(f"{file}: holds no records.")
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise UsageError(f"{file}: record {number} is not an object.")
    return records
