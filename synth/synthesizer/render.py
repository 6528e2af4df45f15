"""From planned statements to the text of a class."""

from __future__ import annotations

from operators.spec import Arg, Form, Make
from synth.synthesizer.lifting import Lifter, describe
from synth.synthesizer.naming import AttributeNames, fresh_name, input_names, numbered
from synth.synthesizer.scope import Program, Scope, Statement, Value
from synth.synthesizer.templates import Line, Template, parse

WIDTH = 110
_LOCALS = {"self", "t", "i", "p", "layer", "block", "torch", "nn", "F"}


class _Text:
    """How a value is written where it is used: a name, or an expression that was not given one."""

    __slots__ = ("base", "loose", "text")

    def __init__(self, text: str, loose: bool, base: Value) -> None:
        self.text = text
        self.loose = loose
        self.base = base  # the named value whose name the result may take over


def _grouped(scope: Scope, uses: dict[int, int]) -> list[Statement]:
    """Runs of plain modules in an `nn.Sequential`, where the author likes that."""
    chance = scope.style.sequential
    statements, at, result = scope.statements, 0, []
    while at < len(statements):
        end = at + 1
        if statements[at].form.solo and chance and scope.rng.random() < chance:
            while (
                end < len(statements)
                and end - at < 4
                and statements[end].form.solo
                and statements[end].values["x"] is statements[end - 1].out
                and uses[id(statements[end - 1].out)] == 1
            ):
                end += 1
        if end - at >= 2:
            parts = tuple(Arg("", s.form.makes[0][1]) for s in statements[at:end])
            form = Form("{m}({x})", (("m", Make("nn.Sequential", parts, "block")),))
            result.append(Statement(form, {"x": statements[at].values["x"]}, statements[end - 1].out))
        else:
            result.append(statements[at])
        at = end
    return result


_FRESH = ("nn.Conv", "nn.Linear", "nn.BatchNorm", "nn.GroupNorm", "nn.LayerNorm", "nn.Bilinear")


def _forbid_unsafe_in_place(scope: Scope) -> None:
    """Keep `inplace=True` only where the value was just made by a layer and nobody else reads it."""
    readers: dict[int, int] = {}
    for statement in scope.statements:
        for value in statement.values.values():
            readers[id(value)] = readers.get(id(value), 0) + 1
    fresh = {
        id(s.out) for s in scope.statements if s.form.solo and s.form.makes[0][1].cls.startswith(_FRESH)
    }  # fmt: skip
    for at, statement in enumerate(scope.statements):
        x = statement.values["x"]
        if id(x) in fresh and readers[id(x)] == 1:
            continue
        if any(arg.name == "inplace" for _, make in statement.form.makes for arg in make.args):
            key, make = statement.form.makes[0]
            plain = make._replace(args=tuple(a for a in make.args if a.name != "inplace"))
            scope.statements[at] = statement._replace(form=statement.form._replace(makes=((key, plain),)))


