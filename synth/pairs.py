"""Pairs that are there already, whoever made them: rows of an export, of KernelBook, of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from synth import export, rows
from synth.dataset import folder
from synth.errors import UsageError
from synth.files.records import iter_records
from synth.files.rundir import run_at
from synth.store.journal import Journal

_RECORD_FILES = (".json", ".jsonl", ".ndjson")
_ROW_FILES = (".parquet", *_RECORD_FILES)


@dataclass(frozen=True)
class GivenPair:
    """One row: the texts as they are there, and what its own evidence says of it."""

    label: str
    entry_point: str
    python_code: str
    triton_code: str
    device_targets: tuple[str, ...]  # what its kernels are said to compile for; () where the row does not say


def find_pairs(path: Path, limit: int | None = None) -> list[GivenPair]:
    """The first `limit` rows at `path`: a file, a folder of such files, an export, or a run directory.

    Raises UsageError that names the row that is no pair.
    """
    if not path.exists():
        raise UsageError(f"path={path}: does not exist.")
    return [_pair(row, label) for label, row in islice(read_rows(path), limit)]


def read_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row at `path` with what it is called; of a parquet file `columns`, by default what a proof needs."""
    if path.is_file():
        yield from _rows_of_file(path, columns)
        return
    run = run_at(path)
    if run.journal.exists():
        journal = Journal.open_to_read(run.journal)
        try:
            for row in rows.rows(journal):
                yield str(row["entry_point"]), row
        finally:
            journal.close()
        return
    found = (file.parent for file in path.glob(f"*/{export.PAIR_FILE}"))
    # A gradient's folder behind its pair's.
    if folders := sorted(found, key=lambda of_pair: (of_pair.name.removesuffix("Backward"), of_pair.name)):
        for of_pair in folders:
            yield of_pair.name, export.read_folder(of_pair)
        return
    # Beside the data of a dataset folder lies what tells of it.
    inside = path / folder.DATA if folder.is_dataset(path) else path
    files = sorted(
        file
        for file in inside.rglob("*")
        if file.suffix in _ROW_FILES and file.name != export.DEDUP_FILE and file.is_file()
    )
    if not files:
        raise UsageError(f"path={path}: the directory holds no pairs ({', '.join(_ROW_FILES)}, an export or a run).")
    for file in files:
        yield from _rows_of_file(file, columns)


def _rows_of_file(file: Path, columns: Sequence[str] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if file.suffix in _RECORD_FILES:
        yield from ((f"{file.name} row {number}", row) for number, row in enumerate(iter_records(file), start=1))
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = columns or [*_TEXTS, "module_name", "device_target", "evidence"]
    number = 0
    try:
        with pq.ParquetFile(file) as table:
            there = [name for name in wanted if name in table.schema_arrow.names]
            for batch in table.iter_batches(batch_size=256, columns=there):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{file.name} row {number}", row
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{file}: cannot be read as parquet ({' '.join(str(error).split())[:200]}).") from None


_TEXTS = ("entry_point", "python_code", "triton_code")


def _pair(row: dict[str, Any], label: str) -> GivenPair:
    entry = row.get("entry_point") or row.get("module_name")  # KernelBook has both, in all its editions
    for name, value in (("entry_point", entry), *((name, row.get(name)) for name in _TEXTS[1:])):
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{label}: has no text under {name}.")
    assert isinstance(entry, str)
    return GivenPair(f"{label} {entry}", entry, row["python_code"], row["triton_code"], _targets(row))


def _targets(row: dict[str, Any]) -> tuple[str, ...]:
    first = row.get("device_target")
    if not isinstance(first, str) or not first:
        return ()
    try:
        compiled = json.loads(row.get("evidence") or "{}").get("compiled", {})
    except (ValueError, TypeError, AttributeError):  # someone else's column of that name
        compiled = {}
    return (first, *(target for target in compiled if target != first))
