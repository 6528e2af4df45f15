"""The measures as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from synth.breadth.measures import top_title

_COVERED = {
    "pairs": "pairs (b given a's)",
    "successions": "successions",
    "aten_edges": "ATen edges",
}
_MOST_CELLS = 20


def tables(found: Mapping[str, Any]) -> list[Table]:
    """What `synth.breadth.measure` answered, in a few tables."""
    shown = [_figures(found), _covered(found)]
    if found["structure"]:
        shown.append(_structure(found["structure"]))
    if found["kernels"]["cells"]:
        shown.append(_kernels(found["kernels"]))
    return shown


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(columns[0], no_wrap=True)
    for name in columns[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _figures(found: Mapping[str, Any]) -> Table:
    table = _table("Breadth of the kept programs", "measure", "figure", "of")
    used = found["operators"]
    table.add_row("programs", _whole(found["programs"]), "")
    table.add_row("operators used", _whole(used["used"]), _whole(used["catalogue"]))
    table.add_row("operators, effective number", f"{used['effective']:.1f}", _whole(used["catalogue"]))
    if graphs := found["graphs"]:
        table.add_row("loose graphs", _whole(graphs["distinct"]), _whole(graphs["programs"]))
        table.add_row("loose graphs, effective number", f"{graphs['effective']:,.1f}", _whole(graphs["programs"]))
        table.add_row(top_title(graphs), f"{100 * graphs['top_share']:.1f} %", "")
    if score := found["vendi"]:
        table.add_row("Vendi score", f"{score['score']:.1f}", _whole(score["programs"]))
    kernels = found["kernels"]
    table.add_row("kernels, cells filled", _whole(kernels["cells"]), _whole(kernels["cells"] + kernels["empty_cells"]))
    table.add_row("kernels, effective cells", f"{kernels['effective']:.1f}", "")
    if (ratio := found["zlib_ratio"]) is not None:
        table.add_row("zlib ratio (high: templates)", f"{ratio:.1f}", "")
    return table


def _covered(found: Mapping[str, Any]) -> Table:
    table = _table("Coverage", "kind", "distinct", "seen once", "effective", "next is new", "by programs")
    table.columns[-1].no_wrap = False  # a large corpus has a long curve: it is broken, not the figures before it
    for name, title in _COVERED.items():
        if one := found[name]:
            curve = ", ".join(f"{size:,}: {kinds:,.0f}" for size, kinds in one["rarefaction"])
            figures = (_whole(one["distinct"]), _whole(one["seen_once"]), f"{one['effective']:,.1f}")
            table.add_row(title, *figures, f"{100 * one['unseen_mass']:.1f} %", curve)
    return table


def _structure(found: Mapping[str, Any]) -> Table:
    table = _table("Graphs", "what", "mean", "entropy, nats")
    for name, one in found.items():
        if one["mean"] is not None:
            table.add_row(name, f"{one['mean']:,.1f}", f"{one['entropy']:.2f}")
    return table


def _kernels(found: Mapping[str, Any]) -> Table:
    table = _table(f"Kernels, the {_MOST_CELLS} fullest cells", "kind", "dtype", "rank", "fused", "kernels")
    for *cell, count in found["table"][:_MOST_CELLS]:
        table.add_row(*map(str, cell), _whole(count))
    return table


def _whole(number: int) -> str:
    return f"{number:,}"
