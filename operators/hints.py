"""What to know of an operator to write it: how it is spelled, which shapes it fits, what it needs besides.

For prompts.  Spellings and shapes are read off the entry itself, by planning it a few times; what a plan cannot say
is the entry's own `hint`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from random import Random

from operators.registry import catalogue, get
from operators.spec import DEEP, SPATIAL, Form, Layout, Make, Operator, Site, Stats, shape_of

MOST_SPELLINGS = 3
_DRAWS = 8  # plans per layout: enough to meet every spelling of an entry that has a handful
_BATCH, _CHANNELS, _SIDE = 2, 16, 6  # a value that meets the limits of every entry
_AXES = {
    Layout.VECTOR: "(B, F)",
    Layout.SEQUENCE: "(B, L, D)",
    Layout.SIGNAL: "(B, C, L)",
    Layout.IMAGE: "(B, C, H, W)",
    Layout.VOLUME: "(B, C, D, H, W)",
}
_SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "matmul": "@", "pow": "**"}
_CALL = re.compile(r"(F|torch(?:\.[a-z]+)?|\{\w+\}|\))\.(\w+)\(")
_RANKED = re.compile(r"^(.*?)([123])d$")
#: where the argument matters as much as the name, since not every number is allowed
_WRITTEN_OUT = ("pointwise", "element_wise_ops")


@cache
def hint(name: str) -> str:
    """One line on the operator called `name`; empty for a name that is not in the catalogue."""
    try:
        entry = get(name)
    except KeyError:
        return ""
    parts = [_listed(_spellings(entry)), _shapes(entry), entry.hint or _sizes(entry)]
    return "; ".join(part for part in parts if part)


@cache
def digest() -> str:
    """Changes when any hint does: then the same pattern is asked for in other words."""
    joined = "\n".join(f"{entry.name}: {hint(entry.name)}" for entry in catalogue())
    return blake2b(joined.encode(), digest_size=6).hexdigest()


def _forms(entry: Operator) -> Iterator[Form]:
    for layout in entry.layouts:
        axes = _AXES[layout].count(",") + 1
        shape = shape_of(layout, _BATCH, _CHANNELS, (_SIDE,) * (axes - 2))
        for draw in range(_DRAWS):
            yield from entry.plan(Site(layout, shape, Stats(), Random(draw))).forms


def _spellings(entry: Operator) -> list[str]:
    """The modules, then the functions, that the entry's plans write and that count as its use."""
    modules: dict[str, None] = {}
    whole: dict[str, str] = {}  # by function: expressions that are a call of it
    inner: dict[str, str] = {}  # calls inside larger expressions, told only when there is nothing better
    for form in _forms(entry):
        modules.update(dict.fromkeys(cls for cls in _classes(form) if f"M:{cls.removeprefix('nn.')}" in entry.events))
        for function, symbol in _SYMBOLS.items():
            if f"F:{function}" in entry.events and re.match(rf"\{{x\}} {re.escape(symbol)} ", form.text):
                whole.setdefault(function, f"x {symbol} ...")
        for call in _CALL.finditer(form.text):
            if f"F:{call[2]}" in entry.events:
                written = f"{'x' if call[1][0] in '{)' else call[1]}.{call[2]}"
                if call.start() == 0 and entry.family in _WRITTEN_OUT and "\n" not in form.text:
                    written = form.text.replace("{x}", "x").replace("{y}", "y")
                (inner if call.start() else whole).setdefault(call[2], written)
    found = [*_by_rank(list(modules)), *_by_rank(list(whole.values()))]
    return (found or _by_rank(list(inner.values())))[:MOST_SPELLINGS]


def _listed(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _classes(form: Form) -> Iterator[str]:
    waiting: list[object] = [make for _, make in form.makes]
    for item in waiting:
        if isinstance(item, Make):
            yield item.cls
            waiting += [arg.value for arg in item.args]


def _by_rank(names: list[str]) -> list[str]:
    """nn.MaxPool1d, nn.MaxPool2d -> nn.MaxPool1d/2d."""
    grouped: dict[str, list[str]] = {}
    for name in names:
        ranked = _RANKED.match(name)
        grouped.setdefault(ranked[1] if ranked else name, []).extend([f"{ranked[2]}d"] if ranked else [])
    return [stem + "/".join(sorted(ranks)) for stem, ranks in grouped.items()]


def _shapes(entry: Operator) -> str:
    layouts = set(entry.layouts)
    if layouts in ({*SPATIAL}, {*SPATIAL, Layout.VECTOR}):
        return "channels in axis 1"
    if len(layouts) >= len(DEEP):
        return ""  # next to anything
    return "fits " + " or ".join(_AXES[layout] for layout in entry.layouts)


def _sizes(entry: Operator) -> str:
    """Sizes that are sure to do; an entry that knows the exact condition has it in its hint."""
    if entry.limits.multiple == 1:
        return ""
    letters = {{Layout.VECTOR: "F", Layout.SEQUENCE: "D"}.get(layout, "C") for layout in entry.layouts}
    return f"{letters.pop() if len(letters) == 1 else 'features'} a multiple of {entry.limits.multiple}"
