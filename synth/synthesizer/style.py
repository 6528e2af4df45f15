"""How one program is written: choices that a person makes once and keeps for the whole file."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from random import Random


@dataclass(slots=True)
class Style:
    """Habits of the imagined author.

    Attributes:
        functional: how much functional spellings are preferred to modules, 1 being even.
        inline: chance that a result used once is written inside the next expression.
        fresh: chance that a result gets a new name where the old one could be reused.
        sequential: chance that a run of plain modules becomes an `nn.Sequential`.
        residual, arms, block, repeat: chances of these structures around a group of operators.
        lift: chance that a constructor argument becomes a parameter of `__init__`.
        hints: whether signatures carry type hints.
        doc: "none", "short" or "full".
        args_doc: heading style of documented arguments, "google" or "numpy".
        old_super: `super(Name, self).__init__()`.
        constants: how input sizes are written: "literal", "lower" or "upper".
        comments: whether shapes are commented here and there.
        main: the name of the value that is passed along.
        init_as: "list" or "tuple" for the positional part of `get_init_inputs()`.
    """

    functional: float
    inline: float
    fresh: float
    sequential: float
    residual: float
    arms: float
    block: float
    repeat: float
    lift: float
    hints: bool
    doc: str
    args_doc: str
    old_super: bool
    constants: str
    comments: bool
    main: str
    init_as: str


def draw_style(rng: Random) -> Style:
    """An author."""
    choice = rng.choice
    return Style(
        functional=choice((0.2, 0.5, 1.0, 2.5)),
        inline=choice((0.0, 0.15, 0.4, 0.7)),
        fresh=choice((0.0, 0.1, 0.4, 0.8)),
        sequential=choice((0.2, 0.6, 0.9)),
        residual=choice((0.15, 0.4, 0.7)),
        arms=choice((0.0, 0.15, 0.3)),
        block=choice((0.0, 0.3, 0.6)),
        repeat=choice((0.0, 0.1, 0.3)),
        lift=choice((0.0, 0.3, 0.6, 0.95)),
        hints=rng.random() < 0.4,
        doc=choice(("none", "short", "full", "full")),
        args_doc=choice(("google", "google", "numpy")),
        old_super=rng.random() < 0.3,
        constants=choice(("literal", "lower", "lower", "upper")),
        comments=rng.random() < 0.35,
        main=choice(("x", "x", "x", "x", "h", "out", "features")),
        init_as=choice(("list", "list", "tuple")),
    )


def in_order(style: Style, events: Container[str]) -> Style:
    """The author when the order of operators is asked for: joins come between them, so there are fewer.

    `events` show the operators that are asked for; what would be taken for one of them is not written elsewhere.
    """
    return replace(
        style,
        residual=0.3 * style.residual,
        arms=0.3 * style.arms,
        sequential=0.0 if "M:Sequential" in events else style.sequential,
        block=0.0 if "M:Module" in events else style.block,
    )
