"""A whole program: imports, helpers, the main class, its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from operators.spec import Layout
from synth.synthesizer.planning import plan_forward
from synth.synthesizer.render import WIDTH, render_class
from synth.synthesizer.scope import Input, Program, Scope
from synth.synthesizer.style import Style, draw_style, in_order
from synth.synthesizer.wording import class_doc

_AXES = {
    Layout.VECTOR: ("num_features",),
    Layout.SEQUENCE: ("seq_len", "embed_size"),
    Layout.SIGNAL: ("in_channels", "length"),
    Layout.IMAGE: ("in_channels", "height", "width"),
    Layout.VOLUME: ("in_channels", "depth", "height", "width"),
}


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
    return _write(pattern, rng, class_name, checked=False, ordered=ordered)


def write_checked_program(pattern: Sequence[str], rng: Random, class_name: str, ordered: bool = False) -> str:
    """Like `write_program`, with an assertion of the planned shape after every statement of the main class."""
    return _write(pattern, rng, class_name, checked=True, ordered=ordered)


def _write(pattern: Sequence[str], rng: Random, class_name: str, checked: bool, ordered: bool) -> str:
    if not pattern:
        raise ValueError("a pattern needs at least one operator")
    style = draw_style(rng)
    if ordered:
        style = in_order(style)
    program = Program(rng, style, class_name, ordered=ordered)
    scope = Scope(program)
    result = plan_forward(scope, pattern)
    layouts = [i.value.layout for i in scope.inputs]
    doc = class_doc(pattern, layouts, len(layouts) > 1, rng)
    main, params, names = render_class(scope, class_name, result, doc, checked)
    constants, inputs = _inputs(scope.inputs, names, params, style, rng)
    blocks = ["\n".join(main) + "\n"]
    if constants:
        blocks.append("\n".join(constants) + "\n")
    blocks += [inputs, _init_inputs(params, set(constants), style, rng)]
    code = "\n\n".join([*program.helpers, *blocks])
    return _imports(code, rng) + "\n\n" + code


def _imports(code: str, rng: Random) -> str:
    lines = ["import torch", "import torch.nn as nn" if rng.random() < 0.8 else "from torch import nn"]
    if "F." in code:
        lines.append("import torch.nn.functional as F")
    if lines[1].startswith("from"):
        lines = [lines[0], *lines[2:], lines[1]]
    return "\n".join(lines) + "\n"


def _inputs(
    inputs: list[Input], names: list[str], params: dict[str, int | float], style: Style, rng: Random
) -> tuple[list[str], str]:
    """Module-level constants, as lines, and the source of `get_inputs`."""
    constants: dict[str, int] = {}
    calls = []
    for entry in inputs:
        sizes = []
        roles = ("batch_size", *_AXES[entry.value.layout])
        if len(roles) != len(entry.value.shape) or entry.hint:
            roles = ("batch_size", *("",) * (len(entry.value.shape) - 1))
        for role, size in zip(roles, entry.value.shape, strict=True):
            known = constants.setdefault(role, size) if role and style.constants != "literal" else None
            sizes.append(_cased(role, style) if known == size else str(size))
        joined = ", ".join(sizes)
        if entry.high:
            calls.append(f"torch.randint(0, {entry.high}, ({joined}{',' if len(sizes) == 1 else ''}))")
        else:
            calls.append(f"torch.{entry.draw}({joined})")
    lines = [f"{_cased(role, style)} = {size}" for role, size in constants.items()]
    single = f"    return [{', '.join(calls)}]"
    manner = rng.random()
    if manner < 0.35 or len(single) > WIDTH:
        text = [f"    {name} = {call}" for name, call in zip(names, calls, strict=True)]
        body = "\n".join([*text, f"    return [{', '.join(names)}]"])
    else:
        body = single
    arrow = " -> list[torch.Tensor]" if style.hints else ""
    return lines, f"def get_inputs(){arrow}:\n{body}\n"


def _cased(role: str, style: Style) -> str:
    return role.upper() if style.constants == "upper" else role


def _init_inputs(params: dict[str, int | float], constants: set[str], style: Style, rng: Random) -> str:
    """The source of `get_init_inputs`: positional values first, the rest by name."""
    items = list(params.items())
    cut = len(items) if rng.random() < 0.6 else rng.randint(0, len(items))
    written = []
    for name, value in items:
        shared = f"{_cased(name, style)} = {value}" in constants
        written.append(_cased(name, style) if shared else repr(value))
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
