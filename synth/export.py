"""A run's pairs (`rows`) as files: parquet, JSON lines, or a folder for each pair."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.dedup.limits import Limits
from synth.errors import CommandError, UsageError
from synth.journal import Journal
from synth.rows import COLUMNS, REAL, REALS, TEXT, TEXTS, TRUTH, WHOLE, WHOLES, rows
from synth.rundir import RunDir, write_file

if TYPE_CHECKING:
    from synth.dedup.selection import Selection

PAIR_FILE = "pair.json"
DEDUP_FILE = "dedup.json"  # beside an export: what was dropped, and why
_CODE_FILES = {
    "python_code": "{}.py",
    "triton_code": "{}New.py",
    "original_triton_code": "original_triton_code.py",
}


@dataclass(frozen=True)
class Written:
    """An export that is there."""

    count: int  # rows
    target: Path
    summary: dict[str, Any]  # as in `DEDUP_FILE`


def write(run: RunDir, form: str, out: Path | None, limits: Limits | None = None) -> Written:
    """Writes the export, without what `limits` take away; without limits, all of it."""
    from synth.dedup.families import families, kept, records  # numpy comes with them
    from synth.dedup.selection import select

    target = out or run.root / "export" / file_name(form)
    journal = Journal.open_to_read(run.journal)
    try:
        prepare(target, form)
        if limits is None:
            return put(rows(journal), form, target, None)
        with workplace(target) as work:
            selection = select(records(families(_labelled(journal))), limits, work)
        chosen = kept(families(_labelled(journal)), selection)
        return put((row for family in chosen for _, row in family), form, target, selection)
    finally:
        journal.close()


def file_name(form: str) -> str:
    """What an export is called where it has no name."""
    return "pairs" if form == "dir" else f"pairs.{form}"


def _labelled(journal: Journal) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((str(row["entry_point"]), row) for row in rows(journal))


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """A folder beside `target` for what does not fit into memory; gone afterwards."""
    folder = target.with_name(f".{target.name}.dedup")
    shutil.rmtree(folder, ignore_errors=True)  # a killed export's
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(found: Iterator[dict[str, Any]], form: str, target: Path, selection: Selection | None) -> Written:
    """Writes rows to a target that was prepared, and beside them what the selection dropped.  Raises CommandError."""
    try:
        count = _WRITERS[form](found, target)
    except OSError as error:
        raise CommandError(f"out={target}: cannot be written to ({error.strerror}).") from None
    summary = {"limits": None, "dropped": {}} if selection is None else selection.summary()
    write_file(target.with_name(DEDUP_FILE), json.dumps(summary, indent=1) + "\n")
    return Written(count, target, summary)


def prepare(target: Path, form: str) -> None:
    """Makes room for an export at `target`.  Raises UsageError where something else is there."""
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
    pair = target
    for row in found:
        # Names repeat where exports were put together, contents do not; a gradient lies behind its pair.
        name = f"{pair.name}Backward" if row["direction"] == "backward" and count else row["entry_point"]
        folder = target / name
        if folder.exists():
            folder = target / f"{name}_{row['sha'][:12]}"
        pair = folder if row["direction"] != "backward" else pair
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
