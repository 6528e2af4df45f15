"""Other numbers: hyperparameters and scalar constants, and sizes."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.mutators.work import Work, dotted

#: how much of what could be changed is changed, attempt by attempt; 0 stands for a single place
_SHARES = (1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.0, 0.0)

#: whole numbers that say how a layer works and change no number of layers or axes
_LAYER = re.compile(r"kernel|stride|padding|dilation|min_val|max_val|divi|multipl|scal|constant|margin|window", re.I)
#: whole numbers that are no sizes
_NO_SIZE = re.compile(
    r"kernel|stride|pad|dilat|layer|group|heads?$|expan|drop|^dim$|_dim$|axis|num_blocks|ratio|val", re.I
)


@dataclass(frozen=True)
class _Place:
    """A number in the tree, `change` puts another one there."""

    name: str
    value: float
    change: Callable[[float], None]


def constants(work: Work) -> None:
    """Scales, slopes, epsilons, thresholds, kernel sizes, strides and paddings; exponents and axes stay."""
    places = [place for place in _places(work.tree) if _is_hyperparameter(place)]
    for place in _chosen(work, places):
        if isinstance(place.value, int):
            step = work.rng.choice((1, 2)) if work.attempt == 0 else 1
            place.change(place.value + step if place.value >= 0 else place.value - step)
        elif place.value == 0 and "drop" in place.name:
            place.change(0.1)
        else:
            place.change(float(f"{place.value * work.rng.choice((0.5, 1.5, 2.5)):.6g}"))


def shapes(work: Work) -> None:
    """Batches, channels and extents, where the program still runs with them."""
    places = [place for place in _places(work.tree) if _is_size(place)]
    factors = (0.5, 2.0, 1.5) if work.attempt != 1 else (2.0,)
    for place in _chosen(work, places):
        fitting = [factor for factor in factors if place.value * factor == int(place.value * factor)]
        if fitting:
            place.change(int(place.value * work.rng.choice(fitting)))


def _chosen(work: Work, places: list[_Place]) -> list[_Place]:
    share = _SHARES[min(work.attempt, len(_SHARES) - 1)]
    if not places or share == 1.0:
        return places
    picked = work.rng.sample(places, max(1, int(len(places) * share)))
    # The first dimension of inputs is a batch nearly everywhere, so that the last attempt has something that works.
    if work.attempt >= len(_SHARES) - 1:
        return [place for place in places if "batch" in place.name][:1] or picked
    return picked


def _is_hyperparameter(place: _Place) -> bool:
    if isinstance(place.value, float):
        return math.isfinite(place.value) and (place.value != 0 or "drop" in place.name)
    return bool(_LAYER.search(place.name)) and abs(place.value) < 64


def _is_size(place: _Place) -> bool:
    small = 1 if re.search(r"batch|channels|height|width|size", place.name) else 7
    return isinstance(place.value, int) and place.value > small and not _NO_SIZE.search(place.name)


def _places(tree: ast.Module) -> Iterator[_Place]:
    """Numbers with the name they go by: of a variable, a parameter's default, a keyword, or "input" in get_inputs."""
    for parent in ast.walk(tree):
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            yield from _assigned(parent)
        elif isinstance(parent, ast.arguments):
            positional = [*parent.posonlyargs, *parent.args]
            for argument, default in zip(reversed(positional), reversed(parent.defaults), strict=False):
                yield from _inside(default, argument.arg)
        elif isinstance(parent, ast.Call):
            for keyword in parent.keywords:
                yield from _inside(keyword.value, keyword.arg or "")
            for name, given in _positional(parent):
                yield from _inside(given, name)
        elif isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.Pow):
            for side in (parent.left, parent.right):
                if isinstance(side, ast.Constant) and isinstance(side.value, float):
                    yield from _inside(side, "operand")
        elif isinstance(parent, ast.FunctionDef) and parent.name == "get_inputs":
            for call in ast.walk(parent):
                if isinstance(call, ast.Call) and dotted(call.func) in ("torch.rand", "torch.randn"):
                    for number, given in enumerate(call.args):
                        yield from _inside(given, "batch" if number == 0 else "input")
        elif isinstance(parent, ast.FunctionDef) and parent.name == "get_init_inputs":
            for statement in parent.body:
                if isinstance(statement, ast.Return) and isinstance(statement.value, ast.List):
                    for given in statement.value.elts:
                        yield from _inside(given, "argument")


_CONV = ("in", "out", "kernel_size", "stride", "padding")
_POOL = ("kernel_size", "stride", "padding")


def _positional(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """What the arguments of some of torch's functions are, by place."""
    last = dotted(call.func).rpartition(".")[2]
    known = _CONV if last.startswith("Conv") else _POOL if re.match(r"(Max|Avg)Pool", last) else ()
    if last in ("clamp", "hardtanh", "leaky_relu", "Hardtanh", "LeakyReLU"):
        known = ("value",) * 3
    yield from zip(known, call.args, strict=False)


def _assigned(node: ast.Assign) -> Iterator[_Place]:
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Name):
        yield from _inside(value, target.id)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for name, given in zip(target.elts, value.elts, strict=False):
            if isinstance(name, ast.Name):
                yield from _inside(given, name.id)


def _inside(node: ast.expr, name: str) -> Iterator[_Place]:
    """The number itself, a negated one, and numbers in a tuple."""
    if isinstance(node, ast.Constant):
        if (value := _number(node)) is not None:
            yield _Place(name, value, lambda new: setattr(node, "value", new))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        operand = node.operand
        if (value := _number(operand)) is not None:
            yield _Place(name, -value, lambda new: setattr(operand, "value", -new))
    elif isinstance(node, ast.Tuple) and not re.search(r"dim|axis", name):
        for item in node.elts:
            yield from _inside(item, name)


def _number(node: ast.Constant) -> float | None:
    """The constant's value, unless it is a truth value or no number."""
    value = node.value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
