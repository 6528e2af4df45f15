"""How many pairs would be wrong if the kernels' arguments were told apart by their shapes.

    python benchmarks/shape_binding.py PATH [rows=N]

PATH is what `.export` writes, a run, or JSON lines with python_code, entry_point and evidence.  `evidence["arguments"]`
has what each argument of `call` truly is.  Beside it stands what a matching by shape would take: of the module's
parameters, then its buffers, then the inputs, the first whose shape is the argument's, in two readings: `first_unused`
passes over what an earlier argument took, `first` does not.  A pair is wrong when an argument is another tensor than
the true one, or none.  The programs are built in this process: run it on programs you trust.  Prints one
JSON line.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch
from torch import nn

from synth.pairs import read_rows
from validators.loading import load, tensors
from validators.verdict import Program


def matched(shapes: Sequence[torch.Size], candidates: Sequence[torch.Tensor], reuse: bool) -> list[torch.Tensor | None]:
    """For each shape the first candidate of that shape; without `reuse`, each candidate once."""
    taken: set[int] = set()
    chosen: list[torch.Tensor | None] = []
    for shape in shapes:
        found = next((t for t in candidates if t.shape == shape and (reuse or id(t) not in taken)), None)
        taken.add(id(found))
        chosen.append(found)
    return chosen


def bound(row: dict[str, Any]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The true tensor of each argument, and all that a matching can choose from."""
    evidence = row["evidence"] if isinstance(row["evidence"], dict) else json.loads(row["evidence"])
    loaded = load(Program(row["python_code"], row["entry_point"]))
    with torch.no_grad():
        model, inputs = loaded.build(), loaded.inputs()
        if any(isinstance(parameter, nn.UninitializedParameter) for parameter in model.parameters()):
            model(*inputs)  # lazy modules learn their shapes
    names = inspect.signature(model.forward).bind(*inputs).arguments | {"self": model}
    true = [eval(expression, dict(vars(loaded.namespace)), names) for expression in evidence["arguments"]]
    return true, [*model.parameters(), *model.buffers(), *tensors(inputs)]


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[2:])
    wrong = {"first_unused": 0, "first": 0}
    wrong_arguments = dict(wrong)
    pairs = arguments = ambiguous = 0
    failed: list[str] = []
    for label, row in islice(read_rows(Path(sys.argv[1])), int(given.get("rows", 1 << 30))):
        try:
            true, candidates = bound(row)
        except Exception as error:  # named in the result
            failed.append(f"{label}: {type(error).__name__}")
            continue
        pairs, arguments = pairs + 1, arguments + len(true)
        shapes = [tensor.shape for tensor in true]
        ambiguous += any(sum(t.shape == shape for t in candidates) > 1 for shape in shapes)
        for rule in wrong:
            chosen = matched(shapes, candidates, reuse=rule == "first")
            missed = sum(mine is not theirs for mine, theirs in zip(chosen, true, strict=True))
            wrong[rule] += missed > 0
            wrong_arguments[rule] += missed
    result = {
        "benchmark": "shape_binding",
        "path": sys.argv[1],
        "pairs": pairs,
        "not_built": failed,
        "arguments": arguments,
        "pairs_with_a_choice": ambiguous,
        "pairs_wrong": wrong,
        "share_wrong": {rule: round(count / pairs, 4) for rule, count in wrong.items()} if pairs else {},
        "arguments_wrong": wrong_arguments,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
