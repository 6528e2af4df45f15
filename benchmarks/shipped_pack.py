"""Makes the fingerprints of KernelBench that the project ships (`validators/contamination/kernelbench.json`) again.

    python benchmarks/shipped_pack.py problems=FILE.jsonl [out=FILE.json]

To be run after every change to the loose form of a graph, with `packs.SCHEME` raised where older packs would find
nothing.  `problems` is a line a problem of KernelBench at the commit named below.  Programs of the built-in synthesizer
are the unrelated ones: a problem that is a part of one of them is told by equality only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from synth.commands import fingerprint
from synth.config import RunConfig
from synth.errors import DONE, FAILED, CommandError
from synth.sampling import catalogue_sets, derived_rng, sample_pattern
from synth.synthesizer import write_program
from validators.contamination import packs

UNRELATED, SEED = 1500, 987654
COMMIT = "423217d9"
ABOUT = (
    f"KernelBench at commit {COMMIT}, levels 1 to 4, hashes only; made by python -m synth .fingerprint, with "
    f"{UNRELATED:,} programs of the built-in synthesizer (seed {SEED}) as unrelated ones. "
    "KernelBench: MIT License, Copyright (c) 2023 Anne Ouyang, Simon Guo, Azalia Mirhoseini."
)


def main(asked: dict[str, str]) -> int:
    before = packs.SHIPPED.read_text(encoding="utf-8")
    if json.loads(before)["scheme"] != packs.SCHEME:
        # The validators that trace the problems refuse it; nothing is in this one.
        nothing = packs.dump("KernelBench", "being made again", [packs.Problem("0/0", 0, source="none")])
        packs.SHIPPED.write_text(nothing, encoding="utf-8")
    made = FAILED
    try:
        made = _made(Path(asked["problems"]), Path(asked.get("out", packs.SHIPPED)))
    finally:
        if made != DONE:
            packs.SHIPPED.write_text(before, encoding="utf-8")
    return made


def _made(problems: Path, out: Path) -> int:
    config, sets = RunConfig(seed=SEED), catalogue_sets()
    with tempfile.TemporaryDirectory() as folder:
        for index in range(UNRELATED):
            pattern = sample_pattern(config, sets, index)
            source = write_program(pattern, derived_rng(SEED, index, "program:1"), f"Unrelated{index}")
            (Path(folder) / f"{index}.py").write_text(source, encoding="utf-8")
        given = {"path": problems, "unrelated": Path(folder), "out": out}
        return fingerprint.run({**given, "benchmark": "KernelBench", "about": ABOUT})


if __name__ == "__main__":
    try:
        sys.exit(main(dict(argument.split("=", 1) for argument in sys.argv[1:])))
    except CommandError as error:
        sys.exit(f"shipped_pack: {error}")
