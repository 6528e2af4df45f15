"""What one catalogue entry is made of.

The catalogue is *total by construction*: an operator never says "I need a shape such that ...".  It says in
which layouts it can be written, what it needs of sizes (`Limits`, which the synthesizer can always reach with
an adapter), and then **chooses its own arguments from the shape it is given** (`Operator.plan`).  So planning
never fails and never goes back.

Everything here is plain data and torch-free.  The small records are values: nobody changes one.  They are not frozen,
since a program makes hundreds of them, and a frozen dataclass takes four times as long to build.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from random import Random

Shape = tuple[int, ...]


class Layout(StrEnum):
    """What the axes of a value mean.  Axis 0 is always the batch."""

    VECTOR = "vector"  # (B, F)
    SEQUENCE = "sequence"  # (B, L, D): features last
    SIGNAL = "signal"  # (B, C, L): channels first
    IMAGE = "image"  # (B, C, H, W)
    VOLUME = "volume"  # (B, C, D, H, W)

    __hash__ = str.__hash__  # Enum's own is written in Python; layouts are looked up all the time


ANY = tuple(Layout)
SPATIAL = (Layout.SIGNAL, Layout.IMAGE, Layout.VOLUME)
DEEP = (Layout.SEQUENCE, Layout.SIGNAL, Layout.IMAGE, Layout.VOLUME)
OF_RANK = {1: Layout.SIGNAL, 2: Layout.IMAGE, 3: Layout.VOLUME}
AXES = {Layout.VECTOR: 2, Layout.SEQUENCE: 3, Layout.SIGNAL: 3, Layout.IMAGE: 4, Layout.VOLUME: 5}


def channels_of(layout: Layout, shape: Shape) -> int:
    """The size of the feature axis: last in a sequence, axis 1 elsewhere."""
    return shape[2] if layout is Layout.SEQUENCE else shape[1]


def spatial_of(layout: Layout, shape: Shape) -> Shape:
    """The sizes that are neither batch nor features; empty for a vector, (L,) for a sequence."""
    return shape[1:2] if layout is Layout.SEQUENCE else shape[2:]


def shape_of(layout: Layout, batch: int, channels: int, spatial: Shape) -> Shape:
    """The shape with these sizes in this layout; the inverse of the two functions above."""
    return (batch, *spatial, channels) if layout is Layout.SEQUENCE else (batch, channels, *spatial)


@dataclass(slots=True)
class Stats:
    """A rough picture of a value's numbers, good to a factor of a few.

    `signal` is the part of `std` that comes from the forward inputs (the rest comes from biases).  Arguments
    such as thresholds are chosen from it, and the synthesizer repairs values whose signal runs dry.
    `flat` are axes over which the sum is known to be constant (after a softmax or a norm): adding up over
    them would throw everything away.  `floored` and `capped` values hold their smallest and largest number many times
    over, as after a ReLU or a clamp: the extreme of many is always that number.  All values lie between `low` and
    `high`, as far as that is known: what is never positive is nothing after a ReLU.
    """

    mean: float = 0.0
    std: float = 1.0
    signal: float = 1.0
    flat: tuple[int, ...] = ()
    floored: bool = False
    capped: bool = False
    low: float = -math.inf
    high: float = math.inf

    def along(self, flat: tuple[int, ...]) -> Stats:
        """The same numbers, whose sum is constant over these axes."""
        return Stats(self.mean, self.std, self.signal, flat, self.floored, self.capped, self.low, self.high)


Effect = Callable[[Stats], Stats]


@dataclass(slots=True)
class Arg:
    """One constructor argument.  `name` empty means positional.  A str value is written as code.

    `role` is the name that the argument gets when a program makes it a parameter of its `__init__`; without
    one it stays a literal.
    """

    name: str
    value: object
    role: str = ""


@dataclass(slots=True)
class Make:
    """Something built in `__init__` and kept on self: `self.<hint> = <cls>(<args>)`.

    With an empty `cls` the single argument is kept as it is (`self.scale = 0.5`).  `after` is a line that
    follows the assignment, with `{self}` for the attribute; lazy modules use it to fix their shapes.
    `helper` is the source of a class that `cls` names; `{cls}` stands for its final name.
    """

    cls: str
    args: tuple[Arg, ...]
    hint: str
    after: str = ""
    helper: str = ""


@dataclass(slots=True)
class Form:
    """One way to write a step.

    `text` is a template.  One line is an expression for the result; more lines are statements that assign
    `{out}`.  `{x}` is the value worked on, other names are operands or keys of `makes`; any further name is a
    local variable.  `loose` marks expressions that need parentheses when used inside others.  `solo` marks
    forms made of one module with one argument, which fit in `nn.Sequential`.
    """

    text: str
    makes: tuple[tuple[str, Make], ...] = ()
    loose: bool = False
    solo: bool = False
    weight: float = 1.0


@dataclass(slots=True)
class Operand:
    """A further value that a step reads.

    `kind`: "like" (a value of `shape` from wherever the synthesizer finds one), "apart" (one that cannot nearly
    equal the value worked on), "input" (a new forward input), "ids" (a new input of whole numbers below `high`), "mask"
    (a new input of truth values) or "grid" (a square of them, true up to the diagonal).
    """

    name: str
    shape: Shape
    kind: str = "like"
    high: int = 0


@dataclass(slots=True)
class Step:
    """One planned use of an operator: what comes out, and the equivalent ways to write it."""

    layout: Layout
    shape: Shape
    forms: tuple[Form, ...]
    effect: Effect
    operands: tuple[Operand, ...] = ()


_ENDLESS = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator needs of sizes.  An adapter can always make a value fit."""

    low: int = 1  # smallest size of every spatial axis
    high: int = _ENDLESS  # largest size of every spatial axis
    multiple: int = 1  # the feature axis is a multiple of this
    widest: int = _ENDLESS  # largest feature axis
    least: int = 1  # smallest feature axis
    shrink: float = 1.0  # how many times smaller spatial axes may come out: lets a program start large enough


