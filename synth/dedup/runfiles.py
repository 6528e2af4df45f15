"""Run files: sorted arrays in files that are written once, named by their checksum, and listed in a manifest.

A run file is a line of JSON (kind, scheme, the arrays' types and lengths), padded to 64 bytes, and the arrays end to
end, little-endian, each beginning at a multiple of 64 bytes so that it can be mapped.  Its name holds the blake2b of
all its bytes: files of several machines can lie in one folder, and a changed byte is seen.  A file counts once the
manifest names it, which is replaced in one step; what a killed process left besides is no part of the index.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import CommandError, UsageError

MANIFEST = "manifest.json"
FORMAT = 1
_ALIGNMENT = 64
_CHUNK = 1 << 22

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Run:
    """One run: in memory (`path` is None) or mapped from its file."""

    kind: str
    scheme: str
    arrays: Mapping[str, Array]
    path: Path | None = None

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        return sum(array.nbytes for array in self.arrays.values())


def blank(folder: Path, kind: str, scheme: str, shapes: Mapping[str, tuple[str, int]]) -> tuple[Path, Run]:
    """A file to be filled, with its arrays mapped for writing.  `shapes` are dtypes and lengths."""
    folder.mkdir(parents=True, exist_ok=True)
    head = {"kind": kind, "scheme": scheme, "arrays": {name: list(shape) for name, shape in shapes.items()}}
    line = json.dumps(head, sort_keys=True).encode() + b"\n"
    line = line[:-1] + b" " * (-len(line) % _ALIGNMENT) + b"\n"
    partial = folder / f"{kind}-{os.getpid()}.partial"
    places, end = _places(shapes, len(line))
    try:
        with partial.open("wb") as file:
            file.write(line)
            file.truncate(end)
    except OSError as error:
        raise CommandError(f"{partial}: cannot be written ({error.strerror}).") from None
    return partial, Run(kind, scheme, _mapped(partial, shapes, places, "r+"))


def seal(partial: Path, run: Run) -> Run:
    """The filled file under its lasting name, to be read from now on."""
    for array in run.arrays.values():
        if isinstance(array, np.memmap):
            array.flush()
    path = partial.with_name(f"{run.kind}-{_checksum(partial)}.run")
    partial.replace(path)
    return read(path, check=False)


def write(folder: Path, run: Run) -> Run:
    """A run of memory as a file."""
    shapes = {name: (array.dtype.str, len(array)) for name, array in run.arrays.items()}
    partial, mapped = blank(folder, run.kind, run.scheme, shapes)
    for name, array in run.arrays.items():
        mapped.arrays[name][:] = array
    return seal(partial, mapped)


def read(path: Path, check: bool = True) -> Run:
    """A file's run, mapped.  Raises UsageError that names a file which is not as it was written."""
    try:
        if check and path.name.partition("-")[2] != f"{_checksum(path)}.run":
            raise UsageError(f"{path}: is damaged (its bytes do not give the checksum in its name).")
        with path.open("rb") as file:
            line = file.readline(1 << 16)
        head = json.loads(line)
        shapes = {name: (str(dtype), int(length)) for name, (dtype, length) in head["arrays"].items()}
        places, _ = _places(shapes, len(line))
        return Run(str(head["kind"]), str(head["scheme"]), _mapped(path, shapes, places, "r"), path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: is no run file ({error}).") from None


def write_manifest(folder: Path, files: list[str]) -> None:
    """Makes `files` the index, in one step."""
    partial = folder / f"{MANIFEST}.partial"
    text = json.dumps({"about": "synth dedup index", "format": FORMAT, "runs": sorted(files)}, indent=1)
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / MANIFEST)
    except OSError as error:
        raise CommandError(f"{folder / MANIFEST}: cannot be written ({error.strerror}).") from None


def read_manifest(folder: Path) -> list[str]:
    """The names of the index's files; none where there is no index yet.  Raises UsageError."""
    path = folder / MANIFEST
    if not path.exists():
        return []
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version, files = data["format"], [str(name) for name in data["runs"]]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: is damaged ({error}).") from None
    if version != FORMAT:
        raise UsageError(f"{path}: written with index format {version}, this synth reads {FORMAT}.")
    return files


def _places(shapes: Mapping[str, tuple[str, int]], start: int) -> tuple[dict[str, int], int]:
    """Where each array begins, and where the file ends."""
    places = {}
    for name, (dtype, length) in sorted(shapes.items()):  # the order of the head, which is written with sorted keys
        places[name] = start
        start += np.dtype(dtype).itemsize * length
        start += -start % _ALIGNMENT
    return places, start


def _mapped(
    path: Path, shapes: Mapping[str, tuple[str, int]], places: Mapping[str, int], mode: Any
) -> dict[str, Array]:
    return {
        name: np.memmap(path, dtype=dtype, mode=mode, offset=places[name], shape=(length,))
        if length
        else np.empty(0, dtype=dtype)
        for name, (dtype, length) in shapes.items()
    }


def _checksum(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
