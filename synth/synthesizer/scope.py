"""The class being written: its values, statements and inputs.

Planning works on `Value`s, which are results without names.  Names, nesting and grouping are decided later,
when the class is rendered and it is known how often and how long every value is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from operators.spec import Form, Layout, Operand, Shape, Stats, size_of
from synth.synthesizer.style import Style


class Value:
    """A tensor in a forward pass."""

    __slots__ = ("layout", "maker", "origin", "shape", "stats")

    def __init__(self, layout: Layout, shape: Shape, stats: Stats, maker: str = "") -> None:
        self.layout = layout
        self.shape = shape
        self.stats = stats
        self.maker = maker  # the operator that made it, "" for inputs and adapters
        self.origin: Value = self  # the value that this one hardly differs from

    @property
    def size(self) -> int:
        """Elements."""
        return size_of(self.shape)


class Statement(NamedTuple):
    """`out` is made by `form` from `values`, which bind its placeholders."""

    form: Form
    values: dict[str, Value]
    out: Value


class Input(NamedTuple):
    """A parameter of `forward`: a tensor of `shape`; whole numbers below `high` when that is positive."""

    value: Value
    hint: str
    high: int
    draw: str = "randn"  # the torch function that fills it


@dataclass
class Program:
    """What the classes of one program share."""

    rng: Random
    style: Style
    class_name: str
    ordered: bool = False  # the pattern's order is asked for
    helpers: list[str] = field(default_factory=list)
    class_names: set[str] = field(default_factory=set)
    adapters: int = 0
    home: Layout = Layout.VECTOR  # the layout of the stage being written

    def claim(self, name: str) -> str:
        """A class name like `name` that is not taken yet."""
        candidate, number = name, 1
        while candidate in self.class_names or candidate == self.class_name:
            number += 1
            candidate = f"{name}{number}"
        self.class_names.add(candidate)
        return candidate


class Scope:
    """One class being planned.  `outer` is the scope that calls it, if any."""

    def __init__(self, program: Program, outer: Scope | None = None) -> None:
        self.program = program
        self.rng = program.rng
        self.style = program.style
        self.outer = outer
        self.statements: list[Statement] = []
        self.inputs: list[Input] = []
        self.passed: list[Value] = []  # the outer values that `inputs` stand for
        self.values: list[Value] = []  # everything that may be read again, oldest first

    @property
    def root(self) -> Scope:
        """The scope of the program's main class."""
        return self if self.outer is None else self.outer.root

    def add_input(self, layout: Layout, shape: Shape, hint: str = "", high: int = 0) -> Value:
        """A new parameter of this class's `forward`; inner classes pass it through from the root."""
        draw = "rand" if self.rng.random() < 0.1 else "randn"
        return self._add(layout, shape, hint, high, draw)

    def _add(self, layout: Layout, shape: Shape, hint: str, high: int, draw: str) -> Value:
        value = Value(layout, shape, Stats() if draw == "randn" else Stats(0.5, 0.29, 0.29))
        self.inputs.append(Input(value, hint, high, draw))
        if self.outer is not None:
            self.passed.append(self.outer._add(layout, shape, hint, high, draw))
        if high == 0:
            self.values.append(value)
        return value

    def enter(self, outer_value: Value) -> Value:
        """The first parameter of an inner class, standing for a value of the outer one."""
        value = Value(outer_value.layout, outer_value.shape, outer_value.stats)
        self.inputs.append(Input(value, "", 0))
        self.passed.append(outer_value)
        self.values.append(value)
        return value

    def write(
        self,
        form: Form,
        x: Value,
        layout: Layout,
        shape: Shape,
        stats: Stats,
        maker: str = "",
        others: dict[str, Value] | None = None,
    ) -> Value:
        """Add a statement and return its result."""
        out = Value(layout, shape, stats, maker)
        values = {"x": x}
        if others:
            values.update(others)
        self.statements.append(Statement(form, values, out))
        self.values.append(out)
        return out

    def choose(self, forms: tuple[Form, ...]) -> Form:
        """One of the spellings, leaning the way the author leans."""
        if len(forms) == 1:
            return forms[0]
        lean = self.style.functional
        weights = [f.weight if f.makes else f.weight * lean for f in forms]
        at = self.rng.random() * sum(weights)
        for form, weight in zip(forms, weights, strict=True):
            at -= weight
            if at <= 0:
                return form
        return forms[-1]

    def room_for_inputs(self) -> bool:
        """Programs take at most four inputs."""
        return len(self.root.inputs) < 4


def operand_hint(operand: Operand) -> str:
    """What a new input for this operand is called."""
    return "" if operand.name == "y" else operand.name