ANYTHING = Limits()


def together(limits: Sequence[Limits]) -> Limits:
    """What several operators need, as far as it can be had at once."""
    low, high, multiple, widest, least = 1, _ENDLESS, 1, _ENDLESS, 1
    free = True
    for one in limits:  # compared one by one: this runs for every stage, where max() of each column costs twice as much
        if one is ANYTHING:
            continue
        free = False
        if one.low > low:
            low = one.low
        if one.high < high:
            high = one.high
        if one.multiple > multiple:
            multiple = one.multiple
        if one.widest < widest:
            widest = one.widest
        if one.least > least:
            least = one.least
    if free:
        return ANYTHING
    return Limits(low, max(low, high), multiple, max(widest, least + -least % multiple), least)


@dataclass(frozen=True)
class Operator:
    """A catalogue entry.

    Attributes:
        name: what patterns call it.
        set: "core", "compound" or "supporting".
        family: the group it is documented under.
        layouts: where it can be written.
        plan: chooses arguments from the shape and says what comes out and how it is written.
        events: what the recorder may see when it has really run; any of them counts as one use.
        limits: what it needs of sizes.
        phase: where a person would put it in a block: 0 pad, 1 heavy, 2 norm, 3 activation, 4 pool, 5 other,
            6 end of a stage.
        dtypes: floating types in which torch runs it on a CPU and a pair can be proved (`operators/precision.py`).
        exits: (from, to) for the layouts that it can lead a value into, when not the incoming one.
        leaves: whether it always leads a value out of its layout.
        hint: what a person must know to write it that plan and name do not say (`operators/hints.py`).
    """

    name: str
    set: str
    family: str
    layouts: tuple[Layout, ...]
    plan: Callable[[Site], Step]
    events: tuple[str, ...]
    limits: Limits = ANYTHING
    phase: int = 5
    dtypes: tuple[str, ...] = ("float32", "bfloat16", "float16")
    exits: tuple[tuple[Layout, Layout], ...] = ()
    leaves: bool = False
    hint: str = ""


WIDTHS = (8, 12, 16, 16, 20, 24, 24, 32, 32, 40, 48, 64)
NARROW = (4, 6, 8, 8, 12, 16, 16, 20, 24)
FEW = (2, 3, 4, 4, 6, 8)


@lru_cache(maxsize=1024)
def _suiting(menu: tuple[int, ...], multiple: int, least: int, widest: int) -> tuple[int, ...]:
    """The widths of a menu within these limits.  There are few menus and few limits."""
    return tuple(w for w in menu if w % multiple == 0 and least <= w <= widest)


