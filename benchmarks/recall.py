"""What `contamination` tells of programs that were judged: recall by mutator and level, and a table of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Judged:
    """What came of one program."""

    label: str
    level: int
    mutator: str = ""
    turned_down: list[str] = field(default_factory=list)  # stages that did so for a benchmark's sake
    findings: list[dict[str, Any]] = field(default_factory=list)
    fault: str = ""  # why it is no program to count
    outputs: list[str] | None = None
    inputs: list[str] | None = None
    attempts: int = 1
    source: str = ""
    seconds: float = 0.0  # CPU

    @property
    def tiers(self) -> list[str]:
        """Tiers of the findings that turned it down: the first of each stage that did."""
        return sorted({finding["tier"] for finding in self.findings if finding["rejects"]})

    @property
    def named(self) -> bool:
        """Whether a finding names the very problem."""
        return any(finding["problem"] == self.label for finding in self.findings)


def share(part: int, whole: int) -> float | None:
    """Rounded; None of nothing."""
    return round(part / whole, 4) if whole else None


def summary(results: list[Judged], unchanged: list[str], known: set[str]) -> dict[str, Any]:
    """Of one mutator."""
    counted = [judged for judged in results if not judged.fault]
    by_level = {}
    for level in sorted({judged.level for judged in counted}):
        here = [judged for judged in counted if judged.level == level]
        by_level[str(level)] = {
            "programs": len(here),
            "recall": share(sum(bool(judged.turned_down) for judged in here), len(here)),
            "by_source": share(sum("similarity" in judged.turned_down for judged in here), len(here)),
            "by_graph": share(sum("graph" in judged.turned_down for judged in here), len(here)),
            "baseline": share(sum(judged.label in known for judged in here), len(here)),
        }
    deep = [judged for judged in counted if judged.level in (2, 3)]
    return {
        "programs": len(counted),
        "recall": share(sum(bool(judged.turned_down) for judged in counted), len(counted)),
        "recall_levels_2_3": share(sum(bool(judged.turned_down) for judged in deep), len(deep)),
        "baseline": share(sum(judged.label in known for judged in counted), len(counted)),
        "names_the_problem": share(sum(judged.named for judged in counted), len(counted)),
        "by_level": by_level,
        "tiers": dict(Counter(tier for judged in counted for tier in judged.tiers).most_common()),
        "at_first_attempt": share(sum(judged.attempts == 1 for judged in counted), len(counted)),
        "misses": sorted((judged.label for judged in counted if not judged.turned_down), key=in_order),
        "graph_misses": sorted((judged.label for judged in counted if "graph" not in judged.turned_down), key=in_order),
        "unchanged": sorted(unchanged, key=in_order),
        "faults": {judged.label: judged.fault for judged in results if judged.fault},
    }


def in_order(label: str) -> list[int]:
    """Levels and numbers as numbers."""
    return [int(part) for part in re.findall(r"\d+", label)]


def table(found: dict[str, dict[str, Any]]) -> str:
    """For people."""
    lines = [
        f"{'mutator':<15}{'programs':>9}{'recall':>8}  {'L1':>7}{'L2':>7}{'L3':>7}{'source':>8}{'graph':>7}{'names':>7}"
    ]
    lines[0] += f"{'L2':>7}  unchanged, faults"
    for mutator, told in found.items():
        levels = told["by_level"]
        whole = {
            key: sum((levels[n][key] or 0) * levels[n]["programs"] for n in levels) for key in ("by_source", "by_graph")
        }
        count = max(told["programs"], 1)
        cells = [percent(levels.get(level, {}).get("recall")) for level in ("1", "2", "3")]
        lines.append(
            f"{mutator:<15}{told['programs']:>9}{percent(told['recall']):>8}  {''.join(f'{c:>7}' for c in cells)}"
            f"{percent(whole['by_source'] / count):>8}{percent(whole['by_graph'] / count):>7}"
            f"{percent(told['names_the_problem']):>7}{percent(levels.get('2', {}).get('baseline')):>7}"
            f"  {len(told['unchanged'])}, {len(told['faults'])}"
        )
    lines.append("source, graph: turned down by that stage; names: a finding names the very problem; last L2: the")
    lines.append(
        "exact-name check on level 2, all that it knows.  Level 1 inside a larger model is not held against it."
    )
    return "\n".join(lines)


def percent(value: float | None) -> str:
    """A share in percent."""
    return "-" if value is None else f"{100 * value:.1f}"
