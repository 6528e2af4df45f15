"""The check by names that this project's decontamination replaced, as a baseline.

A candidate claims to be made of operators, in order; it is turned down where level 2 has a problem of exactly that
name.  Nothing else is compared, so a problem of level 1 or 3 is never found, nor one whose author names an operator as
the framework does (MaxPool2d) rather than as the benchmark does (MaxPool).
"""

from __future__ import annotations

import re
from typing import Any

#: what an author who picks from our catalogue calls what the benchmark's file names call otherwise; `#` is the rank
_CATALOGUE = {
    "Conv2D": "Conv2d",
    "Gemm": "Linear",
    "Matmul": "Linear",
    "BMM": "Linear",
    "MaxPool": "MaxPool#d",
    "AvgPool": "AvgPool#d",
    "BatchNorm": "BatchNorm#d",
    "InstanceNorm": "InstanceNorm#d",
    "Swish": "SiLU",
    "HardSwish": "Hardswish",
    "Scale": "Multiply",
    "Scaling": "Multiply",
}


def claimed(name: str) -> tuple[str, ...]:
    """The operators that a problem's file name spells, in the catalogue's words."""
    rank = re.search(r"(\d)[dD]", name)
    words = (_CATALOGUE.get(token, token) for token in name.split("_") if token)
    return tuple(word.replace("#", rank[1] if rank else "1") for word in words)


def claims_known(problems: list[dict[str, Any]]) -> set[str]:
    """Labels (level/problem) of the problems that the check would find, whatever their programs look like."""
    known = {tuple(problem["name"].split("_")) for problem in problems if problem["level"] == 2}
    return {f"{p['level']}/{p['problem_id']}" for p in problems if claimed(p["name"]) in known}
