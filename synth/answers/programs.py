"""Existing programs, wherever they come from: files, directories, recorded answers, records with code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.answers.extraction import extract, find_entry
from synth.answers.naming import base_name
from synth.errors import UsageError
from synth.files.records import read_records
from synth.files.rundir import RunDir
from validators.verdict import Program, Reason, Stage, Verdict

_RECORD_FILES = (".json", ".jsonl", ".ndjson")
_CODE_KEYS = ("python_code", "code", "program", "source")
_LABEL_KEYS = ("id", "uuid", "problem_id", "index", "name")


@dataclass(frozen=True)
class Candidate:
    """One thing to judge; `label` tells the user which one.

    `verdict` is what is known before the validators see it: that it was read out of an answer, or, where there is
    no program, why not.
    """

    label: str
    program: Program | None
    verdict: Verdict | None = None


def find_candidates(path: Path) -> list[Path | dict[str, Any]]:
    """What lies at `path`, not yet read further than needed to count it."""
    if not path.exists():
        raise UsageError(f"path={path}: does not exist.")
    if path.is_file():
        if path.suffix in _RECORD_FILES:
            return _records(path)
        return [path]
    files = sorted(file for file in path.rglob("*.py") if file.is_file() and _is_program_file(file.relative_to(path)))
    run = RunDir(path)
    if run.journal.exists():  # a run's own folder holds its rejects, which are no part of the corpus beside it
        files = [file for file in files if run.inner not in file.parents]
    if not files:
        raise UsageError(f"path={path}: the directory holds no programs (*.py).")
    return list(files)


def _is_program_file(relative: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
    return not hidden and not relative.name.startswith("__")


def _records(file: Path) -> list[Path | dict[str, Any]]:
    records = read_records(file)
    for number, record in enumerate(records, start=1):
        if not any(isinstance(record.get(key), str) for key in ("response", *_CODE_KEYS)):
            raise UsageError(f"{file}: record {number} has no text under response or {', '.join(_CODE_KEYS)}.")
    return list(records)


def read_candidate(found: Path | dict[str, Any], number: int, root: Path) -> Candidate:
    """The program of one file or record."""
    if isinstance(found, Path):
        return _from_file(found, str(found.relative_to(root)) if found != root else found.name)
    label = _label(found, number)
    pattern = _pattern(found.get("pattern"))
    if isinstance(found.get("response"), str):
        extracted = extract(found["response"], base_name(pattern), pattern)
        return Candidate(label, extracted.program, extracted.refusal or Verdict(Stage.ANSWER, ok=True))
    source = next(found[key] for key in _CODE_KEYS if isinstance(found.get(key), str))
    expected = found.get("entry_point")
    return Candidate(label, _program(source, expected if isinstance(expected, str) else "", pattern))


def _from_file(file: Path, label: str) -> Candidate:
    try:
        source = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"byte {error.start} is not UTF-8"
        return Candidate(label, None, Verdict(Stage.CONTRACT, False, Reason.NOT_TEXT, detail))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}).") from None
    if "\0" in source:
        return Candidate(label, None, Verdict(Stage.CONTRACT, False, Reason.NOT_TEXT, "holds null bytes"))
    return Candidate(label, _program(source, file.stem, ()))


def _program(source: str, expected: str, pattern: tuple[str, ...]) -> Program:
    # Without any entry the contract stage names what it looked for.
    return Program(source, find_entry(source, expected) or expected or "Model", pattern)


def _pattern(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) and all(isinstance(name, str) for name in value) else ()


def _label(record: dict[str, Any], number: int) -> str:
    parts = [str(record[key]) for key in ("level", *_LABEL_KEYS) if isinstance(record.get(key), str | int)]
    return "/".join(parts) or str(number)
