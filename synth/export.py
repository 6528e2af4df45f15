"""A run's pairs as rows: KernelBook's columns first, then ours.

Rows depend on configuration, seed and versions only: no times, no paths, no hosts.  So an export of a run that
was killed and resumed is byte for byte that of one that was not.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

from synth.attempts import Attempt
from synth.errors import CommandError, UsageError
from synth.journal import Journal
from synth.rundir import RunDir
from validators.verdict import Pair

_TEXT, _WHOLE, _TRUTH, _TEXTS = "text", "whole number", "truth", "texts"
COLUMNS: dict[str, str] = {
    # KernelBook's, in its order
    "entry_point": _TEXT,
    "original_triton_code": _TEXT,
    "python_code": _TEXT,
    "triton_code": _TEXT,
    "repo_name": _TEXT,
    "module_name": _TEXT,
    "synthetic": _TRUTH,
    "uuid": _WHOLE,
    "licenses": _TEXTS,
    "stars": _WHOLE,
    "sha": _TEXT,
    "repo_link": _TEXT,
    # ours
    "pattern": _TEXTS,
    "kernels": _TEXTS,
    "num_kernels": _WHOLE,
    "device_target": _TEXT,
    "torch_version": _TEXT,
    "triton_version": _TEXT,
    "synth_version": _TEXT,
    "evidence": _TEXT,
    "verdicts": _TEXT,
    "source_hash": _TEXT,
    "signature": _TEXT,
    "provider": _TEXT,
    "model": _TEXT,  # as the server named it
    "prompt": _TEXT,
    "prompt_version": _TEXT,
    "usage": _TEXT,  # tokens of the answer
    "seed": _WHOLE,
    "sample": _WHOLE,
    "attempt": _WHOLE,  # how many it took
}
_PAIR_FILE = "pair.json"
_SOURCE = "synth"  # stands where KernelBook names a repository


def rows(journal: Journal) -> Iterator[dict[str, Any]]:
    """One row for each kept program, in index order."""
    meta = journal.meta()
    identity, versions = meta.get("identity", {}), meta.get("versions", {})
    for attempt in journal.kept_attempts():
        assert attempt.pair is not None
        assert attempt.program is not None
        yield _row(attempt, attempt.program, attempt.pair, identity, versions)


def _row(
    attempt: Attempt, program: str, pair: Pair, identity: dict[str, Any], versions: dict[str, str]
) -> dict[str, Any]:
    evidence, origin = pair.evidence, attempt.origin
    content = blake2b(f"{program}\0{pair.triton_code}".encode("utf-8", "surrogatepass"), digest_size=20)
    return {
        "entry_point": attempt.entry_point,
        "original_triton_code": pair.original_triton_code,
        "python_code": program,
        "triton_code": pair.triton_code,
        "repo_name": _SOURCE,
        "module_name": attempt.entry_point,
        "synthetic": True,
        # From the content, so that exports of several runs can be put together; 63 bits, since int64 has a sign.
        "uuid": int.from_bytes(content.digest()[:8], "big") >> 1,
        "licenses": ["MIT"],
        "stars": 0,
        "sha": content.hexdigest(),
        "repo_link": "",
        "pattern": list(attempt.pattern),
        "kernels": list(pair.kernels),
        "num_kernels": len(pair.kernels),
        "device_target": pair.device_target,
        "torch_version": str(evidence.get("torch", versions.get("torch", ""))),
        "triton_version": str(evidence.get("triton", versions.get("triton", ""))),
        "synth_version": versions.get("synth", ""),
        "evidence": json.dumps(evidence, sort_keys=True),
        # What each stage found; its cost in CPU seconds is no part of it, since that differs from run to run.
        "verdicts": json.dumps({v.stage: v.metrics for v in attempt.verdicts or ()}, sort_keys=True),
        "source_hash": attempt.source_hash or "",
        "signature": attempt.signature or "",
        # A journal of format 1 knows only what the whole run was asked for.
        "provider": origin.provider or str(identity.get("model_name", "")).partition(":")[0],
        "model": origin.model,
        "prompt": origin.prompt,
        "prompt_version": origin.prompt_version,
        "usage": "" if origin.usage is None else json.dumps(asdict(origin.usage), sort_keys=True),
        "seed": int(identity.get("seed", 0)),
        "sample": attempt.sample,
        "attempt": attempt.attempt,
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
            if not all((child / _PAIR_FILE).is_file() for child in target.iterdir()):
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

    kinds = {_TEXT: pa.string(), _WHOLE: pa.int64(), _TRUTH: pa.bool_(), _TEXTS: pa.list_(pa.string())}
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
        (folder / f"{row['entry_point']}.py").write_text(row["python_code"], encoding="utf-8")
        (folder / f"{row['entry_point']}New.py").write_text(row["triton_code"], encoding="utf-8")
        (folder / "original_triton_code.py").write_text(row["original_triton_code"], encoding="utf-8")
        rest = {key: value for key, value in row.items() if not key.endswith("_code")}
        (folder / _PAIR_FILE).write_text(json.dumps(rest, indent=1) + "\n", encoding="utf-8")
        count += 1
    return count


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
