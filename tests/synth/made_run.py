"""A run as its journal would have it: kept and rejected attempts, graphs, evidence, gradients, calls that cost."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from synth.asking.calls import ANSWER, Call
from synth.files.rundir import RunDir
from synth.providers.interface import Usage
from synth.store.attempts import Origin
from synth.store.journal import Journal
from validators.verdict import Judgement, Pair, Program, Reason, Stage, Verdict

#: what a page must show as text and never read as markup
HOSTILE = (
    "import torch.nn as nn\n\n\nclass Hostile(nn.Module):\n"
    '    """</script><script>window.harmed = 1</script><img src=x onerror="window.harmed = 1">"""\n'
    "    text = '</title></textarea>--><!-- {{data}} \\u2028 ]]>'  # <b>&amp;</b>\n"
)
OPERATORS = ("Conv2d", "ReLU", "Linear", "GELU", "Softmax", "MaxPool2d", "LayerNorm", "Sum")
NEAR = {"tier": "graph", "benchmark": "KernelBench", "problem": "1/7 <i>", "score": 0.91, "scheme": "wl2-cosine"}


def made_run(root: Path, samples: int = 24, graphs: bool = True, seed: int = 0, total: int | None = None) -> RunDir:
    """Every fourth sample is turned down, the first one is hostile; `graphs=False` is a run from before stage GRAPH."""
    run = RunDir(root)
    run.create()
    journal = Journal.create_or_open(run.journal)
    journal.set_meta("identity", {"model_name": "openai:gpt-x", "seed": seed, "device_target": "sm_80", "prove": True})
    journal.set_meta("versions", {"torch": "2.13.0", "triton": "3.7.1", "synth": "0.1.0"})
    journal.set_meta("total", total or samples)
    draw = random.Random(seed)
    for sample in range(samples):
        _sample(journal, draw, sample, graphs)
    journal.close()
    return run


def _sample(journal: Journal, draw: random.Random, sample: int, graphs: bool) -> None:
    pattern = tuple(draw.sample(OPERATORS, draw.randint(2, 5)))
    name = f"M{sample}_{'_'.join(pattern)}"
    source = HOSTILE if sample == 0 else f"import torch.nn as nn\n\n\nclass {name}(nn.Module):\n    x = {sample}\n"
    usage = Usage(100 + sample, 10, 50, 5)
    model = ("gpt-x", "gpt-y")[sample % 2]
    journal.ledger.record(Call(sample, 1, "openai", model, ANSWER, None, usage, 0.001, 0.5, ""))
    origin = Origin("openai", model, f"{model}-2026", ("plain", "worked_example")[sample % 3 == 0], "v1", usage=usage)
    journal.add_answer(sample, 1, pattern, name, f"```python\n{source}```", origin)
    program = Program(source, "Hostile" if sample == 0 else name, pattern)
    judgement = _judgement(sample, pattern, graphs)
    journal.add_judgement(sample, 1, program, judgement)
    journal.settle(sample, 1, name, judgement.accepted)
    if judgement.accepted and sample % 3 == 0:
        derived = replace(program, entry_point=f"{program.entry_point}Backward")
        journal.add_gradient(sample, 1, derived, judgement)


def _judgement(sample: int, pattern: tuple[str, ...], graphs: bool) -> Judgement:
    shown = [f"float{(32, 16)[sample % 2]}[{', '.join(['4'] * (2 + sample % 3))}]"]
    source = {"source_hash": f"{sample:032x}"}
    eager = {"signature": f"s{sample}", "inputs": shown} | ({"order": list(pattern)} if graphs else {})
    verdicts = [
        Verdict(Stage.CONTRACT, True, cpu_seconds=0.01),
        Verdict(Stage.SIMILARITY, True, metrics=source | ({"contamination": []} if graphs else {})),
        Verdict(Stage.EAGER, True, metrics=eager, cpu_seconds=0.1),
    ]
    if sample % 4 == 3:
        reason = (Reason.BENCHMARK_GRAPH, Reason.DUPLICATE_GRAPH)[sample % 8 == 3]
        metrics = {"root": f"{sample % 8:032x}", "contamination": [NEAR]}
        if graphs:
            verdicts.append(Verdict(Stage.GRAPH, False, reason, "as in <b>1/7</b>\x00", metrics, 0.1))
        else:
            verdicts[-1] = Verdict(Stage.EAGER, False, Reason.NON_FINITE, "output 0 holds NaN", {}, 0.1)
        return Judgement(tuple(verdicts))
    if graphs:
        root = f"{sample % 8:032x}"
        near = [{**NEAR, "score": 0.2 + sample / 100}] if sample % 2 else []
        graph = {"root": root, "strict": f"{sample:032x}", "edges": [["conv2d", "relu", 2], ["input", "conv2d", 1]]}
        graph |= {"nodes": 3 + sample, "depth": 3, "width": 2, "joins": sample % 2, "contamination": near}
        verdicts.append(Verdict(Stage.GRAPH, True, metrics=graph, cpu_seconds=0.2))
    verdicts.append(Verdict(Stage.TRITON, True, metrics={"kernels": 2}, cpu_seconds=1.5))
    labels = {
        "triton_a": {"kind": "pointwise", "operators": ["relu"]},
        "triton_b": {"kind": "template", "operators": ["addmm", "relu", "mul"]},
    }
    evidence = {
        "labels": {"kernels": labels, "difficulty": 1 + sample % 5, "roofline_us": 0.5},
        "compiled": {"sm_80": {kernel: {"registers": 40, "spill_bytes": 0, "occupancy": 0.5} for kernel in labels}},
        "numerics": {"by": "interpreter", "max_error": 1e-7, "tolerance_used": 0.25},
    }
    text = f"import triton\n\n\n@triton.jit\ndef triton_a(x):  # {sample}\n    pass\n"
    return Judgement(tuple(verdicts), Pair(text, "# as written\n", ("triton_a", "triton_b"), "sm_80", evidence))
