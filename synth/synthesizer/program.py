"""A whole program: imports, helpers, the main class, its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from operators.registry import get
from synth.synthesizer.draws import Draws
from synth.synthesizer.inputs import cased, write_inputs
from synth.synthesizer.planning import plan_forward
from synth.synthesizer.precision import cast_line, draw_dtype
from synth.synthesizer.render import WIDTH, render_class
from synth.synthesizer.scope import Program, Scope
from synth.synthesizer.style import Style, draw_style, in_order
from synth.synthesizer.wording import class_doc


class Draft(NamedTuple):
    """A program and what can be said about it without reading it.

    Attributes:
        source: the program's text.
        dtype: the floating type of its parameters and real inputs.
        memory: how each real input lies in memory.
        kinds: what each input holds, see `scope.Input`.
        adapters: statements that no operator of the pattern asked for.
        idioms: the customary structures in it.
        elements: of its largest input.
    """

    source: str
    dtype: str
    memory: tuple[str, ...]
    kinds: tuple[str, ...]
    adapters: int
    idioms: tuple[str, ...]
    elements: int


def write_program(pattern: Sequence[str], rng: Random, class_name: str, ordered: bool = False) -> str:
    """A program that runs every operator of `pattern`, with multiplicity.

    Args:
        pattern: names from the catalogue; KeyError on any other, ValueError when empty.
        rng: the only source of chance; the result is a function of it and the other arguments.
        class_name: the name of the main class.
        ordered: whether the operators run in the order of `pattern`, each on what the one before it made, as far as
            that can be done.

    Returns:
        Python source with `class_name`, `get_inputs()` and `get_init_inputs()`.
    """
    return draft_program(pattern, rng, class_name, ordered=ordered).source


def write_checked_program(pattern: Sequence[str], rng: Random, class_name: str, ordered: bool = False) -> str:
    """Like `write_program`, with an assertion of the planned shape after every statement of the main class."""
    return draft_program(pattern, rng, class_name, checked=True, ordered=ordered).source


def draft_program(
    pattern: Sequence[str],
    rng: Random,
    class_name: str,
    *,
    checked: bool = False,
    ordered: bool = False,
    dtype: str = "",
    memory: str = "",
) -> Draft:
    """Like `write_program`, with what is known about the program.

    Args:
        ordered: see `write_program`.
        checked: assert the planned shape after every statement of the main class.
        dtype: the floating type to use, where all operators of the pattern have it; drawn when empty.
        memory: how real inputs lie in memory, where their layout allows it; drawn when empty.
    """
    if not pattern:
        raise ValueError("a pattern needs at least one operator")
    entries = [get(name) for name in pattern]
    rng = Draws(rng.getrandbits(64))
    style = draw_style(rng)
    if ordered:
        style = in_order(style, {event for entry in entries for event in entry.events})
    program = Program(rng, style, class_name, ordered, draw_dtype(entries, rng, dtype), memory)
    scope = Scope(program)
    result = plan_forward(scope, entries)
    layouts = [i.value.layout for i in scope.inputs]
    doc = class_doc(pattern, layouts, len(layouts) > 1, rng)
    cast = cast_line(program.dtype, rng)
    main, params, names = render_class(scope, class_name, result, doc, checked, cast)
    constants, inputs = write_inputs(program, scope.inputs, names, WIDTH)
    lines = [f"{cased(role, style)} = {size}" for role, size in constants.items()]
    blocks = ["\n".join(main) + "\n"]
    if lines:
        blocks.append("\n".join(lines) + "\n")
    blocks += [inputs, _init_inputs(params, set(lines), style, rng)]
    code = "\n\n".join([*program.helpers, *blocks])
    return Draft(
        _imports(code, rng) + "\n\n" + code,
        program.dtype,
        tuple(i.memory for i in scope.inputs if i.kind == "real"),
        tuple(i.kind for i in scope.inputs),
        program.adapters,
        tuple(program.idioms),
        max(i.value.size for i in scope.inputs),
    )


def _imports(code: str, rng: Random) -> str:
    lines = ["import torch", "import torch.nn as nn" if rng.random() < 0.8 else "from torch import nn"]
    if "F." in code:
        lines.append("import torch.nn.functional as F")
    if lines[1].startswith("from"):
        lines = [lines[0], *lines[2:], lines[1]]
    return "\n".join(lines) + "\n"


def _init_inputs(params: dict[str, int | float], constants: set[str], style: Style, rng: Random) -> str:
    """The source of `get_init_inputs`: positional values first, the rest by name."""
    items = list(params.items())
    cut = len(items) if rng.random() < 0.6 else rng.randint(0, len(items))
    written = []
    for name, value in items:
        shared = f"{cased(name, style)} = {value}" in constants
        written.append(cased(name, style) if shared else repr(value))
    positional = ", ".join(written[:cut])
    keywords = ", ".join(f'"{name}": {text}' for (name, _), text in zip(items[cut:], written[cut:], strict=True))
    if style.init_as == "tuple":
        args = f"({positional}{',' if cut == 1 else ''})"
    else:
        args = f"[{positional}]"
    body = f"    return {args}, {{{keywords}}}"
    if style.init_as == "list" and rng.random() < 0.5:
        body = f"    return [{args}, {{{keywords}}}]"
    if len(body) > WIDTH:
        body = f"    args = {args}\n    kwargs = {{{keywords}}}\n    return args, kwargs"
    return f"def get_init_inputs():\n{body}\n"
