"""The tables of `.stats by=breadth`."""

from __future__ import annotations

import re
from io import StringIO

from rich.console import Console
from test_measures import THREE

from synth.breadth import measure
from synth.breadth.printing import tables


def test_figures_are_shown_with_what_they_are_of() -> None:
    out = StringIO()
    Console(file=out, width=140).print(*tables(measure(THREE)), sep="\n")
    text = out.getvalue()
    assert "operators used" in text and "283" in text
    assert "ordered operator pairs" in text and "50.0 %" in text
    assert re.search(r"pointwise +fp32 +1 +2-3 +2", text)
    assert "Vendi" in text and "ATen edges" in text


def test_nothing_known_is_nothing_shown() -> None:
    out = StringIO()
    Console(file=out, width=140).print(*tables(measure([])), sep="\n")
    assert "programs" in out.getvalue() and "Vendi" not in out.getvalue()
