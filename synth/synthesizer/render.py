"""From planned statements to the text of a class: `__init__`, docstrings, and the `forward` that `body` writes."""

from __future__ import annotations

from operators.spec import Make
from synth.synthesizer.body import BodyWriter
from synth.synthesizer.lifting import Lifter, describe
from synth.synthesizer.scope import Scope, Value

WIDTH = 110


def wrapped(prefix: str, arguments: list[str], indent: str, close: str = ")") -> list[str]:
    """`prefix(arguments)` on one line, or spread over several where it is too long."""
    line = f"{indent}{prefix}({', '.join(arguments)}{close}"
    if len(line) <= WIDTH or not arguments:
        return [line]
    inner = f"{indent}    {', '.join(arguments)}"
    if len(inner) <= WIDTH:
        return [f"{indent}{prefix}(", inner, f"{indent}{close}"]
    return [f"{indent}{prefix}(", *(f"{indent}    {a}," for a in arguments), f"{indent}{close}"]


def _init_lines(built: list[tuple[str, Make]], lifter: Lifter) -> list[str]:
    lines: list[str] = []
    indent = " " * 8
    for name, make in built:
        if make.cls == "buffer":
            lines.append(f'{indent}self.register_buffer("{name}", {make.args[0].value})')
        elif make.cls == "":
            lines.append(f"{indent}self.{name} = {lifter.value(make.args[0])}")
        else:
            call, arguments = f"self.{name} = {lifter.named(make)}", lifter.arguments(make)
            line = f"{indent}{call}({', '.join(arguments)})"
            if len(line) <= WIDTH:
                lines.append(line)
            else:
                lines += wrapped(call, arguments, indent)
        if make.after:
            lines.append(indent + make.after.replace("{self}", f"self.{name}"))
    return lines


def render_class(
    scope: Scope, name: str, result: Value, doc: list[str], checked: bool = False, last: str = ""
) -> tuple[list[str], dict[str, int | float], list[str]]:
    """The lines of a class, its `__init__` parameters with their values, and the inputs of its `forward`.

    `last` is a line that ends an `__init__`, if there is one.
    """
    style, program = scope.style, scope.program
    writer = BodyWriter(scope, result, checked)
    body = writer.write()
    lifter = Lifter(program, style.lift)
    init = _init_lines(writer.built, lifter)
    lines = [f"class {name}(nn.Module):"]
    params = lifter.params
    if doc and style.doc != "none":
        lines += _docstring(doc, params if style.doc == "full" else {}, style.args_doc)
        lines.append("")
    if init or params:
        hinted = [f"{p}: {type(v).__name__}" if style.hints else p for p, v in params.items()]
        arrow = ") -> None:" if style.hints else "):"
        lines += wrapped("def __init__", ["self", *hinted], "    ", arrow)
        lines.append(f"        super({name}, self).__init__()" if style.old_super else "        super().__init__()")
        lines += init
        if last and init:
            lines.append(last)
        lines.append("")
    given = [f"{n}: torch.Tensor" if style.hints else n for n in writer.inputs]
    arrow = ") -> torch.Tensor:" if style.hints else "):"
    lines += wrapped("def forward", ["self", *given], "    ", arrow)
    if style.doc == "full" and scope.outer is None and scope.rng.random() < 0.5:
        lines += _forward_doc(scope, writer.inputs, result)
    for line in body:
        text = " " * 8 + line
        if len(text) > WIDTH:
            lines += _folded(text)
        else:
            lines.append(text)
    return lines, params, writer.inputs


def _folded(text: str) -> list[str]:
    """A line of a body that is too long, broken at the outermost call."""
    if not text.endswith(")"):
        return [text]
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0:
            indent = " " * (len(text) - len(text.lstrip()))
            return [text[: at + 1], f"{indent}    {text[at + 1 : -1]}", f"{indent})"]
    return [text]


def _docstring(doc: list[str], params: dict[str, int | float], manner: str) -> list[str]:
    pad = "    "
    if len(doc) == 1 and not params:
        return [f'{pad}"""{doc[0]}"""']
    lines = [f'{pad}"""{doc[0]}', *(f"{pad}{line}" if line else "" for line in doc[1:])]
    if params:
        lines.append("")
        if manner == "google":
            lines.append(f"{pad}Args:")
            lines += [f"{pad}    {p} ({type(v).__name__}): {describe(p)}." for p, v in params.items()]
        else:
            lines += [f"{pad}Parameters", f"{pad}----------"]
            for p, v in params.items():
                lines += [f"{pad}{p} : {type(v).__name__}", f"{pad}    {describe(p).capitalize()}."]
    lines.append(f'{pad}"""')
    return lines


_KINDS = {"ids": "whole numbers", "counts": "whole numbers", "bytes": "bytes", "mask": "mask", "grid": "mask"}


def _forward_doc(scope: Scope, names: list[str], result: Value) -> list[str]:
    pad = " " * 8
    lines = [f'{pad}"""Run the model.', "", f"{pad}Args:"]
    for name, entry in zip(names, scope.inputs, strict=True):
        kind = _KINDS.get(entry.kind, "tensor")
        lines.append(f"{pad}    {name}: {kind} of shape {entry.value.shape}.")
    return [*lines, "", f"{pad}Returns:", f"{pad}    Tensor of shape {result.shape}.", f'{pad}"""']


def render_block(scope: Scope, name: str, result: Value) -> tuple[str, list[tuple[str, int | float]]]:
    """A helper class's source, and its `__init__` parameters as (name, value)."""
    doc = [f"{name}: a part of the model, from {scope.inputs[0].value.shape} to {result.shape}."]
    if scope.rng.random() < 0.5:
        doc = []
    lines, params, _ = render_class(scope, name, result, doc)
    return "\n".join(lines) + "\n", list(params.items())
