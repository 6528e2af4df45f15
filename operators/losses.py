"""Losses kept per element, as error maps between two values."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import kept, squared_error, surprise
from operators.spec import ANY, Arg, Effect, Form, Make, Operand, Operator, Site, Step


def _plan(cls: str, functional: str, effect: Effect, first: str, second: str) -> Callable[[Site], Step]:
    """`first` and `second` say how the two values are made fit for the loss."""

    make = ("m", Make(f"nn.{cls}", (Arg("reduction", '"none"'),), "criterion"))
    forms = (
        Form(f"{{m}}({first}, {second})", (make,), weight=3.0),
        Form(f'F.{functional}({first}, {second}, reduction="none")'),
    )

    def plan(site: Site) -> Step:
        return Step(site.layout, site.shape, forms, effect, (Operand("y", site.shape, "apart"),))

    return plan


def _op(cls: str, functional: str, effect: Effect, first: str = "{x}", second: str = "{y}") -> Operator:
    events = (f"M:{cls}", f"F:{functional}")
    plan = _plan(cls, functional, effect, first, second)
    hint = f'two different values, ({first}, {second}), reduction="none"'.replace("{x}", "x").replace("{y}", "y")
    return Operator(cls, "supporting", "losses", ANY, plan, events, phase=5, hint=hint)


OPERATORS = (
    _op("MSELoss", "mse_loss", squared_error),
    _op("L1Loss", "l1_loss", kept),
    _op("SmoothL1Loss", "smooth_l1_loss", squared_error),
    _op("HuberLoss", "huber_loss", squared_error),
    _op("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", surprise, second="torch.sigmoid({y})"),
    _op("SoftMarginLoss", "soft_margin_loss", surprise, second="torch.tanh({y})"),
    _op("KLDivLoss", "kl_div", surprise, "F.logsigmoid({x})", "torch.sigmoid({y})"),
)
