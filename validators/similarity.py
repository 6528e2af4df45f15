"""Stage SIMILARITY: is the program a KernelBench problem?  Torch-free.

Two checks against fingerprints in `kernelbench.json` (hashes only, no problem text):
the source's normal form without its constants, and the operators of the pattern in their order against the operator
lists that level 2's problem names spell.  Whether a sample repeats an earlier one of the same run is decided when the
run settles (`synth/`), from the `source_hash` this stage reports.

`python -m validators.similarity PROBLEMS.jsonl` writes the fingerprints (one `{level, problem_id, name, code}` a line).
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from validators.normalize import source_hash
from validators.verdict import Program, Reason, Stage, Verdict

FINGERPRINTS = Path(__file__).with_name("kernelbench.json")
MIN_SIGNATURE = 2  # one operator alone is a level 1 problem's name; a corpus without ReLU would be absurd

# Spellings of one operation.  Ranks are dropped first, so `MaxPool2d` and `MaxPool` are the same.
_ALIASES = {
    "gemm": "linear",
    "matmul": "linear",
    "bmm": "linear",
    "mm": "linear",
    "swish": "silu",
    "scaling": "multiply",
    "scale": "multiply",
    "mul": "multiply",
    "biasadd": "add",
    "residualadd": "add",
    "sub": "subtract",
    "div": "divide",
    "globalavgpool": "avgpool",
    "adaptiveavgpool": "avgpool",
    "maximum": "max",
    "minimum": "min",
}


def check(program: Program) -> Verdict:
    """Judge `program`.  Metrics: `source_hash`, the normal form with constants, for finding duplicates."""
    metrics = {"source_hash": source_hash(program.source, program.entry_point)}
    known = fingerprints()
    found = known["sources"].get(source_hash(program.source, program.entry_point, keep_constants=False))
    if found is not None:
        return Verdict(Stage.SIMILARITY, False, Reason.BENCHMARK_SOURCE, f"KernelBench {found}", metrics)
    signature = canonical_operators(program.pattern)
    if len(signature) >= MIN_SIGNATURE:
        found = known["signatures"].get(_hash(signature))
        if found is not None:
            return Verdict(Stage.SIMILARITY, False, Reason.BENCHMARK_SIGNATURE, f"KernelBench {found}", metrics)
    return Verdict(Stage.SIMILARITY, True, metrics=metrics)


def canonical_operators(names: Sequence[str]) -> tuple[str, ...]:
    """Operator names with case, rank and spelling taken away."""
    plain = (re.sub(r"[123]d$", "", name.lower()) for name in names)
    return tuple(_ALIASES.get(name, name) for name in plain)


@functools.cache
def fingerprints() -> dict[str, Any]:
    """The shipped fingerprints: `sources` and `signatures`, each `{hash: "level/problem_id"}`."""
    return json.loads(FINGERPRINTS.read_text(encoding="utf-8"))


def build(problems: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Fingerprints of KernelBench problems, given as `{level, problem_id, name, code}`."""
    sources: dict[str, str] = {}
    signatures: dict[str, str] = {}
    for problem in problems:
        label = f"{problem['level']}/{problem['problem_id']}"
        sources.setdefault(source_hash(problem["code"], "Model", keep_constants=False), label)
        names = canonical_operators(problem["name"].split("_"))
        if problem["level"] == 2 and len(names) >= MIN_SIGNATURE:
            signatures.setdefault(_hash(names), label)
    return {
        "about": "Fingerprints of KernelBench's problems, levels 1 to 4; 'level/problem_id' by hash. Made by "
        "python -m validators.similarity. KernelBench: MIT License, Copyright (c) 2023 Anne Ouyang, Simon Guo, "
        "Azalia Mirhoseini.",
        "sources": dict(sorted(sources.items())),
        "signatures": dict(sorted(signatures.items())),
    }


def _hash(names: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(names).encode(), digest_size=16).hexdigest()


def _main(path: str) -> None:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    made = build(json.loads(line) for line in lines if line.strip())
    FINGERPRINTS.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{len(made['sources'])} sources and {len(made['signatures'])} signatures in {FINGERPRINTS.name}")


if __name__ == "__main__":
    _main(sys.argv[1])
