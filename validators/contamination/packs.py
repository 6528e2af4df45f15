"""Packs: fingerprints of a benchmark's problems, hashes only.  Torch-free.

A pack is a JSON file: `benchmark`, `scheme`, `about`, and for each problem its `id`, `level` and hashes.  This project
ships KernelBench's; `.fingerprint` makes one of any folder of programs in that form.
"""

from __future__ import annotations

import functools
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from validators.contamination import parts

SHIPPED = Path(__file__).with_name("kernelbench.json")
#: of how fingerprints are made; a pack of another one is refused, since nothing in it would ever be found
SCHEME = 3


class PackError(ValueError):
    """A pack cannot be used; the message names the file and what is wrong with it."""


@dataclass(frozen=True)
class Problem:
    """One problem's fingerprints; empty where there is none."""

    id: str
    level: int = 0  # 0 where the benchmark has no levels
    source: str = ""
    grams: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # models it loads
    signature: str = ""  # operators that its name spells
    root: str = ""
    settled: str = ""  # a second root, see `aten.settled`
    operators: str = ""
    features: tuple[tuple[str, int], ...] = ()
    #: the loose graph, operands first, with operators as hashes: `(operator, constants, operands)`, -1 for an input
    graph: tuple[tuple[str, str, tuple[int, ...]], ...] = ()

    @property
    def size(self) -> int:
        """Features, with multiplicity."""
        return sum(count for _, count in self.features)


@dataclass(frozen=True)
class Finding:
    """What came near, and how near: `score` is 1 for equality, else the share of the problem that was found."""

    tier: str
    benchmark: str
    problem: str
    score: float
    scheme: int = SCHEME

    def to_json(self) -> dict[str, Any]:
        """Plain data for the verdict's metrics."""
        return asdict(self) | {"score": round(self.score, 4)}

    def __str__(self) -> str:
        share = "" if self.score >= 1 else f", {self.score:.0%} of it"
        return f"{self.benchmark} {self.problem} ({self.tier}{share})"


@dataclass(eq=False)
class Packs:
    """Problems of all packs, by what they are looked up with."""

    benchmark: dict[str, str] = field(default_factory=dict)  # of each problem's key
    problems: dict[str, Problem] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    operators: dict[str, str] = field(default_factory=dict)
    grams: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    features: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: dict[str, dict[str, int]] = field(default_factory=dict)  # of each problem's features
    graphs: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by the last operator

    def add(self, benchmark: str, problem: Problem) -> None:
        """One more problem; the first one keeps a hash that several have."""
        key = f"{benchmark} {problem.id}"
        self.benchmark[key], self.problems[key] = benchmark, problem
        for table, value in (
            (self.sources, problem.source),
            (self.signatures, problem.signature),
            (self.roots, problem.root),
            (self.settled, problem.settled),
            (self.operators, problem.operators),
        ):
            if value:
                table.setdefault(value, key)
        for table, several in ((self.texts, problem.texts), (self.names, problem.names)):
            for value in several:
                table.setdefault(value, key)
        for gram in problem.grams:
            self.grams[gram].append(key)
        self.counts[key] = dict(problem.features)
        for feature in self.counts[key]:
            self.features[feature].append(key)
        if problem.graph:
            self.graphs[problem.graph[-1][0]].append(key)

    def finding(self, tier: str, key: str, score: float = 1.0) -> Finding:
        """Evidence of one problem."""
        return Finding(tier, self.benchmark[key], self.problems[key].id, score)

    def best_share(self, found: Counter[str], index: dict[str, list[str]], least: int) -> list[tuple[float, str]]:
        """For problems with at least `least` hashes in `index`, the share that is among `found`; best first."""
        shared: Counter[str] = Counter()
        for value, count in found.items():
            for key in index.get(value, ()):
                shared[key] += min(count, self._count(key, value, index))
        shares = []
        for key, count in shared.items():
            problem = self.problems[key]
            total = len(problem.grams) if index is self.grams else problem.size
            if total >= least:
                shares.append((count / total, key))
        return sorted(shares, key=lambda share: (-share[0], share[1]))

    def _count(self, key: str, value: str, index: dict[str, list[str]]) -> int:
        return 1 if index is self.grams else self.counts[key][value]


def read(path: Path) -> tuple[str, list[Problem]]:
    """Benchmark and problems of a pack.  Raises PackError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["scheme"] != SCHEME:
            raise PackError(f"{path}: is of scheme {data['scheme']}, not {SCHEME}; make it again with .fingerprint.")
        problems = [_problem(problem) for problem in data["problems"]]
        if not problems:
            raise ValueError("it holds no problems")
        return str(data["benchmark"]), problems
    except PackError:
        raise
    except OSError as error:
        raise PackError(f"{path}: cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise PackError(f"{path}: is no pack of fingerprints ({type(error).__name__}: {error}).") from None


def _problem(data: dict[str, Any]) -> Problem:
    hashes = ("source", "signature", "root", "settled", "operators")
    known: dict[str, Any] = {key: str(data.get(key, "")) for key in hashes}
    known |= {key: tuple(map(str, data.get(key, ()))) for key in ("grams", "texts", "names")}
    known["graph"] = tuple((str(op), str(own), tuple(map(int, of))) for op, own, of in data.get("graph", ()))
    known["features"] = tuple((str(feature), int(count)) for feature, count in data.get("features", ()))
    for at, (_, _, of) in enumerate(known["graph"]):
        if any(not parts.INPUT <= operand < at for operand in of):
            raise ValueError(f"problem {data['id']}: node {at} of its graph has operands {list(of)}")
    if any(count < 1 for _, count in known["features"]):
        raise ValueError(f"problem {data['id']}: a feature that it does not have")
    return Problem(id=str(data["id"]), level=int(data.get("level", 0)), **known)


def dump(benchmark: str, about: str, problems: Sequence[Problem]) -> str:
    """A pack's text, a problem a line."""
    lines = []
    for problem in problems:
        kept = {key: value for key, value in asdict(problem).items() if value not in ("", (), 0)}
        lines.append(json.dumps(kept, separators=(",", ":")))
    head = {"benchmark": benchmark, "scheme": SCHEME, "about": about}
    text = json.dumps(head, indent=1)[:-2]
    return text + ',\n "problems": [\n' + ",\n".join(lines) + "\n ]\n}\n"


@functools.cache
def load(further: tuple[str, ...] = ()) -> Packs:
    """The shipped pack and those at `further` paths.  Raises PackError."""
    packs = Packs()
    for path in (SHIPPED, *map(Path, further)):
        benchmark, problems = read(path)
        for problem in problems:
            packs.add(benchmark, problem)
    return packs
