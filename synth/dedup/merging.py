"""Several exports or runs as one: the final pass over the union of their pairs, the same bytes in any order.

Rows lie in the order of their content hashes: they are a function of the set alone, and come shuffled as well.  A run
or an export is read three times, and sorted in a SQLite file: nothing in memory grows with the number of pairs but a
few numbers each.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from synth import export
from synth.dedup.families import Family, families, group_names, kept, records
from synth.dedup.limits import ONLY_IDENTICAL, Limits
from synth.dedup.selection import Selection, select
from synth.errors import CommandError, UsageError
from synth.export import Written
from synth.pairs import read_rows
from synth.rows import COLUMNS, REAL, REALS, TEXT, TEXTS, TRUTH, WHOLE, WHOLES, content_of

_LISTS = {TEXTS: TEXT, WHOLES: WHOLE, REALS: REAL}
_TYPES: dict[str, Any] = {TEXT: (str,), WHOLE: (int,), REAL: (int, float), TRUTH: (bool,)}
#: what stands in a column that a row of other origin does not have
_ABSENT = {TEXT: ""}  # anything else is null: no list is not an empty one


def merge(paths: Sequence[Path], form: str, out: Path, limits: Limits | None) -> Written:
    """Writes the pairs at `paths` to `out`, a file or a folder for one, without what `limits` take away.

    Raises UsageError, before anything is written, for a path or a row that is no pair.
    """
    target = _target(out, form)
    _assert_apart(paths, target)
    export.prepare(target, form)
    with export.workplace(target) as work:
        # Without limits, identical pairs are still one: the same content cannot be two rows of a set.
        selection = select(records(_families(paths)), limits or ONLY_IDENTICAL, work)
        return _sorted_out(paths, form, target, work, selection)


def _target(out: Path, form: str) -> Path:
    is_folder = form != "dir" and (out.is_dir() or not out.suffix)
    return out / export.file_name(form) if is_folder else out


def _assert_apart(paths: Sequence[Path], target: Path) -> None:
    seen: set[Path] = set()
    for path in paths:
        whole = path.resolve()
        if not path.exists():
            raise UsageError(f"path={path}: does not exist.")
        if whole in seen:
            raise UsageError(f"path={path}: is given twice.")
        if target.resolve().is_relative_to(whole):
            raise UsageError(f"out={target}: is one of the paths to merge, or lies in one; choose another place.")
        seen.add(whole)


def _families(paths: Sequence[Path]) -> Iterator[Family]:
    for path in paths:
        yield from families((label, _row(row, f"{path}: {label}")) for label, row in read_rows(path, tuple(COLUMNS)))


def _row(row: dict[str, Any], label: str) -> dict[str, Any]:
    """The row in our columns; what it lacks of them is empty, what it has besides is left out."""
    entry = row.get("entry_point") or row.get("module_name")
    for name, value in (("entry_point", entry), *((name, row.get(name)) for name in ("python_code", "triton_code"))):
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{label}: has no text under {name}.")
    if not str(entry).isidentifier():
        raise UsageError(f"{label}: entry_point is no class's name ({str(entry)[:80]!r}).")
    row = row | {"entry_point": entry}
    made = {column: _fitting(row.get(column), column, kind, label) for column, kind in COLUMNS.items()}
    content = content_of(row)
    made["sha"] = made["sha"] or content.hex()
    made["uuid"] = int.from_bytes(content[:8], "big") >> 1 if made["uuid"] is None else made["uuid"]
    made["direction"] = made["direction"] or "forward"
    return made


def _fitting(value: Any, column: str, kind: str, label: str) -> Any:
    if value is None:
        return _ABSENT.get(kind)
    if kind in _LISTS:
        if not isinstance(value, list):
            raise UsageError(f"{label}: {column} is no list.")
        return [None if item is None else _fitting(item, column, _LISTS[kind], label) for item in value]
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != TRUTH):
        raise UsageError(f"{label}: {column} is no {kind}.")
    try:
        if kind == TEXT:
            value.encode()
        elif kind == WHOLE:
            value.to_bytes(8, "big", signed=True)
        return float(value) if kind == REAL else value
    except UnicodeEncodeError:
        raise UsageError(f"{label}: {column} holds half a character (a lone surrogate); write whole ones.") from None
    except OverflowError:
        raise UsageError(f"{label}: {column} is too large a number.") from None


def _sorted_out(paths: Sequence[Path], form: str, target: Path, work: Path, selection: Selection) -> Written:
    work.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(work / "sorted.sqlite", isolation_level=None)) as database:
            database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
            database.execute("CREATE TABLE rows (content, family)")
            database.execute("BEGIN")
            names = group_names(_counted(paths, len(selection.fates)), selection)
            found = kept(_counted(paths, len(selection.fates)), selection, names)
            database.executemany("INSERT INTO rows VALUES (?, ?)", map(_packed, found))
            database.execute("CREATE UNIQUE INDEX by_content ON rows (content)")
            packed = database.execute("SELECT family FROM rows ORDER BY content")
            return export.put((row for (family,) in packed for row in _unpacked(family)), form, target, selection)
    except sqlite3.Error as error:
        raise CommandError(f"{work}: the pairs cannot be sorted there ({error}).") from None


def _counted(paths: Sequence[Path], count: int) -> Iterator[Family]:
    """The families as they were selected of.  Raises CommandError where a path holds others by now."""
    number = 0
    for number, family in enumerate(_families(paths), start=1):
        if number > count:
            break
        yield family
    if number != count:
        raise CommandError(f"{', '.join(map(str, paths))}: changed while they were merged; nothing was written.")


def _packed(family: Family) -> tuple[bytes, bytes]:
    rows = [row for _, row in family]
    return content_of(rows[0]), zlib.compress(json.dumps(rows).encode(), 1)


def _unpacked(packed: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(zlib.decompress(packed))
    return rows