class Site:
    """Where an operator is written: the value it gets, the program's random numbers, and what comes afterwards.

    `toward` is the layout that the next operator is written in, None when that is open; `ahead` is what it needs of
    sizes.  Both are wishes: an adapter follows where they are not met.
    """

    __slots__ = ("ahead", "batch", "channels", "layout", "rng", "shape", "size", "spatial", "stats", "toward")

    def __init__(
        self,
        layout: Layout,
        shape: Shape,
        stats: Stats,
        rng: Random,
        toward: Layout | None = None,
        ahead: Limits = ANYTHING,
    ) -> None:
        self.toward = toward
        self.ahead = ahead
        self.layout = layout
        self.shape = shape
        self.stats = stats
        self.rng = rng
        self.batch = shape[0]
        self.size = math.prod(shape)  # elements in the value
        if layout is Layout.SEQUENCE:
            self.channels, self.spatial = shape[2], shape[1:2]
        else:
            self.channels, self.spatial = shape[1], shape[2:]

    @property
    def rank(self) -> int:
        """How many spatial axes there are."""
        return len(self.spatial)

    @property
    def feature_axis(self) -> int:
        """The axis that holds features."""
        return 2 if self.layout is Layout.SEQUENCE else 1

    def width(self, menu: tuple[int, ...] = ()) -> int:
        """A number of features for a layer to produce, one that suits the next operator where there is one.

        Without a menu they are fewer where there are many positions.
        """
        if self.size > 200_000:
            menu = FEW
        menu = menu or (NARROW if self.layout is Layout.VOLUME or self.size > 20_000 else WIDTHS)
        ahead, same = self.ahead, self.channels
        if ahead is not ANYTHING:
            menu = _suiting(menu, ahead.multiple, ahead.least, ahead.widest) or menu
        if same in menu and self.rng.random() < 0.35:
            return same  # layers that keep their width can be skipped by a residual
        return self.rng.choice(menu)

    def leads_to(self, target: Layout, chance: float) -> bool:
        """Whether to go on in `target`: as the next operator wants, or by chance where that is open."""
        if self.toward is None:
            return self.rng.random() < chance
        return self.toward is target

    def divisor(self, number: int, most: int = 8) -> int:
        """A divisor of `number` up to `most`, above 1 when there is one."""
        found = [d for d in range(2, most + 1) if number % d == 0]
        return self.rng.choice(found) if found else 1

    def with_sizes(self, channels: int | None = None, spatial: Shape | None = None) -> Shape:
        """The shape with its features or its spatial sizes replaced."""
        return shape_of(
            self.layout,
            self.batch,
            self.channels if channels is None else channels,
            self.spatial if spatial is None else spatial,
        )


#: elements of a tensor of this shape
size_of: Callable[[Shape], int] = math.prod


def module(cls: str, hint: str, *args: Arg, weight: float = 1.0, after: str = "") -> Form:
    """The form `self.<hint>(x)` of a module built in `__init__`."""
    return Form("{m}({x})", (("m", Make(cls, args, hint, after)),), False, True, weight)


@lru_cache(maxsize=8192)  # most spellings come back before long
def _bare(text: str, loose: bool, weight: float) -> Form:
    """A form that builds nothing."""
    return Form(text, (), loose, False, weight)


def expr(text: str, *makes: tuple[str, Make], weight: float = 1.0) -> Form:
    """A call: `F.relu({x})`, `{x}.relu()`."""
    return Form(text, makes, False, False, weight) if makes else _bare(text, False, weight)


def loose(text: str, *makes: tuple[str, Make], weight: float = 1.0) -> Form:
    """An expression with operators: `{x} + {y}`."""
    return Form(text, makes, True, False, weight) if makes else _bare(text, True, weight)


@lru_cache(maxsize=4096)  # the same few widths meet again and again
def param(hint: str, shape: Shape, init: str = "torch.randn({}) * 0.1") -> Make:
    """A learnable tensor of `shape`; `init` is written with the sizes in place of `{}`."""
    sizes = ", ".join(map(str, shape)) if init.startswith(("torch.randn", "torch.rand(")) else str(shape)
    return Make("nn.Parameter", (Arg("", init.format(sizes)),), hint)


def constant(hint: str, value: object) -> Make:
    """A plain attribute, `self.<hint> = value`, which may become an `__init__` parameter."""
    return Make("", (Arg("", value, hint),), hint)
