"""What is known of repetition and contamination: programs with equal graphs, and what came near a benchmark."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from synth.breadth.measures import Tables
from synth.breadth.spread import effective_number
from synth.store.attempts import Attempt
from validators.verdict import Reason, Stage

SHOWN = 200  # of the programs turned down for a benchmark, in the order of the samples
NEAREST = 25  # of the kept programs that came nearest to one
LARGEST = 10  # of the groups that share a graph
_DUPLICATES = (Reason.DUPLICATE_SOURCE, Reason.DUPLICATE_SIGNATURE, Reason.DUPLICATE_GRAPH)
_STAGES = (Stage.SIMILARITY, Stage.GRAPH)


@dataclass
class Evidence:
    """Counts and lists that grow with each judged attempt."""

    duplicates: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    turned_down: list[dict[str, Any]] = field(default_factory=list)
    turned_down_count: int = 0
    nearest: list[dict[str, Any]] = field(default_factory=list)
    tiers: Counter[str] = field(default_factory=Counter)
    checked: int = 0

    def add(self, attempt: Attempt, kept: bool) -> None:
        """One more judged attempt."""
        found = _found(attempt)
        if attempt.reason in _DUPLICATES:
            self.duplicates[str(attempt.reason)] += 1
        if attempt.reason is not None and attempt.reason.startswith("benchmark_"):
            self.turned_down_count += 1
            if len(self.turned_down) < SHOWN:
                self.turned_down.append(_entry(attempt, found))
        if kept:
            self._add_kept(attempt, found)

    def _add_kept(self, attempt: Attempt, found: list[dict[str, Any]] | None) -> None:
        self.kept += 1
        if found is None:
            return
        self.checked += 1
        if found:
            entry = _entry(attempt, found)
            self.tiers[entry["tier"]] += 1
            self.nearest.append(entry)
            if len(self.nearest) > 4 * NEAREST:
                self.nearest = _closest(self.nearest)

    def data(self, kept: Tables) -> dict[str, Any]:
        """As JSON data, under the keys `duplicates` and `contamination`; `kept` is breadth of what was kept."""
        roots = kept.roots
        return {
            "duplicates": {
                "turned_down": dict(sorted(self.duplicates.items())),
                "kept": self.kept,
                "with_graph": roots.total(),
                "distinct_graphs": len(roots),
                "effective_graphs": effective_number(roots.values()) if roots else None,
                "largest": [
                    list(item) for item in sorted(roots.items(), key=lambda item: (-item[1], item[0]))[:LARGEST]
                ],
            },
            "contamination": {
                "turned_down": self.turned_down,
                "turned_down_count": self.turned_down_count,
                "checked": self.checked,
                "kept": self.kept,
                "tiers": dict(sorted(self.tiers.items())),
                "nearest": _closest(self.nearest),
            },
        }


def _found(attempt: Attempt) -> list[dict[str, Any]] | None:
    """What came near this program, nearest first; None where nothing was noted."""
    noted = [
        verdict.metrics["contamination"]
        for verdict in attempt.verdicts or ()
        if verdict.stage in _STAGES and isinstance(verdict.metrics.get("contamination"), list)
    ]
    if not noted:
        return None
    entries = [entry for found in noted for entry in found if isinstance(entry, dict)]
    return sorted(entries, key=lambda entry: -_score(entry))


def _entry(attempt: Attempt, found: list[dict[str, Any]] | None) -> dict[str, Any]:
    best = found[0] if found else {}
    return {
        "sample": attempt.sample,
        "attempt": attempt.attempt,
        "name": attempt.name,
        "reason": attempt.reason.value if attempt.reason else None,
        "detail": " ".join(attempt.detail.split())[:200],
        **{key: str(best.get(key, "")) for key in ("tier", "benchmark", "problem", "scheme")},
        "score": _score(best) if best else None,
    }


def _score(entry: dict[str, Any]) -> float:
    score = entry.get("score")
    return float(score) if isinstance(score, int | float) and math.isfinite(score) else 0.0


def _closest(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: (-entry["score"], entry["sample"]))[:NEAREST]
