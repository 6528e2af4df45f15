"""Adapters that follow one another, written as one expression where it stays readable."""

from __future__ import annotations

from operators.effects import mixed, viewed
from operators.spec import Arg, Form, Layout, Make, Shape, Stats, channels_of, shape_of, spatial_of
from synth.synthesizer.scope import Scope, Value

_LONGEST = 84  # characters of a template; longer ones are written as two statements


class Chain:
    """A value on its way to another shape.

    `text` is what has been asked for since the last statement, a template over `x`; layout, shape and stats are those
    of its result.
    """

    __slots__ = ("layout", "loose", "makes", "scope", "shape", "stats", "text", "x")

    def __init__(self, scope: Scope, x: Value) -> None:
        self.scope = scope
        self.x = x
        self.layout = x.layout
        self.shape = x.shape
        self.stats = x.stats
        self.text = "{x}"
        self.makes: tuple[tuple[str, Make], ...] = ()
        self.loose = False

    def add(
        self, text: str, layout: Layout, shape: Shape, stats: Stats, make: Make | None = None, loose: bool = False
    ) -> None:
        """Apply `text`, in which `{x}` is the value so far and `{m}` what `make` builds."""
        before = self.text
        if before != "{x}" and (self.loose or text.count("{x}") > 1 or len(before) + len(text) > _LONGEST):
            self.end()
            before = "{x}"
        if make is not None:
            key = f"m{len(self.makes)}"
            text = text.replace("{m}", f"{{{key}}}")
            self.makes = (*self.makes, (key, make))
        self.text = text if before == "{x}" else text.replace("{x}", before)
        self.loose = loose
        self.layout, self.shape, self.stats = layout, shape, stats

    def view(self, text: str, layout: Layout, shape: Shape) -> None:
        """The same numbers on other axes."""
        self.add(text, layout, shape, viewed(self.stats))

    def linear(self, features: int, hint: str) -> None:
        """Another number of features of a vector or a sequence."""
        have = channels_of(self.layout, self.shape)
        make = Make("nn.Linear", (Arg("", have, "in_features"), Arg("", features, "out_features")), hint)
        shape = shape_of(self.layout, self.shape[0], features, spatial_of(self.layout, self.shape))
        self.add("{m}({x})", self.layout, shape, mixed(axis=len(shape) - 1)(self.stats), make)

    def end(self) -> Value:
        """The value, after a statement where anything was asked for."""
        if self.text != "{x}":
            self.scope.program.adapters += 1
            solo = len(self.makes) == 1 and self.text == "{m0}({x})"
            makes = (("m", self.makes[0][1]),) if solo else self.makes
            form = Form("{m}({x})" if solo else self.text, makes, self.loose, solo)
            out = self.scope.write(form, self.x, self.layout, self.shape, self.stats)
            if not makes:  # views, copies and means of the same numbers: brought back, they may be those again
                out.echoes(self.x)
            self.x = out
            self.text, self.makes, self.loose = "{x}", (), False
        return self.x

    def added_to(self) -> tuple[Form, Value]:
        """The form `{x} + ...` that adds what is in the chain to another value, and its operand `skip`."""
        text = f"({self.text})" if self.loose else self.text
        return Form(f"{{x}} + {text.replace('{x}', '{skip}')}", self.makes, loose=True), self.x
