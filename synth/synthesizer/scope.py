"""The class being written: its values, statements and inputs.

Planning works on `Value`s, which are results without names.  Names, nesting and grouping are decided later,
when the class is rendered and it is known how often and how long every value is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from random import Random

from operators.spec import Form, Layout, Operand, Operator, Shape, Stats
from synth.synthesizer.straight import is_straight
from synth.synthesizer.style import Style

_ROUNDABOUT = 0.15  # times the usual chance of a spelling that does more than the operator does, in an asked order


class Value:
    """A tensor in a forward pass.

    `text` and what follows are set when its class is written: how it is written where it is used (a name, or, when
    `loose`, an expression that may need parentheses), the named value whose name a result made from it may take over,
    how often it is used, and by which statement last (-1: by none).
    """

    __slots__ = ("_base", "_origin", "last", "layout", "loose", "maker", "shape", "size", "stats", "text", "uses")

    def __init__(self, layout: Layout, shape: Shape, stats: Stats, maker: str = "") -> None:
        self.layout = layout
        self.shape = shape
        self.size = prod(shape)  # elements
        self.stats = stats
        self.maker = maker  # the operator that made it, "" for inputs and adapters
        # None stands for the value itself: values in no cycle are freed at once.
        self._origin: Value | None = None
        self._base: Value | None = None
        self.text = ""
        self.loose = False
        self.uses = 0
        self.last = -1

    @property
    def origin(self) -> Value:
        """The value that this one hardly differs from."""
        return self._origin or self

    def echoes(self, other: Value) -> None:
        """Note that this value hardly differs from another one."""
        self._origin = other.origin

    @property
    def base(self) -> Value:
        """The named value whose name a result may take over."""
        return self._base or self

    def named(self, name: str) -> None:
        """It has a name of its own."""
        self.text, self.loose, self._base = name, False, None

    def inlined(self, text: str, loose: bool, base: Value) -> None:
        """It is written inside the statement that reads it."""
        self.text, self.loose, self._base = text, loose, base


@dataclass(slots=True)
class Statement:
    """`out` is made by `form` from `values`, which bind its placeholders."""

    form: Form
    values: dict[str, Value]
    out: Value


@dataclass(slots=True)
class Input:
    """A parameter of `forward`.

    `kind`: "real", "ids" (whole numbers below `high`), "counts" (the same, as features), "bytes" (0 to 255), "mask"
    (truth values), "grid" (a square of truth values, true up to the diagonal).  `draw` is the torch function that
    fills a real one, `memory` how it lies there.
    """

    value: Value
    hint: str = ""
    high: int = 0
    kind: str = "real"
    draw: str = "randn"
    memory: str = "contiguous"


@dataclass
class Program:
    """What the classes of one program share."""

    rng: Random
    style: Style
    class_name: str
    ordered: bool = False  # the pattern's order is asked for
    dtype: str = "float32"  # of every parameter and every real input
    memory: str = ""  # how all real inputs lie in memory, "" to let each draw
    budget: int = 50_000  # elements that a value may have after an adapter
    helpers: list[str] = field(default_factory=list)
    class_names: set[str] = field(default_factory=set)
    adapters: int = 0  # statements that no operator of the pattern asked for
    idioms: list[str] = field(default_factory=list)
    home: Layout = Layout.VECTOR  # the layout of the stage being written
    following: Layout | None = None  # that of the stage after it
    ahead: list[Operator] = field(default_factory=list)  # what is still to be written of it, last first

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

    def add_input(self, layout: Layout, shape: Shape, hint: str = "", high: int = 0, kind: str = "real") -> Value:
        """A new parameter of this class's `forward`; inner classes pass it through from the root."""
        if kind != "real":
            return self._add(Input(Value(layout, shape, _FILLED[kind]), hint, high, kind))
        draw = "rand" if self.rng.random() < 0.1 else "randn"
        memory = draw_memory(layout, self.rng, self.program.memory)
        return self._add(Input(Value(layout, shape, _FILLED[draw]), hint, high, kind, draw, memory))

    def _add(self, entry: Input) -> Value:
        self.inputs.append(entry)
        value = entry.value
        if self.outer is not None:
            self.passed.append(self.outer._add(replace(entry, value=Value(value.layout, value.shape, value.stats))))
        if entry.kind == "real":
            self.values.append(value)
        return value

    def enter(self, outer_value: Value) -> Value:
        """The first parameter of an inner class, standing for a value of the outer one."""
        value = Value(outer_value.layout, outer_value.shape, outer_value.stats)
        self.inputs.append(Input(value))
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
        self.statements.append(Statement(form, {"x": x, **others} if others else {"x": x}, out))
        self.values.append(out)
        return out

    def choose(self, forms: tuple[Form, ...]) -> Form:
        """One of the spellings, leaning the way the author leans."""
        if len(forms) == 1:
            return forms[0]
        lean = self.style.functional if self.outer is None else 0.4 * self.style.functional  # blocks hold modules
        weights = [f.weight if f.makes else f.weight * lean for f in forms]
        if self.program.ordered and any(straight := [is_straight(f.text) for f in forms]):
            # A neighbour's result is to reach the operator, and its own the next one: nothing else in between.
            weights = [w if direct else w * _ROUNDABOUT for w, direct in zip(weights, straight, strict=True)]
        at = self.rng.random() * sum(weights)
        for place, weight in enumerate(weights):
            at -= weight
            if at <= 0:
                return forms[place]
        return forms[-1]

    def room_for_inputs(self) -> bool:
        """Programs take at most four inputs."""
        return len(self.root.inputs) < 4


# The numbers of a new input, by what fills it.
_FILLED = {
    "randn": Stats(),
    "rand": Stats(0.5, 0.29, 0.29, low=0.0, high=1.0),
    "bytes": Stats(127.5, 74.0, 74.0),
    "counts": Stats(4.0, 2.5, 2.5),
    "ids": Stats(),
    "mask": Stats(0.2, 0.4, 0.4),
    "grid": Stats(0.5, 0.5, 0.0),
}
_CHANNELS_LAST = (Layout.IMAGE, Layout.VOLUME)


def draw_memory(layout: Layout, rng: Random, wanted: str = "") -> str:
    """How an input of this layout lies in memory; `wanted` where the layout allows it."""
    if wanted:
        return wanted if wanted != "channels_last" or layout in _CHANNELS_LAST else "contiguous"
    roll = rng.random()
    if layout in _CHANNELS_LAST and roll < 0.14:
        return "channels_last"
    if roll < 0.2:
        return "transposed"
    return "sliced" if roll < 0.26 else "contiguous"


def operand_hint(operand: Operand) -> str:
    """What a new input for this operand is called."""
    return "" if operand.name == "y" else operand.name
