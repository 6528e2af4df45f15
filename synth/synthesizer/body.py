"""From planned statements to the lines of a `forward`: names, nesting, and runs of modules in one."""

from __future__ import annotations

from operators.spec import Arg, Form, Make
from synth.synthesizer.naming import AttributeNames, fresh_name, input_names, numbered
from synth.synthesizer.scope import Scope, Statement, Value
from synth.synthesizer.templates import Line, Template, parse

_LOCALS = {"self", "t", "i", "p", "layer", "block", "torch", "nn", "F"}


def _grouped(scope: Scope) -> list[Statement]:
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
                and statements[end - 1].out.uses == 1
            ):
                end += 1
        if end - at >= 2:
            scope.program.idioms.append("sequential")
            parts = tuple(Arg("", s.form.makes[0][1]) for s in statements[at:end])
            form = Form("{m}({x})", (("m", Make("nn.Sequential", parts, "block")),))
            result.append(Statement(form, {"x": statements[at].values["x"]}, statements[end - 1].out))
        else:
            result.append(statements[at])
        at = end
    return result


_IN_PLACE = Arg("inplace", True)
_FRESH = ("nn.Conv", "nn.Linear", "nn.BatchNorm", "nn.GroupNorm", "nn.LayerNorm", "nn.Bilinear")


def _forbid_unsafe_in_place(statements: list[Statement]) -> None:
    """Keep `inplace=True` only where the value was just made by a layer and nobody else reads it."""
    for at, statement in enumerate(statements):
        form = statement.form
        if not form.solo or _IN_PLACE not in form.makes[0][1].args:
            continue
        x = statement.values["x"]
        maker = next((s.form for s in statements[:at] if s.out is x), None)
        fresh = maker is not None and maker.solo and maker.makes[0][1].cls.startswith(_FRESH)
        if not fresh or sum(value is x for s in statements for value in s.values.values()) > 1:
            key, make = form.makes[0]
            plain = make._replace(args=tuple(a for a in make.args if a.name != "inplace"))
            statements[at] = statement._replace(form=form._replace(makes=((key, plain),)))


class BodyWriter:
    """Writes the `forward` body of one scope and collects what `__init__` must build."""

    def __init__(self, scope: Scope, result: Value, checked: bool = False) -> None:
        self.scope = scope
        self.rng = scope.rng
        self.style = scope.style
        self.checked = checked
        self.result = result
        _forbid_unsafe_in_place(scope.statements)
        for statement in scope.statements:
            counts = parse(statement.form.text).counts
            for key, value in statement.values.items():
                value.uses += counts.get(key, 0)
        result.uses += 1
        self.statements = _grouped(scope)
        self.templates = [parse(statement.form.text) for statement in self.statements]
        for at, statement in enumerate(self.statements):
            for value in statement.values.values():
                value.last = at
        result.last = len(self.statements)
        hints = [make.hint for s in self.statements for _, make in s.form.makes]
        self.attributes = AttributeNames(hints, self.rng)
        self.built: list[tuple[str, Make]] = []
        described = [(i.value.layout, i.hint) for i in scope.inputs]
        self.inputs = input_names(described, self.rng)
        self.live: dict[str, int] = {}  # name -> index of the last statement that reads it
        for name, entry in zip(self.inputs, scope.inputs, strict=True):
            entry.value.named(name)
            self.live[name] = entry.value.last
        self.lines: list[str] = []

    def write(self) -> list[str]:
        """The lines of `forward`, the return included."""
        total = len(self.statements)
        for at, statement in enumerate(self.statements):
            template = self.templates[at]
            attributes = self._attributes(statement)
            if template.statements:
                self._write_lines(at, statement, template, attributes)
                continue
            text = self._fill(template.lines[0], statement, attributes, {})
            if self._inlines(at, statement, text, total):
                statement.out.inlined(text, statement.form.loose, statement.values["x"].base)
                continue
            name = self._name(at, statement)
            self._assign(f"{name} = {text}", name, statement.out)
        self.lines.append(f"return {self.result.text}")
        return self.lines

    def _inlines(self, at: int, statement: Statement, text: str, total: int) -> bool:
        """Whether a result is written inside the next statement instead of being given a name."""
        out = statement.out
        if self.checked or out.uses != 1 or out.last != at + 1 or len(text) > 68:
            return False
        if at + 1 == total:
            return out is self.result and self.rng.random() < 0.4
        return not self.templates[at + 1].statements and self.rng.random() < self.style.inline

    def _attributes(self, statement: Statement) -> dict[str, str]:
        found = {}
        for key, make in statement.form.makes:
            name = self.attributes.next(make.hint)
            self.built.append((name, make))
            found[key] = f"self.{name}"
        return found

    def _fill(self, line: Line, statement: Statement, attributes: dict[str, str], local: dict[str, str]) -> str:
        parts = []
        values = statement.values
        for literal, name, enclosed in line.pieces:
            parts.append(literal)
            value = values.get(name)
            if value is not None:
                parts.append(f"({value.text})" if value.loose and not enclosed else value.text)
            else:
                parts.append(attributes[name] if name in attributes else local[name])
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
        texts = [self._fill(line, statement, attributes, local) for line in template.lines]
        self.lines.extend(texts[:-1])
        self._assign(texts[-1], name, statement.out)

    def _name(self, at: int, statement: Statement) -> str:
        """The name that takes the result: the one it replaces, or a new one."""
        x = statement.values["x"]
        old = x.text if not x.loose and x.text.isidentifier() else x.base.text
        reusable = old.isidentifier() and self.live.get(old, at) <= at
        if reusable and self.rng.random() >= self.style.fresh:
            name = old
        elif self.live.get(self.style.main, -1) <= at and self.rng.random() < 0.5:
            name = self.style.main
        else:
            busy = {n for n, end in self.live.items() if end > at} | _LOCALS
            name = fresh_name(statement.out.layout, busy, self.rng)
        out = statement.out
        self.live[name] = at if out.last < 0 else out.last
        out.named(name)
        return name

    def _assign(self, text: str, name: str, out: Value) -> None:
        if self.style.comments and len(text) < 72 and self.rng.random() < 0.35:
            text += f"  # {out.shape}"
        self.lines.append(text)
        if self.checked:
            self.lines.append(f"assert tuple({name}.shape) == {out.shape}, tuple({name}.shape)")
