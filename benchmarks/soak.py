"""Run many synthesized programs for real and list what is wrong with them.

    python benchmarks/soak.py [programs] [first seed] [--checked] [--each]

Patterns are sampled as the product does (1-5 core, 0-4 compound, 2-10 supporting operators, geometric steps).
`--each` walks through the catalogue instead, every operator with one or two others.  `--checked` also asserts
every planned shape.  Prints one line per failure and one JSON line at the end; exit code 1 if anything failed.
"""

from __future__ import annotations

import json
import linecache
import random
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

import operators
from benchmarks.synthesize import sample_pattern
from operators import catalogue
from synth.synthesizer import write_checked_program, write_program
from validators.executed import record


def load(source: str, name: str) -> dict[str, Any]:
    """Execute a program's source; its lines show in tracebacks."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    scope: dict[str, Any] = {"__name__": name}
    exec(compile(source, filename, "exec"), scope)
    return scope


def other_inputs(inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """Inputs of the same kind with other content."""
    changed = []
    for t in inputs:
        if t.is_floating_point():
            changed.append(torch.randn_like(t) * 0.7 + 0.3)
        elif t.dtype in (torch.bool, torch.uint8):
            changed.append(~t)
        else:
            changed.append((t + 1) % (int(t.max()) + 1) if t.numel() else t)
    return changed


def faults(source: str, name: str, pattern: list[str]) -> list[str]:
    """What is wrong with a program; empty if nothing is."""
    torch.manual_seed(0)
    scope = load(source, name)
    inputs = scope["get_inputs"]()
    args, kwargs = scope["get_init_inputs"]()
    model = scope[name](*args, **kwargs).eval()
    found = []
    kept = [t.clone() for t in inputs]
    with torch.no_grad():
        recorded, counts, *_ = record(model, inputs)
        output = model(*inputs)
        again = model(*inputs)
        different = model(*other_inputs(inputs))
    if not all(torch.equal(a, b) for a, b in zip(kept, inputs, strict=True)):
        found.append("mutates inputs")
    if not torch.isfinite(output).all():
        found.append("not finite")
    loose = 1e-3 if output.dtype == torch.float32 else 0.1
    if not torch.equal(output, again) or not torch.allclose(output, recorded, rtol=loose, atol=0.1 * loose):
        found.append("not deterministic")
    scale = float(output.abs().max()) or 1.0
    if float((output - different).abs().max()) <= 1e-5 * max(scale, 1e-3):
        found.append("ignores inputs")
    if output.numel() < 8:
        found.append(f"only {output.numel()} elements")
    if max(t.numel() for t in [*inputs, output]) > 4_500_000:
        found.append("large")
    if sum(p.numel() for p in model.parameters()) > 2_000_000:
        found.append("too many parameters")
    absent = operators.missing(pattern, counts)
    if absent:
        found.append(f"missing {absent}")
    return found


def work(count: int, first: int, checked: bool, each: bool) -> tuple[int, list[tuple[int, str]], Counter[str]]:
    """Run `count` seeds and return how many ran, the failures, and which operators were in failures."""
    write = write_checked_program if checked else write_program
    names = [o.name for o in catalogue()]
    failures: list[tuple[int, str]] = []
    blamed: Counter[str] = Counter()
    for seed in range(first, first + count):
        rng = random.Random(seed)
        pattern = sample_pattern(rng)
        if each:
            pattern = [names[seed % len(names)], *rng.sample(names, rng.choice((1, 2)))]
        source = ""
        try:
            source = write(pattern, rng, "SynthModel_Soak")
            found = faults(source, "SynthModel_Soak", pattern)
        except Exception as error:
            found = [_short(error)]
        if found:
            failures.append((seed, "; ".join(found)))
            blamed.update(pattern)
            print(f"seed {seed}: {'; '.join(found)}  {pattern}", flush=True)
    return count, failures, blamed


def _short(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = next((f for f in reversed(frames) if "Soak" in f.filename), frames[-1])
    text = re.sub(r"\s+", " ", str(error))[:160]
    return f"{type(error).__name__}: {text} at {Path(where.filename).name}:{where.lineno} `{where.line}`"


def main() -> int:
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    count, first = (*numbers, 0)[:2] if numbers else (200, 0)
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # as the validators do: it has no Triton code
    started = time.perf_counter()
    ran, failures, blamed = work(count, first, "--checked" in sys.argv, "--each" in sys.argv)
    summary = {
        "programs": ran,
        "passed": ran - len(failures),
        "failed": [seed for seed, _ in failures],
        "in_failures": dict(blamed.most_common(8)),
        "seconds": round(time.perf_counter() - started, 1),
    }
    print(json.dumps(summary))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
