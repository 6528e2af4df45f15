"""What `synth.breadth.measure` says of a corpus, as tables of the report."""

from __future__ import annotations

from typing import Any

from synth.breadth.measures import top_title
from synth.report.parts import Column, count, decimal, percent, side_by_side, table

_COVERED = {
    "pairs": "ordered pairs (b given a's result)",
    "successions": "successions (b started next)",
    "aten_edges": "edges of ATen graphs",
}


def breadth(found: dict[str, Any]) -> str:
    """Two tables: single measures, and what there is of pairs, successions and edges."""
    figures: list[tuple[str, str, str | None]] = [("programs", count(found["programs"]), None)]
    used, kernels = found["operators"], found["kernels"]
    figures.append(("operators, effective number", decimal(used["effective"], 1), f"of {count(used['catalogue'])}"))
    if graphs := found["graphs"]:
        of = f"of {count(graphs['programs'])} programs"
        figures.append(("different ATen graphs, shapes and constants aside", count(graphs["distinct"]), of))
        figures.append(("the same, effective number", decimal(graphs["effective"], 1), of))
        figures.append((top_title(graphs), percent(graphs["top_share"], 1), None))
    if vendi := found["vendi"]:
        figures.append(("Vendi score of graphs", decimal(vendi["score"], 1), f"of {count(vendi['programs'])} programs"))
    cells = f"of {count(kernels['cells'] + kernels['empty_cells'])}"
    figures.append(("cells of the kernel table filled", count(kernels["cells"]), cells))
    figures.append(("the same, effective number", decimal(kernels["effective"], 1), cells))
    if (ratio := found["zlib_ratio"]) is not None:
        figures.append(("zlib ratio of the texts (high: templates)", decimal(ratio, 1), None))
    rows = [
        (
            *(title, count(one["distinct"]), count(one["seen_once"]), decimal(one["effective"], 1)),
            *(
                percent(one["unseen_mass"], 1),
                ", ".join(f"{size:,}: {kinds:,.0f}" for size, kinds in one["rarefaction"]),
            ),
        )
        for key, title in _COVERED.items()
        if (one := found[key])
    ]
    columns = (
        *(Column("kind"), Column("distinct", True), Column("seen once", True), Column("effective", True)),
        *(
            Column("next is new", True, "Good-Turing"),
            Column("by programs", note="in so many programs, by rarefaction"),
        ),
    )
    return side_by_side(
        table("Breadth", (Column("measure"), Column("figure", True), Column("of")), figures),
        table("Pairs, successions and edges", columns, rows) if rows else "",
    )
