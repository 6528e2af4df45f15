"""Pieces of HTML: escaped text, tables with captions, bars.

Everything that is shown comes from programs, models and servers, so every text is escaped here, and what is markup
already has a type of its own (`Html`).  No piece has a `style` attribute: the page's policy forbids them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

HEAT_LEVELS = 5
NONE = "\N{EN DASH}"  # where there is nothing to say


@dataclass(frozen=True)
class Html:
    """Markup that is finished."""

    text: str


@dataclass(frozen=True)
class Column:
    """A table's column: its heading, whether it holds numbers, and what the heading means where that is not plain."""

    title: str
    number: bool = False
    note: str = ""


def text(value: Any) -> str:
    """Escaped for element content and attributes; characters that no HTML file may hold become U+FFFD."""
    shown = str(value).encode("utf-8", "replace").decode("utf-8")
    return escape("".join(c if c >= " " or c in "\n\t" else "\ufffd" for c in shown))


def html(value: Any) -> str:
    """A cell's content as markup."""
    if isinstance(value, Html):
        return value.text
    return NONE if value is None else text(value)


def count(value: int | float | None) -> str:
    """`12,345`, or a dash."""
    return NONE if value is None else f"{value:,.0f}"


def decimal(value: float | None, digits: int = 2) -> str:
    """`1,234.56`, or a dash."""
    return NONE if value is None else f"{value:,.{digits}f}"


def percent(part: float, whole: float) -> str:
    """`97.5 %`, or a dash where there is nothing to divide by."""
    return f"{100 * part / whole:.1f} %" if whole else NONE


def bar(part: float, whole: float, reach: float = 1.0) -> Html:
    """A bar of `part` in a track of `reach` (of the full width) that stands for `whole`; numbers stand beside."""
    filled = 100 * reach * part / whole if whole else 0.0
    return Html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="track" width="{100 * reach:.2f}" height="8"/>'
        f'<rect class="fill" width="{filled:.2f}" height="8"/></svg>'
    )


def heat(value: int, largest: int) -> int:
    """0 for none, then 1 to `HEAT_LEVELS` by the logarithm's share: one large count does not make the rest pale."""
    if value <= 0:
        return 0
    share = value.bit_length() / max(1, largest.bit_length())
    return max(1, min(HEAT_LEVELS, round(share * HEAT_LEVELS)))


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], kind: str = "") -> str:
    """A table whose first column names its rows; the headings sort it (see the page's script)."""
    head = "".join(
        f'<th scope="col"{" class=num" if column.number else ""}{_title(column.note)}>{text(column.title)}</th>'
        for column in columns
    )
    body = "\n".join(_row(columns, row) for row in rows)
    if not body:
        return f'<p class="none"><b>{text(caption)}.</b> Nothing to show.</p>'
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">'
        f'<table class="sortable {kind}"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _title(note: str) -> str:
    return f' title="{text(note)}"' if note else ""


def _row(columns: Sequence[Column], row: Sequence[Any]) -> str:
    cells = []
    for position, (column, value) in enumerate(zip(columns, row, strict=True)):
        tag = 'th scope="row"' if position == 0 else "td"
        name = "th" if position == 0 else "td"
        cells.append(f"<{tag}{' class=num' if column.number else ''}>{html(value)}</{name}>")
    return f"<tr>{''.join(cells)}</tr>"


def section(identity: str, title: str, lead: str, *parts: str) -> str:
    """A section with its heading; `lead` says in one or two sentences what is seen."""
    body = "\n".join(part for part in parts if part)
    return (
        f'<section id="{identity}" aria-labelledby="{identity}-title">\n<h2 id="{identity}-title">{text(title)}</h2>\n'
        f'<p class="lead">{text(lead)}</p>\n{body}\n</section>'
    )


def folded(summary: str, content: str) -> str:
    """Content that is opened by whoever wants it."""
    return f"<details><summary>{text(summary)}</summary>\n{content}\n</details>"


def side_by_side(*parts: str) -> str:
    """Parts next to each other where there is room."""
    return f'<div class="columns">{"".join(f"<div>{part}</div>" for part in parts if part)}</div>'


def figures(pairs: Iterable[tuple[str, str, str]]) -> str:
    """Large figures: what is counted, the figure, and a remark."""
    items = "".join(
        f"<div><dt>{text(name)}</dt><dd><b>{text(figure)}</b><span>{text(remark)}</span></dd></div>"
        for name, figure, remark in pairs
    )
    return f'<dl class="figures">{items}</dl>'
