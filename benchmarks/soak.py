"""Run many synthesized programs and list what is wrong with them.

    python benchmarks/soak.py [eager=200] [fake=0] [five=0] [first=0] [each=false] [checked=true]

eager    programs run for real: valid, finite, dependent on their inputs, not constant, deterministic, and all operators
         of the pattern executed
fake     further programs run on fake tensors, where each planned shape is asserted after its statement
five     requests of exactly five random operators, run for real: are all five executed?
first    the first seed
each     walk through the catalogue instead of sampling patterns: every operator with one or two others
checked  assert planned shapes in `eager` as well

Patterns are sampled as the product does (1-5 core, 0-4 compound, 2-10 supporting operators, geometric steps).
Prints one line per failure and one JSON line at the end; exit code 1 if anything failed.
"""

from __future__ import annotations

import json
import linecache
import random
import re
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

import operators
from benchmarks.synthesize import sample_pattern
from operators import catalogue
from synth.synthesizer import write_checked_program, write_program
from validators.conduct.executed import record
from validators.fake import FakeMode

NAME = "SynthModel_Soak"
MOST = 4_500_000  # elements of an input or output


def load(source: str) -> dict[str, Any]:
    """Execute a program's source; its lines show in tracebacks."""
    filename = f"<{NAME}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    scope: dict[str, Any] = {"__name__": NAME}
    exec(compile(source, filename, "exec"), scope)
    return scope


def other_inputs(inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """Inputs of the same kind with other content."""
    changed = []
    for t in inputs:
        if t.is_floating_point():
            changed.append(torch.randn_like(t) * 0.7 + 0.3)
        elif t.dtype == torch.bool:
            changed.append(~t)
        elif t.dtype == torch.uint8:  # turned over they would be the same around their middle: even functions miss it
            changed.append(torch.randint_like(t, 256))
        else:
            changed.append((t + 1) % (int(t.max()) + 1) if t.numel() else t)
    return changed


def eager_faults(source: str, pattern: list[str]) -> list[str]:
    """What is wrong with a program that is run; empty if nothing is."""
    torch.manual_seed(0)
    scope = load(source)
    inputs = scope["get_inputs"]()
    args, kwargs = scope["get_init_inputs"]()
    model = scope[NAME](*args, **kwargs).eval()
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
    if bool((output == output.reshape(-1)[0]).all()):
        found.append("constant")
    if output.numel() < 8:
        found.append(f"only {output.numel()} elements")
    if max(t.numel() for t in [*inputs, output]) > MOST:
        found.append("large")
    if sum(p.numel() for p in model.parameters()) > 2_000_000:
        found.append("too many parameters")
    absent = operators.missing(pattern, counts)
    if absent:
        found.append(f"missing {absent}")
    return found


def fake_faults(source: str, pattern: list[str]) -> list[str]:
    """Run on fake tensors; a planned shape that does not hold raises AssertionError."""
    scope = load(source)
    args, kwargs = scope["get_init_inputs"]()
    lazy = "nn.Lazy" in source  # its parameters cannot be made in a fake mode
    model = scope[NAME](*args, **kwargs) if lazy else None
    with FakeMode() as mode, torch.no_grad():
        inputs = scope["get_inputs"]()
        if model is None:
            model = scope[NAME](*args, **kwargs)
        output = model.eval()(*[mode.from_tensor(t) if type(t) is torch.Tensor else t for t in inputs])
    return [] if output.numel() >= 8 else [f"only {output.numel()} elements"]


def each_pattern(rng: random.Random, seed: int) -> list[str]:
    """The catalogue's operators in turn, each with one or two others."""
    names = [o.name for o in catalogue()]
    return [names[seed % len(names)], *rng.sample(names, rng.choice((1, 2)))]


def five_pattern(rng: random.Random, seed: int) -> list[str]:
    """Exactly five operators, any of the catalogue."""
    return rng.sample([o.name for o in catalogue()], 5)


def work(
    seeds: Iterable[int],
    draw: Callable[[random.Random, int], list[str]],
    write: Callable[[list[str], random.Random, str], str],
    faults: Callable[[str, list[str]], list[str]],
) -> Counter[str]:
    """Write and run a program for each seed, print what is wrong, and count it by kind."""
    wrong: Counter[str] = Counter()
    for seed in seeds:
        rng = random.Random(seed)
        pattern = draw(rng, seed)
        try:
            found = faults(write(pattern, rng, NAME), pattern)
        except Exception as error:
            found = [_short(error)]
            wrong["raises"] += 1
        else:
            wrong.update(kind.split()[0] if kind.startswith(("missing", "only")) else kind for kind in found)
        if found:
            wrong["programs"] += 1
            print(f"seed {seed}: {'; '.join(found)}  {pattern}", flush=True)
    return wrong


def _short(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = next((f for f in reversed(frames) if "Soak" in f.filename), frames[-1])
    text = re.sub(r"\s+", " ", str(error))[:160]
    return f"{type(error).__name__}: {text} at {Path(where.filename).name}:{where.lineno} `{where.line}`"


def main() -> int:
    given = {"eager": "200", "fake": "0", "five": "0", "first": "0", "each": "false", "checked": "true"}
    given |= dict(a.split("=", 1) if "=" in a else ("eager", a) for a in sys.argv[1:])
    first = int(given["first"])
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # as the validators do: it has no Triton code
    warnings.simplefilter("ignore")
    sampled = each_pattern if given["each"] == "true" else lambda rng, seed: sample_pattern(rng)
    eager_writer = write_checked_program if given["checked"] == "true" else write_program
    parts = {
        "eager": (sampled, eager_writer, eager_faults),
        "fake": (sampled, write_checked_program, fake_faults),
        "five": (five_pattern, write_program, eager_faults),
    }
    summary: dict[str, Any] = {}
    failed = False
    for name, (draw, write, faults) in parts.items():
        count = int(given[name])
        if count:
            started = time.process_time()
            wrong = work(range(first, first + count), draw, write, faults)
            failed = failed or bool(wrong)
            passed = count - wrong.pop("programs", 0)
            seconds = round(time.process_time() - started, 1)
            summary[name] = {"programs": count, "passed": passed, "wrong": dict(wrong), "cpu_seconds": seconds}
    print(json.dumps(summary))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
