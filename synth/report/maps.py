"""Coverage as maps: families by families, operators by operators, kernels by kind, dtype, rank and fusion size."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby
from typing import Any

from synth.breadth.measures import FUSION_SIZES
from synth.report.parts import HEAT_LEVELS, NONE, count, heat, text

_MARGIN, _RIGHT = 42, 20  # of the operator map, in cells, for the families' names
_LABELLED = 4  # operators that a family has to have for its name to fit


def families(pairs: dict[str, Any]) -> str:
    """A table of ordered pairs by the families of both operators."""
    family, counts = pairs["families"], Counter[tuple[str, str]]()
    for first, second, number in pairs["cells"]:
        counts[family[first], family[second]] += number
    if not counts:
        return ""
    names = sorted({name for pair in counts for name in pair})
    largest = max(counts.values())
    head = "".join(f'<th scope="col"><span>{text(name)}</span></th>' for name in names)
    rows = []
    for first in names:
        cells = "".join(_heated(counts[first, second], largest) for second in names)
        rows.append(f'<tr><th scope="row">{text(first)}</th>{cells}</tr>')
    caption = "Ordered pairs by family: the row's operator comes first, the column's next"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table class="heat slanted">'
        f"<caption>{text(caption)}</caption><thead><tr><td></td>{head}</tr></thead>\n"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _heated(number: int, largest: int) -> str:
    return f'<td class="h{heat(number, largest)}">{number or ""}</td>'


def operators(pairs: dict[str, Any]) -> str:
    """The map of all ordered pairs: a drawing, with a cursor that the page's script moves and reads out."""
    if not pairs["cells"]:
        return ""
    size = len(pairs["names"])
    largest = max(number for _, _, number in pairs["cells"])
    by_level: dict[int, list[str]] = defaultdict(list)
    for first, second, number in pairs["cells"]:
        by_level[heat(number, largest)].append(f"M{second} {first}h1v1h-1z")
    paths = "".join(
        f'<path class="f{level}" d="{"".join(by_level[level])}"/>'
        for level in range(1, HEAT_LEVELS + 1)
        if by_level[level]
    )
    lines, labels, start = [], [], 0
    for family, members in groupby(pairs["families"]):
        end = start + len(list(members))
        lines.append(f"M0 {end}H{size}M{end} 0V{size}")
        if end - start >= _LABELLED:
            middle = (start + end) / 2
            labels.append(f'<text x="-1" y="{middle}" text-anchor="end" dy=".35em">{text(family)}</text>')
            turned = f'transform="translate({middle} -1) rotate(-60)"'
            labels.append(f'<text {turned} dy=".35em">{text(family)}</text>')
        start = end
    label = (
        f"Map of ordered operator pairs: {count(pairs['distinct'])} of {count(pairs['possible'])} cells are filled. "
        "Arrow keys move the cursor; the line below names the pair."
    )
    box = f"{-_MARGIN} {-_MARGIN} {size + _MARGIN + _RIGHT} {size + _MARGIN}"
    return (
        '<figure class="map"><figcaption>Ordered pairs by operator: rows come first, columns next</figcaption>'
        f'<svg id="pair-map" data-size="{size}" viewBox="{box}" tabindex="0" '
        f'role="img" aria-label="{text(label)}" aria-describedby="pair-read">'
        f'<rect class="ground" width="{size}" height="{size}"/>'
        f'<path class="grid" d="{"".join(lines)}"/>{paths}<g class="labels" aria-hidden="true">{"".join(labels)}</g>'
        '<rect id="pair-cursor" class="cursor" width="1" height="1" visibility="hidden"/></svg>'
        '<output id="pair-read" aria-live="polite">Point at a cell, or focus the map and use the arrow keys.</output>'
        "</figure>"
    )


def kernels(rows: list[list[Any]]) -> str:
    """Breadth's table of kernels: by kind, dtype, rank and how many operators they compute."""
    if not rows:
        return ""
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for kind, dtype, rank, fused, number in rows:
        counts[kind, dtype or NONE, str(rank)][fused] += number
    largest = max(number for by_size in counts.values() for number in by_size.values())
    head = "".join(f'<th scope="col" class="num">{text(label)}</th>' for label in FUSION_SIZES)
    body = "".join(
        f'<tr><th scope="row">{text(kind)}</th><td>{text(dtype)}</td><td class="num">{text(rank)}</td>'
        + "".join(_heated(by_size[label], largest) for label in FUSION_SIZES)
        + f'<td class="num">{count(by_size.total())}</td></tr>'
        for (kind, dtype, rank), by_size in sorted(counts.items())
    )
    caption = "Triton kernels by kind, dtype and rank, and number of ATen operators fused"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table class="heat">'
        f"<caption>{text(caption)}</caption><thead><tr><th scope='col'>kind</th><th scope='col'>dtype</th>"
        f"<th scope='col' class='num'>rank</th>{head}<th scope='col' class='num'>all</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
