"""Dropout and its kin: identities in eval mode, where programs are judged."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import kept
from operators.spec import ANY, OF_RANK, SPATIAL, Arg, Layout, Operator, Site, Step, expr, module


def _plan(cls: str, functional: str) -> Callable[[Site], Step]:
    spellings = [
        (
            module(f"nn.{cls}", "dropout", Arg("p", p, "dropout"), weight=3.0),
            expr(f"F.{functional}({{x}}, p={p}, training=self.training)"),
        )
        for p in (0.1, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5)
    ]

    def plan(site: Site) -> Step:
        return Step(site.layout, site.shape, site.rng.choice(spellings), kept)

    return plan


def _op(cls: str, functional: str, layouts: tuple[Layout, ...], *also: str) -> Operator:
    events = (f"M:{cls}", f"F:{functional}", *also)
    hint = f"F.{functional} needs training=self.training"
    return Operator(cls, "supporting", "regularization", layouts, _plan(cls, functional), events, phase=5, hint=hint)


OPERATORS = (
    _op("Dropout", "dropout", ANY, "M:Dropout1d", "M:Dropout2d", "M:Dropout3d"),
    _op("Dropout1d", "dropout1d", (OF_RANK[1],)),
    _op("Dropout2d", "dropout2d", (OF_RANK[2],)),
    _op("Dropout3d", "dropout3d", (OF_RANK[3],)),
    _op("AlphaDropout", "alpha_dropout", ANY),
    _op("FeatureAlphaDropout", "feature_alpha_dropout", SPATIAL),
)
