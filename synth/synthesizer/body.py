"""From planned statements to the lines of a `forward`: names, nesting, and runs of modules in one."""

from __future__ import annotations

from dataclasses import replace

from operators.spec import Arg, Form, Make
from synth.synthesizer.naming import attribute_names, fresh_name, input_names, numbered
from synth.synthesizer.scope import Scope, Statement, Value
from synth.synthesizer.templates import Template, parse

_LOCALS = {"self", "t", "i", "p", "layer", "block", "torch", "nn", "F"}


def _grouped(scope: Scope) -> list[Statement]:
    """Runs of plain modules in an `nn.Sequential`, where the author likes that."""
    chance = scope.style.sequential
    statements, at = scope.statements, 0
    if not chance:
        return statements
    result = []
    total = len(statements)
    while at < total:
        first = last = statements[at]
        end = at + 1
        if first.form.solo and scope.rng.random() < chance:
            while (
                end < total
                and end - at < 4
                and statements[end].form.solo
                and statements[end].values["x"] is last.out
                and last.out.uses == 1
            ):
                last = statements[end]
                end += 1
        if end - at >= 2:
            scope.program.idioms.append("sequential")
            parts = tuple(Arg("", s.form.makes[0][1]) for s in statements[at:end])
            form = Form("{m}({x})", (("m", Make("nn.Sequential", parts, "block")),))
            result.append(Statement(form, {"x": first.values["x"]}, last.out))
        else:
            result.append(first)
        at = end
    return result


_FRESH = ("nn.Conv", "nn.Linear", "nn.BatchNorm", "nn.GroupNorm", "nn.LayerNorm", "nn.Bilinear")


def _forbid_unsafe_in_place(statements: list[Statement]) -> None:
    """Keep `inplace=True` only where the value was just made by a layer and nobody else reads it."""
    for at, statement in enumerate(statements):
        form = statement.form
        if not form.solo or not _is_in_place(form.makes[0][1]):
            continue
        x = statement.values["x"]
        maker = next((s.form for s in statements[:at] if s.out is x), None)
        fresh = maker is not None and maker.solo and maker.makes[0][1].cls.startswith(_FRESH)
        if not fresh or sum(value is x for s in statements for value in s.values.values()) > 1:
            key, make = form.makes[0]
            plain = replace(make, args=tuple(a for a in make.args if a.name != "inplace"))
            statements[at] = replace(statement, form=replace(form, makes=((key, plain),)))


def _is_in_place(make: Make) -> bool:
    args = make.args
    return bool(args) and args[-1].name == "inplace"


def _filled(template: Template, fields: dict[str, str], values: dict[str, Value]) -> list[str]:
    """The lines of a form, with parentheses around expressions where they need them."""
    every = fields | {f"({key})": text for key, text in fields.items()}
    for key, value in values.items():
        if value.loose:
            every[f"({key})"] = f"({value.text})"
    return [line.format_map(every) for line in template.guarded]


class BodyWriter:
    """Writes the `forward` body of one scope and collects what `__init__` must build."""

    def __init__(self, scope: Scope, result: Value, checked: bool = False) -> None:
        self.rng = scope.rng
        self.style = scope.style
        self.checked = checked
        self.result = result
        planned = scope.statements
        _forbid_unsafe_in_place(planned)
        templates = [parse(statement.form.text) for statement in planned]
        for statement, template in zip(planned, templates, strict=True):
            counts = template.counts
            for key, value in statement.values.items():
                value.uses += counts.get(key, 0)
        result.uses += 1
        self.statements = statements = _grouped(scope)
        if len(statements) < len(planned):
            templates = [parse(statement.form.text) for statement in statements]
        self.templates = templates
        makes: list[Make] = []
        for at, statement in enumerate(statements):
            for value in statement.values.values():
                value.last = at
            for _, make in statement.form.makes:
                makes.append(make)
        result.last = len(statements)
        names = attribute_names([make.hint for make in makes], self.rng)
        self.built = list(zip(names, makes, strict=True))
        self.attributes = iter(names)
        described = [(i.value.layout, i.hint) for i in scope.inputs]
        self.inputs = input_names(described, self.rng)
        self.live: dict[str, int] = {}  # name -> index of the last statement that reads it
        for name, entry in zip(self.inputs, scope.inputs, strict=True):
            entry.value.named(name)
            self.live[name] = entry.value.last
        self.lines: list[str] = []

    def write(self) -> list[str]:
        """The lines of `forward`, the return included."""
        for at, (statement, template) in enumerate(zip(self.statements, self.templates, strict=True)):
            values, out = statement.values, statement.out
            fields = {}
            for key, _ in statement.form.makes:
                fields[key] = f"self.{next(self.attributes)}"
            careful = False
            for key, value in values.items():
                fields[key] = value.text
                careful = careful or value.loose
            if template.statements:
                self._write_lines(at, statement, template, fields, careful)
                continue
            text = _filled(template, fields, values)[0] if careful else template.lines[0].format_map(fields)
            if out.uses == 1 and self._inlines(at, out, text):
                out.inlined(text, statement.form.loose, values["x"].base)
                continue
            name = self._name(at, values["x"], out)
            self._assign(f"{name} = {text}", name, out)
        self.lines.append(f"return {self.result.text}")
        return self.lines

    def _inlines(self, at: int, out: Value, text: str) -> bool:
        """Whether a result that is used once is written inside the next statement instead of being given a name."""
        if self.checked or out.last != at + 1 or len(text) > 68:
            return False
        if at + 1 == len(self.statements):
            return out is self.result and self.rng.random() < 0.4
        return not self.templates[at + 1].statements and self.rng.random() < self.style.inline

    def _write_lines(
        self, at: int, statement: Statement, template: Template, fields: dict[str, str], careful: bool
    ) -> None:
        """A form of several statements, with local variables of its own."""
        values, out = statement.values, statement.out
        name = fields["out"] = self._name(at, values["x"], out)
        busy = {n for n, end in self.live.items() if end >= at} | _LOCALS | {name}
        for key in template.counts:
            if key not in fields:
                fields[key] = numbered(key, busy)
                busy.add(fields[key])
        if careful:
            texts = _filled(template, fields, values)
        else:
            texts = [line.format_map(fields) for line in template.lines]
        self.lines.extend(texts[:-1])
        self._assign(texts[-1], name, out)

    def _name(self, at: int, x: Value, out: Value) -> str:
        """The name that takes the result: the one it replaces, or a new one."""
        rng, style, live = self.rng, self.style, self.live
        old = x.base.text
        if live.get(old, at) <= at and rng.random() >= style.fresh:
            name = old
        elif live.get(style.main, -1) <= at and rng.random() < 0.5:
            name = style.main
        else:
            busy = {n for n, end in live.items() if end > at} | _LOCALS
            name = fresh_name(out.layout, busy, rng)
        live[name] = at if out.last < 0 else out.last
        out.named(name)
        return name

    def _assign(self, text: str, name: str, out: Value) -> None:
        if self.style.comments and len(text) < 72 and self.rng.random() < 0.35:
            text += f"  # {out.shape}"
        self.lines.append(text)
        if self.checked:
            self.lines.append(f"assert tuple({name}.shape) == {out.shape}, tuple({name}.shape)")
