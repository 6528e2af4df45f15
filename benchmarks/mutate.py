"""Pairs broken on purpose: how many does stage NUMERICS catch?

    python benchmarks/mutate.py PATH [pairs=200] [seed=0] [each=1]

PATH is an export (parquet or JSON lines).  Each pair's `triton_code` is edited in one of the ways of `MUTATIONS`
(`each` of them, in turn over the pairs) and judged like an unbroken one.  A survivor is run beside the original on
eight more draws, some with values of another size: where every output is the same bit for bit the edit changed no
function (`equivalent`), where none differs by more than roundings it changed none that exact arithmetic knows
(`rounding`: a bias that a softmax cancels), else it was missed.  Prints a line per survivor and one JSON line.
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TRITON_INTERPRET"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

import torch
from prove import read_rows

from validators import proving
from validators.loading import Refused, load, tensors
from validators.processes.program_side import Here, in_this_process
from validators.proof import numerics
from validators.proof.sides import EagerSide
from validators.verdict import Program, Settings, Stage

SETTINGS = Settings()
SECONDS = 120
SEED = 12345
EFFECT_SCALES = (1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 0.3, 10.0)
ROUNDING = 1e-6  # relative to the largest element: some roundings of float32
Mutation = Callable[[str, random.Random], "str | None"]


def _edit(text: str, rng: random.Random, pattern: str, change: Callable[[re.Match[str]], str | None]) -> str | None:
    """`text` with one match of `pattern`, chosen by `rng`, changed; None where nothing changes."""
    found = list(re.finditer(pattern, text, re.MULTILINE))
    rng.shuffle(found)
    for match in found:
        new = change(match)
        if new is not None and new != match.group(0):
            return text[: match.start()] + new + text[match.end() :]
    return None


def _swapped_parameters(text: str, rng: random.Random) -> str | None:
    lines = list(re.finditer(r"^        (arg\w+) = (.+)$", text, re.MULTILINE))
    if len(lines) < 2:
        return None
    first, second = sorted(rng.sample(lines, 2), key=lambda m: m.start())
    a, b = f"        {first[1]} = {second[2]}", f"        {second[1]} = {first[2]}"
    return text[: first.start()] + a + text[first.end() : second.start()] + b + text[second.end() :]


def _constant(text: str, rng: random.Random) -> str | None:
    pattern = r"^    tmp\d+ = tl\.full\(\[[\d, ]*\], (-?\d+\.\d+(?:e-?\d+)?), tl\.float32\)$"
    return _edit(text, rng, pattern, lambda m: m[0].replace(m[1], repr(float(m[1]) * 1.25 + 0.01), 1))


def _dropped_mask(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"^    +tl\.store\(.*, (?!None)[\w& ]+\)$", lambda m: m[0][: m[0].rindex(",")] + ", None)")


def _skipped_store(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"^( +)tl\.store\(.*$", lambda m: f"{m[1]}pass")


def _swapped_strides(text: str, rng: random.Random) -> str | None:
    def swap(match: re.Match[str]) -> str | None:
        index = re.sub(r" ?\* ?", " * ", match[2])
        factors = re.findall(r"(\d+) \* (\w+)", index)
        plain = re.search(r"(?<!\* )\b([xyzr]\d*(?:_\d+)?) \+", index)
        if len(factors) >= 2 and factors[0][0] != factors[1][0]:
            (a, x), (b, y) = factors[:2]
            index = index.replace(f"{a} * {x}", f"{b} * {x}@").replace(f"{b} * {y}", f"{a} * {y}").replace("@", "")
            return match[1] + index + match[3]
        if factors and plain:
            a, x = factors[0]
            index = index.replace(f"{a} * {x}", x, 1).replace(plain[1], f"{a} * {plain[1]}", 1)
            return match[1] + index + match[3]
        return None

    return _edit(text, rng, r"^(    +tmp\d+ = tl\.load\(\w+ \+ \()(.+?)(\)(?:, .*)?\))$", swap)


def _flipped_axis(text: str, rng: random.Random) -> str | None:
    return _edit(
        text, rng, r"^    (x\d+) = \(?xindex % (\d+)\)?$", lambda m: f"    {m[1]} = {int(m[2]) - 1} - (xindex % {m[2]})"
    )


def _removed_operation(text: str, rng: random.Random) -> str | None:
    names = r"libdevice\.\w+|tl\.sigmoid|tl_math\.\w+|triton_helpers\.maximum|triton_helpers\.minimum"
    return _edit(text, rng, rf"^(    +tmp\d+) = (?:{names})\((?:tmp\d+, )?(tmp\d+)\)$", lambda m: f"{m[1]} = {m[2]}")


def _shifted_load(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"^(    +tmp\d+ = tl\.load\(\w+ \+ \()(.+?\)(?:, .*)?\))$", lambda m: f"{m[1]}1 + {m[2]}")


def _shifted_block(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"tl\.program_id\((\d)\) \* (\w)BLOCK", lambda m: f"({m[0]} + 1)")


def _short_numel(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"^    (\w*numel) = (\d+)$", lambda m: f"    {m[1]} = {int(m[2]) - 1}")


def _narrow_type(text: str, rng: random.Random) -> str | None:
    def narrow(match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}.to(tl.float16){match[3]}"

    return _edit(text, rng, r"^(    +tl\.store\(\w+ \+ .*, )(tmp\d+)(, .*\))$", narrow)


def _other_reduction(text: str, rng: random.Random) -> str | None:
    others = {
        "tl.sum": "triton_helpers.max2",
        "triton_helpers.max2": "triton_helpers.min2",
        "triton_helpers.min2": "triton_helpers.max2",
        "triton_helpers.maximum": "triton_helpers.minimum",
        "triton_helpers.minimum": "triton_helpers.maximum",
    }
    pattern = "|".join(re.escape(name) + r"(?=\()" for name in others)
    return _edit(text, rng, pattern, lambda m: others[m[0]])


def _mean_as_sum(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"^(    +tmp\d+) = \(?(tmp\d+) / (tmp\d+)\)?$", lambda m: f"{m[1]} = {m[2]}")


def _epsilon(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"^(    +tmp\d+ = .*)\b1e-0[5-9]\b", lambda m: f"{m[1]}1e-02")


def _other_buffer(text: str, rng: random.Random) -> str | None:
    def other(match: re.Match[str]) -> str | None:
        before = text[: match.start()]
        head = before[before.rindex("\ndef ") :].split("):")[0]
        names = [n for n in re.findall(r"\w*in_\w*ptr\d+", head) if n != match[2]]
        return f"{match[1]}{rng.choice(names)}{match[3]}" if names else None

    return _edit(text, rng, r"^(    +tmp\d+ = tl\.load\()(\w+)( \+ .*)$", other)


def _transposed_output(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"^(        return .*?)(output\[0\])", lambda m: f"{m[1]}{m[2]}.flip(0).transpose(0, -1)")


def _other_operator(text: str, rng: random.Random) -> str | None:
    others = {"+": "-", "-": "+", "*": "+"}
    return _edit(text, rng, r"^(    +tmp\d+ = tmp\d+) ([-+*]) (tmp\d+)$", lambda m: f"{m[1]} {others[m[2]]} {m[3]}")


def _other_comparison(text: str, rng: random.Random) -> str | None:
    others = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
    return _edit(
        text, rng, r"^(    +tmp\d+ = tmp\d+) (<|>|<=|>=|==|!=) (tmp\d+)$", lambda m: f"{m[1]} {others[m[2]]} {m[3]}"
    )


def _launches(text: str) -> list[ast.Call]:
    """The launches in `call`, as plain Triton (`kernel[grid](...)`) or as Inductor writes them (`kernel.run(...)`)."""
    calls = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr)]
    launched = re.compile(r"triton_\w+(\[|\.run$)")
    return [node for node in calls if isinstance(node, ast.Call) and launched.match(ast.unparse(node.func))]


def _replaced(text: str, node: ast.expr, new: str) -> str:
    """`text` with the characters of `node` exchanged; its lines are ASCII."""
    lines = text.splitlines(keepends=True)
    assert node.end_lineno is not None
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + (node.end_col_offset or 0)
    return text[:start] + new + text[end:]


def _skipped_launch(text: str, rng: random.Random) -> str | None:
    found = _launches(text)
    return _replaced(text, rng.choice(found), "pass") if found else None


def _swapped_pointers(text: str, rng: random.Random) -> str | None:
    found = _launches(text)
    rng.shuffle(found)
    for call in found:
        pointers = [k for k, argument in enumerate(call.args) if not isinstance(argument, ast.Constant)]
        if len(pointers) >= 2:
            a, b = rng.sample(pointers, 2)
            call.args[a], call.args[b] = call.args[b], call.args[a]
            return _replaced(text, call, ast.unparse(call))
    return None


def _small_grid(text: str, rng: random.Random) -> str | None:
    return _edit(text, rng, r"triton\.cdiv\((\d+), meta", lambda m: f"triton.cdiv({int(m[1]) // 2 or 1}, meta")


MUTATIONS: dict[str, Mutation] = {
    "two parameters swapped": _swapped_parameters,
    "a constant changed": _constant,
    "a mask dropped": _dropped_mask,
    "a store skipped": _skipped_store,
    "two strides swapped": _swapped_strides,
    "an axis flipped": _flipped_axis,
    "an operation removed": _removed_operation,
    "an index off by one": _shifted_load,
    "a block off by one": _shifted_block,
    "a size off by one": _short_numel,
    "a type too narrow": _narrow_type,
    "another reduction": _other_reduction,
    "a sum for a mean": _mean_as_sum,
    "another epsilon": _epsilon,
    "a load from another buffer": _other_buffer,
    "an output transposed": _transposed_output,
    "another operator": _other_operator,
    "a comparison turned": _other_comparison,
    "a launch skipped": _skipped_launch,
    "two kernel arguments swapped": _swapped_pointers,
    "a grid too small": _small_grid,
}


def verdict_on(row: dict[str, Any], text: str) -> str:
    """The reason for which the text is refused; empty where it is proved."""

    def too_long(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    try:
        program = Program(row["python_code"], row["entry_point"])
        proving.check(*in_this_process(program, SETTINGS, text), program, text, SETTINGS, Stage.NUMERICS)
    except Refused as refused:
        return str(refused.reason)
    except TimeoutError:
        return "timeout"
    finally:
        signal.alarm(0)
    return ""


def effect(row: dict[str, Any], text: str) -> float:
    """The largest change of an output against the original text's on more draws, relative; 0 for none at all."""
    loaded = load(Program(row["python_code"], row["entry_point"]))
    with torch.no_grad():
        side = Here(EagerSide(loaded))
        told = side.ask("describe", seed=SEED)
        made = [proving.drawn(side, told, SEED + k, scale).values for k, scale in enumerate(EFFECT_SCALES)]
        original = numerics.Emitted(loaded, row["triton_code"], SEED)
        right = [original.run(**draw)[0] for draw in made]
        edited = numerics.Emitted(loaded, text, SEED)
        wrong = [edited.run(**draw)[0] for draw in made]
    worst = 0.0
    for wanted, got in zip(right, wrong, strict=True):
        for a, b in zip(tensors(wanted), tensors(got), strict=True):
            if not torch.equal(a, b):
                scale = float(a.double().abs().max()) or 1.0
                worst = max(worst, float((a.double() - b.double()).abs().max()) / scale)
    return worst


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[2:])
    rows = read_rows(Path(sys.argv[1]))[: int(given.get("pairs", 200))]
    seed, each = int(given.get("seed", 0)), int(given.get("each", 1))
    numerics.prepare(SETTINGS.device_target)
    kinds = list(MUTATIONS)
    made, caught, reasons = Counter[str](), Counter[str](), Counter[str]()
    survivors: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        rng = random.Random(f"{seed}/{index}")
        done = 0
        for kind in kinds[index % len(kinds) :] + kinds[: index % len(kinds)]:
            text = MUTATIONS[kind](row["triton_code"], rng)
            if text is None:
                continue
            reason = verdict_on(row, text)
            made[kind] += 1
            caught[kind] += bool(reason)
            reasons[reason or "proved"] += 1
            if not reason:
                change = effect(row, text)
                survivors.append({"row": index, "kind": kind, "change": change, "edit": _difference(row, text)})
                print(json.dumps(survivors[-1]), file=sys.stderr, flush=True)
            done += 1
            if done >= each:
                break
    equivalent = sum(s["change"] == 0 for s in survivors)
    rounding = sum(0 < s["change"] <= ROUNDING for s in survivors)
    total, found = sum(made.values()), sum(caught.values())
    print(
        json.dumps(
            {
                "benchmark": "mutate",
                "path": sys.argv[1],
                "mutants": total,
                "caught": found,
                "share": round(found / total, 4),
                "equivalent": equivalent,
                "rounding": rounding,
                "missed": total - found - equivalent - rounding,
                "share_caught_or_explained": round((found + equivalent + rounding) / total, 4),
                "share_of_those_that_change_something": round(found / (total - equivalent - rounding), 4),
                "by_kind": {kind: f"{caught[kind]}/{made[kind]}" for kind in kinds},
                "reasons": reasons,
            }
        )
    )


def _difference(row: dict[str, Any], text: str) -> list[str]:
    before, after = row["triton_code"].splitlines(), text.splitlines()
    return [f"{a.strip()[:120]}  ->  {b.strip()[:120]}" for a, b in zip(before, after, strict=False) if a != b][:2]


if __name__ == "__main__":
    main()