class BodyWriter:
    """Writes the `forward` body of one scope and collects what `__init__` must build."""

    def __init__(self, scope: Scope, result: Value, checked: bool = False) -> None:
        self.scope = scope
        self.rng = scope.rng
        self.style = scope.style
        self.checked = checked
        self.result = result
        uses: dict[int, int] = {id(result): 1}
        _forbid_unsafe_in_place(scope)
        for statement in scope.statements:
            counts = parse(statement.form.text).counts
            for key, value in statement.values.items():
                uses[id(value)] = uses.get(id(value), 0) + counts.get(key, 0)
        self.statements = _grouped(scope, uses)
        self.uses = uses
        self.last: dict[int, int] = {}
        for at, statement in enumerate(self.statements):
            for value in statement.values.values():
                self.last[id(value)] = at
        self.last[id(result)] = len(self.statements)
        hints = [make.hint for s in self.statements for _, make in s.form.makes]
        self.attributes = AttributeNames(hints, self.rng)
        self.built: list[tuple[str, Make]] = []
        described = [(i.value.layout, i.hint) for i in scope.inputs]
        self.inputs = input_names(described, self.rng)
        self.written: dict[int, _Text] = {}
        self.live: dict[str, int] = {}  # name -> index of the last statement that reads it
        self.taken = set(self.inputs) | _LOCALS
        for name, entry in zip(self.inputs, scope.inputs, strict=True):
            self.written[id(entry.value)] = _Text(name, False, entry.value)
            self.live[name] = self.last.get(id(entry.value), -1)
        self.lines: list[str] = []

    def write(self) -> list[str]:
        """The lines of `forward`, the return included."""
        total = len(self.statements)
        for at, statement in enumerate(self.statements):
            template = parse(statement.form.text)
            attributes = self._attributes(statement)
            if template.statements:
                self._write_lines(at, statement, template, attributes)
                continue
            text = self._fill(template.lines[0], statement, attributes, {})
            if self._inlines(at, statement, text, total):
                base = self.written[id(statement.values["x"])].base
                self.written[id(statement.out)] = _Text(text, statement.form.loose, base)
                continue
            name = self._name(at, statement)
            self._assign(f"{name} = {text}", name, statement.out)
        final = self.written[id(self.result)]
        self.lines.append(f"return {final.text}")
        return self.lines

    def _inlines(self, at: int, statement: Statement, text: str, total: int) -> bool:
        """Whether a result is written inside the next statement instead of being given a name."""
        out = statement.out
        if self.checked or self.uses.get(id(out), 0) != 1 or self.last.get(id(out)) != at + 1 or len(text) > 68:
            return False
        if at + 1 == total:
            return out is self.result and self.rng.random() < 0.4
        following = parse(self.statements[at + 1].form.text)
        return not following.statements and self.rng.random() < self.style.inline

    def _attributes(self, statement: Statement) -> dict[str, str]:
        found = {}
        for key, make in statement.form.makes:
            name = self.attributes.next(make.hint)
            self.built.append((name, make))
            found[key] = f"self.{name}"
        return found

    def _fill(self, line: Line, statement: Statement, attributes: dict[str, str], local: dict[str, str]) -> str:
        parts = []
        for piece in line.pieces:
            parts.append(piece.literal)
            name = piece.name
            if name in attributes:
                parts.append(attributes[name])
            elif name in statement.values:
                text = self.written[id(statement.values[name])]
                parts.append(f"({text.text})" if text.loose and not piece.enclosed else text.text)
            else:
                parts.append(local[name])
        parts.append(line.tail)
        return "".join(parts)

    def _write_lines(self, at: int, statement: Statement, template: Template, attributes: dict[str, str]) -> None:
        """A form of several statements, with local variables of its own."""
        name = self._name(at, statement)
        local = {"out": name}
        busy = {n for n, end in self.live.items() if end >= at} | _LOCALS | {name}
        for key in template.counts:
            if key not in attributes and key not in statement.values and key != "out":
                local[key] = numbered(key, busy)
                busy.add(local[key])
                self.taken.add(local[key])
        texts = [self._fill(line, statement, attributes, local) for line in template.lines]
        self.lines.extend(texts[:-1])
        self._assign(texts[-1], name, statement.out)

    def _name(self, at: int, statement: Statement) -> str:
        """The name that takes the result: the one it replaces, or a new one."""
        base = self.written[id(statement.values["x"])]
        old = base.text if not base.loose and base.text.isidentifier() else self.written[id(base.base)].text
        reusable = old.isidentifier() and self.live.get(old, at) <= at
        if reusable and self.rng.random() >= self.style.fresh:
            name = old
        elif self.live.get(self.style.main, -1) <= at and self.rng.random() < 0.5:
            name = self.style.main
        else:
            busy = {n for n, end in self.live.items() if end > at} | _LOCALS
            name = fresh_name(statement.out.layout, busy, self.rng)
        self.live[name] = self.last.get(id(statement.out), at)
        self.taken.add(name)
        self.written[id(statement.out)] = _Text(name, False, statement.out)
        return name

    def _assign(self, text: str, name: str, out: Value) -> None:
        if self.style.comments and len(text) < 72 and self.rng.random() < 0.35:
            text += f"  # {out.shape}"
        self.lines.append(text)
        if self.checked:
            self.lines.append(f"assert tuple({name}.shape) == {out.shape}, tuple({name}.shape)")


def wrapped(prefix: str, arguments: list[str], indent: str, close: str = ")") -> list[str]:
    """`prefix(arguments)` on one line, or spread over several where it is too long."""
    line = f"{indent}{prefix}({', '.join(arguments)}{close}"
    if len(line) <= WIDTH or not arguments:
        return [line]
    inner = f"{indent}    {', '.join(arguments)}"
    if len(inner) <= WIDTH:
        return [f"{indent}{prefix}(", inner, f"{indent}{close}"]
    return [f"{indent}{prefix}(", *(f"{indent}    {a}," for a in arguments), f"{indent}{close}"]


def _init_lines(program: Program, built: list[tuple[str, Make]], lifter: Lifter) -> list[str]:
    lines: list[str] = []
    indent = " " * 8
    for name, make in built:
        make = _with_helpers(program, make)
        if make.cls == "buffer":
            lines.append(f'{indent}self.register_buffer("{name}", {make.args[0].value})')
        elif make.cls == "":
            lines.append(f"{indent}self.{name} = {lifter.value(make.args[0])}")
        else:
            lines += wrapped(f"self.{name} = {make.cls}", lifter.arguments(make), indent)
        if make.after:
            lines.append(indent + make.after.replace("{self}", f"self.{name}"))
    return lines


def _with_helpers(program: Program, make: Make) -> Make:
    """`make` with its helper classes, and those of modules inside it, written out and named."""
    if make.helper:
        name = program.claim(make.cls)
        program.helpers.append(make.helper.replace("{cls}", name))
        make = make._replace(cls=name, helper="")
    if any(isinstance(a.value, Make) for a in make.args):
        named = (
            a._replace(value=_with_helpers(program, a.value)) if isinstance(a.value, Make) else a for a in make.args
        )
        make = make._replace(args=tuple(named))
    return make


def render_class(
    scope: Scope, name: str, result: Value, doc: list[str], checked: bool = False, last: str = ""
) -> tuple[list[str], dict[str, int | float], list[str]]:
    """The lines of a class, its `__init__` parameters with their values, and the inputs of its `forward`.

    `last` is a line that ends an `__init__`, if there is one.
    """
    style, program = scope.style, scope.program
    writer = BodyWriter(scope, result, checked)
    body = writer.write()
    lifter = Lifter(scope.rng, style.lift)
    init = _init_lines(program, writer.built, lifter)
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
        lines += _folded(line)
    return lines, params, writer.inputs


def _folded(line: str) -> list[str]:
    """A line of a body at its indent, broken at the outermost call when it is too long."""
    text = " " * 8 + line
    if len(text) <= WIDTH or not text.endswith(")"):
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
