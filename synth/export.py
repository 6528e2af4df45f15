"""A run's pairs (`rows`) as files: parquet, JSON lines, or a folder for each pair."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from synth.errors import CommandError, UsageError
from synth.journal import Journal
from synth.rows import COLUMNS, REAL, REALS, TEXT, TEXTS, TRUTH, WHOLE, WHOLES, rows
from synth.rundir import RunDir

PAIR_FILE = "pair.json"
_CODE_FILES = {
    "python_code": "{}.py",
    "triton_code": "{}New.py",
    "original_triton_code": "original_triton_code.py",
}


def write(run: RunDir, form: str, out: Path | None) -> tuple[int, Path]:
    """Writes the export; how many pairs, and where."""
    suffix = "" if form == "dir" else f".{form}"
    target = out or run.root / "export" / f"pairs{suffix}"
    journal = Journal.open_to_read(run.journal)
    try:
        _prepare(target, form)
        count = _WRITERS[form](rows(journal), target)
    except OSError as error:
        raise CommandError(f"out={target}: cannot be written to ({error.strerror}).") from None
    finally:
        journal.close()
    return count, target


def _prepare(target: Path, form: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if form == "dir":
            target.mkdir(exist_ok=True)
            # Only folders that an earlier export wrote are replaced; anything else is the user's.
            if not all((child / PAIR_FILE).is_file() for child in target.iterdir()):
                raise UsageError(f"out={target}: the directory holds something other than an earlier export.")
            for child in target.iterdir():
                shutil.rmtree(child)
        elif target.is_dir():
            raise UsageError(f"out={target}: is a directory; name a file for format={form}.")
    except OSError as error:
        raise UsageError(f"out={target}: cannot be written to ({error.strerror}).") from None


def _to_jsonl(found: Iterator[dict[str, Any]], target: Path) -> int:
    count = 0
    partial = target.with_name(target.name + ".partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        for row in found:
            file.write(json.dumps(row) + "\n")
            count += 1
    partial.replace(target)
    return count


def _to_parquet(found: Iterator[dict[str, Any]], target: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {TEXT: pa.string(), WHOLE: pa.int64(), REAL: pa.float64(), TRUTH: pa.bool_()}
    kinds |= {several: pa.list_(kinds[one]) for several, one in ((TEXTS, TEXT), (WHOLES, WHOLE), (REALS, REAL))}
    schema = pa.schema([(column, kinds[kind]) for column, kind in COLUMNS.items()])
    count = 0
    partial = target.with_name(target.name + ".partial")
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for batch in _batches(found, 256):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    partial.replace(target)
    return count


def _to_dir(found: Iterator[dict[str, Any]], target: Path) -> int:
    count = 0
    for row in found:
        folder = target / row["entry_point"]
        folder.mkdir()
        for column, file in _CODE_FILES.items():
            (folder / file.format(row["entry_point"])).write_text(row[column], encoding="utf-8")
        rest = {key: value for key, value in row.items() if not key.endswith("_code")}
        (folder / PAIR_FILE).write_text(json.dumps(rest, indent=1) + "\n", encoding="utf-8")
        count += 1
    return count


def read_folder(folder: Path) -> dict[str, Any]:
    """The row that `format=dir` wrote as `folder`.  Raises UsageError."""
    try:
        row: dict[str, Any] = json.loads((folder / PAIR_FILE).read_text(encoding="utf-8"))
        entry = row["entry_point"]
        for column, file in _CODE_FILES.items():
            row[column] = (folder / file.format(entry)).read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder}: cannot be read as a pair ({error}).") from None
    return row


def _batches(found: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in found:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


_WRITERS: dict[str, Callable[[Iterator[dict[str, Any]], Path], int]] = {
    "parquet": _to_parquet,
    "jsonl": _to_jsonl,
    "dir": _to_dir,
}
