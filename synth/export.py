"""A run's pairs (`rows`) as files: a dataset folder, parquet, JSON lines, or a folder for each pair."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.dataset import folder
from synth.dataset.card import card
from synth.dataset.splits import DEFAULT_SHARES
from synth.dedup.limits import Limits
from synth.errors import CommandError, UsageError
from synth.files import replacing
from synth.files.rundir import RunDir, write_file
from synth.report.facts import facts
from synth.rows import COLUMNS, REAL, REALS, TEXT, TEXTS, TRUTH, WHOLE, WHOLES, content_of, rows
from synth.store.journal import Journal

if TYPE_CHECKING:
    from synth.dedup.selection import Selection

PAIR_FILE = "pair.json"
DATASET = "dataset"
DEDUP_FILE = folder.NOTE  # what was dropped, and why: in a dataset folder, beside anything else
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
    splits: dict[str, int] = field(default_factory=dict)  # rows in each, of a dataset folder


def is_folder(form: str, out: Path | None) -> bool:
    """Whether an export of this form becomes a dataset folder: parquet, unless `out` names a parquet file."""
    return form == "parquet" and (out is None or out.suffix != ".parquet")


def write(
    run: RunDir,
    form: str,
    out: Path | None,
    limits: Limits | None = None,
    shares: Sequence[float] = DEFAULT_SHARES,
) -> Written:
    """Writes the export, without what `limits` take away; without limits, all of it.

    `shares` are of the splits of a dataset folder.
    """
    kind = DATASET if is_folder(form, out) else form
    target = out or run.root / "export" / file_name(kind)
    journal = Journal.open_to_read(run.journal)
    try:
        prepare(target, kind)
        with journal.snapshot():
            found, selection = _selected(journal, limits, target)
            if kind == DATASET:
                return _put_dataset(found, target, selection, shares, facts(journal, settled_only=True))
            return put(found, kind, target, selection)
    finally:
        journal.close()


def file_name(form: str) -> str:
    """What an export is called where it has no name."""
    return {DATASET: "dataset", "dir": "pairs"}.get(form, f"pairs.{form}")


def _selected(
    journal: Journal, limits: Limits | None, target: Path
) -> tuple[Iterator[dict[str, Any]], Selection | None]:
    """The rows to write, each with its group, and what became of all."""
    if limits is None:
        return rows(journal), None
    from synth.dedup.families import families, group_names, kept, records  # numpy comes with them
    from synth.dedup.selection import select

    with workplace(target) as work:
        selection = select(records(families(_labelled(journal))), limits, work)
    names = group_names(families(_labelled(journal)), selection)
    chosen = kept(families(_labelled(journal)), selection, names)
    return (row for family in chosen for _, row in family), selection


def _labelled(journal: Journal) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((str(row["entry_point"]), row) for row in rows(journal))


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """A folder beside `target` for what does not fit into memory; gone afterwards."""
    work = target.with_name(f".{target.name}.dedup")
    shutil.rmtree(work, ignore_errors=True)  # a killed export's
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def put(found: Iterator[dict[str, Any]], form: str, target: Path, selection: Selection | None) -> Written:
    """Writes rows to a target that was prepared, and beside them what the selection dropped.  Raises CommandError."""
    summary, note = _summary(selection), target.with_name(DEDUP_FILE)
    try:
        count = _WRITERS[form](_without(note, found), target)
    except OSError as error:
        raise CommandError(f"out={target}: cannot be written to ({error.strerror}).") from None
    write_file(note, _worded(summary))
    return Written(count, target, summary)


def _put_dataset(
    found: Iterator[dict[str, Any]],
    target: Path,
    selection: Selection | None,
    shares: Sequence[float],
    figures: dict[str, Any],
) -> Written:
    summary = _summary(selection)
    worded = partial(card, figures, dropped=summary["dropped"])
    try:
        splits = folder.write(found, target, _schema(), shares, worded, _worded(summary))
    except OSError as error:
        raise CommandError(f"out={target}: cannot be written to ({error.strerror}).") from None
    counts = {split: written.rows for split, written in splits.items()}
    return Written(sum(counts.values()), target, summary, counts)


def _summary(selection: Selection | None) -> dict[str, Any]:
    """What the selection dropped."""
    return {"limits": None, "dropped": {}} if selection is None else selection.summary()


def _worded(summary: dict[str, Any]) -> str:
    return json.dumps(summary, indent=1) + "\n"


def _without(note: Path, found: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows; then, before they are put in their place, the note on what lay there goes: it would tell of them."""
    yield from found
    note.unlink(missing_ok=True)


def prepare(target: Path, form: str) -> None:
    """Sees to it that an export can be written to `target`.  Raises UsageError where something else is there.

    Nothing of an earlier export is taken away yet.
    """
    if form in (DATASET, "dir") and Path.cwd().is_relative_to(target.resolve()):
        raise UsageError(
            f"out={target}: the current directory is in it, and it is replaced whole; name another folder."
        )
    if form == DATASET:
        folder.prepare(target)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if form == "dir":
            replacing.recover(target)
            if target.exists() and not target.is_dir():
                raise UsageError(f"out={target}: is a file; name a folder for format=dir.")
            # Only folders that an earlier export wrote are replaced; anything else is the user's.
            if target.is_dir() and not all((child / PAIR_FILE).is_file() for child in target.iterdir()):
                raise UsageError(f"out={target}: the directory holds something other than an earlier export.")
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
    unfinished = replacing.begin(target)
    pair = unfinished
    for row in found:
        # Names repeat where exports were put together, contents do not; a gradient lies behind its pair.
        name = f"{pair.name}Backward" if row["direction"] == "backward" and count else row["entry_point"]
        own = unfinished / name
        if own.exists():
            own = unfinished / f"{name}_{content_of(row).hex()[:12]}"
        pair = own if row["direction"] != "backward" else pair
        own.mkdir()
        for column, file in _CODE_FILES.items():
            (own / file.format(row["entry_point"])).write_text(row[column], encoding="utf-8")
        rest = {key: value for key, value in row.items() if not key.endswith("_code")}
        (own / PAIR_FILE).write_text(json.dumps(rest, indent=1) + "\n", encoding="utf-8")
        count += 1
    replacing.finish(unfinished, target)
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
