"""The operator catalogue: what exists, how each operator is written, and how a run shows that it was used.

    from operators import core_operators, compound_operators, supporting_operators   # names
    operators.get("Conv2d")           # one entry
    operators.catalogue()             # all of them
    operators.missing(pattern, counts)   # what of a pattern a run does not show
    operators.hint("Conv2d")          # what to know to write it, for prompts

An operator is declared once, in the file of its family.  This package imports no torch.
"""

from __future__ import annotations

from operators.coverage import missing
from operators.hints import hint
from operators.registry import catalogue, get
from operators.spec import Layout, Limits, Operator

core_operators: list[str] = [o.name for o in catalogue() if o.set == "core"]
compound_operators: list[str] = [o.name for o in catalogue() if o.set == "compound"]
supporting_operators: list[str] = [o.name for o in catalogue() if o.set == "supporting"]

__all__ = [
    "Layout",
    "Limits",
    "Operator",
    "catalogue",
    "compound_operators",
    "core_operators",
    "get",
    "hint",
    "missing",
    "supporting_operators",
]
