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
    assert "pairs (b given a's)" in text and "50.0 %" in text
    assert re.search(r"pointwise +fp32 +1 +2-3 +2", text)
    assert "Vendi" in text and "ATen edges" in text


def test_nothing_known_is_nothing_shown() -> None:
    out = StringIO()
    Console(file=out, width=140).print(*tables(measure([])), sep="\n")
    assert "programs" in out.getvalue() and "Vendi" not in out.getvalue()


def test_figures_and_their_headings_are_whole_on_a_narrow_terminal() -> None:
    found = measure(THREE)
    found["pairs"]["rarefaction"] = [[100, 1234.0], [1000, 5678.0], [10000, 7890.0], [20000, 9000.0]]
    out = StringIO()
    Console(file=out, width=80).print(*tables(found), sep="\n")
    text = out.getvalue()
    for words in ("distinct", "seen once", "effective", "next is new", "10,000:", "7,890", "9,000"):
        assert words in text
    assert "\N{HORIZONTAL ELLIPSIS}" not in text.partition("Graphs")[0]
