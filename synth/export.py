"""A run's pairs (`rows`) as files: a dataset folder, parquet, JSON lines, or a folder for each pair."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from synth.dataset import folder
from synth.dataset.card import card
from synth.dataset.splits import DEFAULT_SHARES
from synth.errors import CommandError, UsageError
from synth.journal import Journal
from synth.report.facts import facts
from synth.rows import COLUMNS, REAL, REALS, TEXT, TEXTS, TRUTH, WHOLE, WHOLES, rows
from synth.rundir import RunDir

PAIR_FILE = "pair.json"
DATASET = "dataset"
_NAMES = {DATASET: "dataset", "jsonl": "pairs.jsonl", "dir": "pairs"}
_CODE_FILES = {
    "python_code": "{}.py",
    "triton_code": "{}New.py",
    "original_triton_code": "original_triton_code.py",
}


@dataclass(frozen=True)
class Written:
    """What an export wrote: how many pairs, where, and how many in each split (none where there are no splits)."""

    count: int
    target: Path
    splits: dict[str, int]


def is_folder(form: str, out: Path | None) -> bool:
    """Whether an export of this form becomes a dataset folder: parquet, unless `out` names a parquet file."""
    return form == "parquet" and (out is None or out.suffix != ".parquet")


def write(run: RunDir, form: str, out: Path | None, shares: Sequence[float] = DEFAULT_SHARES) -> Written:
    """Writes the export; `shares` are of the splits of a dataset folder."""
    kind = DATASET if is_folder(form, out) else form
    target = out or run.root / "export" / _NAMES[kind]
    journal = Journal.open_to_read(run.journal)
    try:
        if kind == DATASET:
            folder.prepare(target)
            with journal.snapshot():
                found = facts(journal, settled_only=True)
                splits = folder.write(rows(journal), target, _schema(), shares, partial(card, found))
            counts = {split: figures.rows for split, figures in splits.items()}
            return Written(sum(counts.values()), target, counts)
        _prepare(target, form)
        return Written(_WRITERS[form](rows(journal), target), target, {})
    except OSError as error:
        raise CommandError(f"out={target}: cannot be written to ({error.strerror}).") from None
    finally:
        journal.close()


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
    unfinished = target.with_name(target.name + ".partial")
    with unfinished.open("w", encoding="utf-8", newline="\n") as file:
        for row in found:
            file.write(json.dumps(row) + "\n")
            count += 1
    unfinished.replace(target)
    return count


def _schema() -> Any:
    """The columns as pyarrow has them."""
    import pyarrow as pa

    kinds = {TEXT: pa.string(), WHOLE: pa.int64(), REAL: pa.float64(), TRUTH: pa.bool_()}
    kinds |= {several: pa.list_(kinds[one]) for several, one in ((TEXTS, TEXT), (WHOLES, WHOLE), (REALS, REAL))}
    return pa.schema([(column, kinds[kind]) for column, kind in COLUMNS.items()])


def _to_parquet(found: Iterator[dict[str, Any]], target: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, count = _schema(), 0
    unfinished = target.with_name(target.name + ".partial")
    with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for batch in _batches(found, 256):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    unfinished.replace(target)
    return count


def _to_dir(found: Iterator[dict[str, Any]], target: Path) -> int:
    count = 0
    for row in found:
        own = target / row["entry_point"]
        own.mkdir()
        for column, file in _CODE_FILES.items():
            (own / file.format(row["entry_point"])).write_text(row[column], encoding="utf-8")
        rest = {key: value for key, value in row.items() if not key.endswith("_code")}
        (own / PAIR_FILE).write_text(json.dumps(rest, indent=1) + "\n", encoding="utf-8")
        count += 1
    return count


def read_folder(of_pair: Path) -> dict[str, Any]:
    """The row that `format=dir` wrote as `of_pair`.  Raises UsageError."""
    try:
        row: dict[str, Any] = json.loads((of_pair / PAIR_FILE).read_text(encoding="utf-8"))
        entry = row["entry_point"]
        for column, file in _CODE_FILES.items():
            row[column] = (of_pair / file.format(entry)).read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{of_pair}: cannot be read as a pair ({error}).") from None
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
