"""What deduplication needs of a pair: its keys, its shingles, and how good it is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from synth.dedup import shingles
from synth.dedup.shingles import Shingles
from synth.errors import UsageError
from synth.rows import content_of
from validators.normalize import source_hash

#: what a row may say it stands for: sums of many such are still whole numbers of 64 bits
MOST_ROWS = 1 << 40
_HASH = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Quality:
    """Of several pairs that stand for the same the best is kept: `order` ascending."""

    # Kernels that the pair does not show are worth nothing to who learns from it; infinite where nothing tells of them.
    extern_calls: float = 0
    operators_per_kernel: float = 0.0  # the more a kernel fuses, the more it teaches
    tolerance_used: float = math.inf  # infinite where nothing proved the pair
    gradient: bool = False  # whether the pair's gradient comes along

    @property
    def order(self) -> tuple[float, ...]:
        """Fewer library calls, more operators fused into a kernel, closer to eager, with its gradient."""
        return (self.extern_calls, -self.operators_per_kernel, self.tolerance_used, not self.gradient)


@dataclass(frozen=True)
class Record:
    """A pair as deduplication sees it.  A key that is not known is empty, and nothing is told by it."""

    content: bytes  # 20 bytes of both texts
    row: bytes  # 16 bytes of everything in the row and its gradient's, to tell rows of equal content apart
    source: str  # the hash of the program's normal form with its constants
    graph_strict: str
    graph_root: str
    operators: str  # the multiset of ATen operators as text
    quality: Quality
    stands_for: int  # rows that it has been kept for already
    program: Shingles
    triton: Shingles


def record_of(row: Mapping[str, Any], gradients: Sequence[Mapping[str, Any]] = (), label: str = "") -> Record:
    """Of an export's row and the rows of its gradient; keys that a row of other origin lacks are empty.

    Raises UsageError that names `label` where the program is no Python, or the row says it stands for too many.
    """
    program, triton, entry = str(row["python_code"]), str(row["triton_code"]), str(row["entry_point"])
    try:
        source = str(row.get("source_hash") or "")
        if not _HASH.fullmatch(source):  # of other origin
            source = source_hash(program, entry)
        body = shingles.of_program(program, entry)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{label}: python_code cannot be read as Python ({error}).") from None
    graph, stands_for = graph_of(row), max(1, int(row.get("duplicates") or 1))
    if stands_for > MOST_ROWS:
        raise UsageError(f"{label}: duplicates is {stands_for}, more than a row can stand for ({MOST_ROWS}).")
    return Record(
        content=content_of(row),
        row=blake2b(json.dumps([row, *gradients], sort_keys=True, default=str).encode(), digest_size=16).digest(),
        source=source,
        graph_strict=str(row.get("graph_strict") or graph.get("strict") or ""),
        graph_root=str(row.get("graph_root") or graph.get("root") or ""),
        operators=json.dumps(graph["operators"], sort_keys=True) if graph.get("operators") else "",
        quality=_quality(row, bool(gradients)),
        stands_for=stands_for,
        program=body,
        triton=shingles.of_triton(triton),
    )


def graph_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stage GRAPH found, from a row's `verdicts`; nothing where the row does not say."""
    try:
        graph = json.loads(row.get("verdicts") or "{}").get("graph", {})
    except (ValueError, TypeError, AttributeError):  # someone else's column of that name
        return {}
    return graph if isinstance(graph, dict) else {}


def _quality(row: Mapping[str, Any], gradient: bool) -> Quality:
    fusions = [str(fusion) for fusion in row.get("fusions") or ()]
    fused = sum(len([name for name in fusion.split(",") if name]) for fusion in fusions)
    used, externs = row.get("tolerance_used"), row.get("extern_calls")
    return Quality(
        extern_calls=math.inf if externs is None else len(externs),
        operators_per_kernel=fused / len(fusions) if fusions else 0.0,
        tolerance_used=float(used) if isinstance(used, int | float) and math.isfinite(used) else math.inf,
        gradient=gradient,
    )
