"""Rows as a dataset folder: `data/SPLIT-00000-of-00001.parquet` and a README.md that says what they are.

The folder is written beside its place and moved there whole.  A split without rows has no file: readers refuse empty
ones, and a small run may have no group in a split of five percent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.dataset.splits import SPLITS, split_of
from synth.errors import UsageError
from synth.files import replacing

CARD, DATA, NOTE = "README.md", "data", "dedup.json"
MADE_BY = "made by `python -m synth .export`"  # stands in every card: only such folders are replaced
ROWS_PER_FILE = 20_000  # rows come to about 17 kB each in a file: files near 350 MB
_BATCH = 256
_OURS = (CARD, DATA, NOTE)


@dataclass
class SplitFigures:
    """What was written of one split; `bytes` as Arrow counts them in memory."""

    rows: int = 0
    bytes: int = 0
    groups: set[str] = field(default_factory=set)
    file_bytes: int = 0


def is_dataset(folder: Path) -> bool:
    """Whether an export wrote this folder."""
    card = folder / CARD
    try:
        return (folder / DATA).is_dir() and card.is_file() and MADE_BY in card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def prepare(target: Path) -> None:
    """Raises UsageError where the folder must not be replaced, or cannot be."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replacing.recover(target)
        if target.exists() and not target.is_dir():
            raise UsageError(f"out={target}: is a file; name a folder, or a file that ends in .parquet.")
        if target.is_dir() and any(target.iterdir()) and not (is_dataset(target) and _ours_alone(target)):
            raise UsageError(f"out={target}: the directory holds something other than an earlier export.")
    except OSError as error:
        raise UsageError(f"out={target}: cannot be written to ({error.strerror}).") from None


def _ours_alone(folder: Path) -> bool:
    return all(child.name in _OURS for child in folder.iterdir())


def write(
    rows: Iterable[dict[str, Any]],
    target: Path,
    schema: Any,
    shares: Sequence[float],
    card: Callable[[dict[str, SplitFigures]], str],
    note: str,
) -> dict[str, SplitFigures]:
    """Writes the folder; what each split got.  `schema` is pyarrow's, `card` words the README.md.

    `note`, JSON of what was left out, is part of the folder: a kill leaves both of one export or of the one before.
    """
    partial = replacing.begin(target)
    (partial / DATA).mkdir()
    figures = {split: SplitFigures() for split in SPLITS}
    writers = {split: _Writer(partial / DATA, split, schema, figures[split]) for split in SPLITS}
    for row in rows:
        writers[split_of(row["group"], shares)].add(row)
    for writer in writers.values():
        writer.finish()
    (partial / CARD).write_text(card(figures), encoding="utf-8")
    (partial / NOTE).write_text(note, encoding="utf-8")
    replacing.finish(partial, target)
    return figures


class _Writer:
    """One split's files; their names tell how many there are, so they get them at the end."""

    def __init__(self, folder: Path, split: str, schema: Any, figures: SplitFigures) -> None:
        self.folder, self.split, self.schema, self.figures = folder, split, schema, figures
        self.files: list[Path] = []
        self.rows_in_file = 0
        self.batch: list[dict[str, Any]] = []
        self.writer: Any = None

    def add(self, row: dict[str, Any]) -> None:
        """One more row, in the order of the export."""
        self.batch.append(row)
        self.figures.groups.add(row["group"])
        if len(self.batch) == _BATCH:
            self._flush()

    def finish(self) -> None:
        """Writes what waits and names the files."""
        self._flush()
        self._close()
        for number, file in enumerate(self.files):
            named = file.with_name(f"{self.split}-{number:05}-of-{len(self.files):05}.parquet")
            file.replace(named)
            self.figures.file_bytes += named.stat().st_size

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self.batch:
            return
        if self.writer is None:
            self.files.append(self.folder / f"{self.split}-{len(self.files):05}.partial")
            self.writer = pq.ParquetWriter(self.files[-1], self.schema, compression="zstd")
        table = pa.Table.from_pylist(self.batch, schema=self.schema)
        self.writer.write_table(table)
        self.figures.rows += table.num_rows
        self.figures.bytes += table.nbytes
        self.rows_in_file += table.num_rows
        self.batch = []
        if self.rows_in_file >= ROWS_PER_FILE:
            self._close()

    def _close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.writer, self.rows_in_file = None, 0
