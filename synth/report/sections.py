"""The report's sections, each a pure function of the facts."""

from __future__ import annotations

from typing import Any

from synth.asking.money import dollars
from synth.breadth.measures import bucket_title
from synth.report import maps
from synth.report.breadth import breadth
from synth.report.coverage import ASKED, EXECUTED, FED
from synth.report.facts import YIELDS
from synth.report.parts import (
    NONE,
    Column,
    Html,
    bar,
    count,
    decimal,
    figures,
    folded,
    percent,
    section,
    side_by_side,
    table,
    text,
)

Facts = dict[str, Any]

#: what ordered pairs are, by where they are known from
ORDERS = {
    FED: "An ordered pair is two operators of the pattern of which the second was seen to be given the first's result",
    EXECUTED: "An ordered pair is two operators of the pattern that ran one after the other",
    ASKED: "An ordered pair is two neighbours in the pattern as it was asked for; this journal tells no executed order",
}


def overview(facts: Facts) -> str:
    """The run in a few figures."""
    run, duplicates, coverage = facts["run"], facts["duplicates"], facts["coverage"]
    spent = sum(row["spent"] for row in facts["cost"])
    known = not any(row["unpriced"] for row in facts["cost"])
    cpu = facts["funnel"][-1]
    items = [
        (
            "Pairs kept",
            count(run["kept"]),
            f"{percent(run['kept'], run['settled'])} of {count(run['settled'])} samples",
        ),
        ("Passed at first try", percent(*facts["yields"]["first"]), f"{count(run['attempts'])} attempts judged"),
        (
            "Operators used",
            count(len(coverage["operators"]["used"])),
            f"of {count(coverage['operators']['catalogue'])} in the catalogue",
        ),
        ("Ordered pairs", count(coverage["pairs"]["distinct"]), f"{count(coverage['pairs']['total'])} occurrences"),
        ("CPU-seconds a pair", decimal(cpu["cpu_per_kept"], 1), f"{decimal(cpu['cpu_seconds'], 0)} in all"),
    ]
    if duplicates["with_graph"]:
        share = percent(duplicates["distinct_graphs"], duplicates["with_graph"])
        items.insert(2, ("Distinct graphs", count(duplicates["distinct_graphs"]), f"{share} of kept programs"))
    if facts["cost"]:
        each = dollars(spent / run["kept"], known) if run["kept"] else NONE
        items.append(("Spent", dollars(spent, known), f"{each} a pair"))
    if run["gradients"]:
        items.append(("Gradient pairs", count(run["gradients"]), "besides"))
    return figures(items)


def funnel(facts: Facts) -> str:
    """How far attempts came."""
    parts = [_funnel_table("Attempts by stage", facts["funnel"])]
    gradients = facts["gradients"]
    if gradients["judged"]:
        parts.append(_funnel_table("Gradients of programs that passed, by stage", gradients["funnel"]))
        rows = [(stage, reason, count(number), meaning) for stage, reason, number, meaning in gradients["reasons"]]
        columns = (Column("stage"), Column("reason"), Column("gradients", True), Column("meaning"))
        parts.append(table("Why gradients were turned down", columns, rows))
    return section("funnel", "Funnel", "Every attempt meets the stages in order; the first failure ends it.", *parts)


def _funnel_table(caption: str, rows: list[dict[str, Any]]) -> str:
    first = max((row["entered"] for row in rows), default=0)
    columns = (
        *(Column("stage"), Column("attempts left"), Column("entered", True), Column("passed", True)),
        *(Column("%", True), Column("turned down", True), Column("CPU s", True)),
        *(Column("CPU s a pair", True, "all attempts' CPU-seconds over the pairs kept"),),
        *(Column("median of a pair", True, "of the attempts that passed"), Column("mean", True)),
    )
    cells = [
        (
            *(row["stage"], bar(row["passed"], row["entered"], row["entered"] / first if first else 0)),
            *(count(row["entered"]), count(row["passed"]), percent(row["passed"], row["entered"])),
            *(count(row["entered"] - row["passed"]), decimal(row["cpu_seconds"]), decimal(row["cpu_per_kept"], 3)),
            *(decimal(row["pair_median"], 3), decimal(row["pair_mean"], 3)),
        )
        for row in rows
    ]
    return table(caption, columns, cells, kind="total" if cells else "")


def yields(facts: Facts) -> str:
    """What was asked for, and what came of it."""
    found = facts["yields"]
    tables = [_yield_table(f"By {title}", title, found[key]) for key, title in YIELDS.items()]
    rows = [
        (name, bar(passed, n), count(passed), count(n), percent(passed, n)) for name, passed, n in found["operator"]
    ]
    columns = (Column("operator"), Column("share"), Column("passed", True), Column("attempts", True), Column("%", True))
    failing = [row for row, (_, passed, n) in zip(rows, found["operator"], strict=True) if passed < n]
    lead = (
        f"{percent(*found['first'])} of samples passed at their first attempt, {percent(*found['repaired'])} after "
        "repair. A sample belongs where its first attempt does, whoever repaired it."
    )
    worst = table("Operators in attempts that failed, worst first", columns, failing[:15])
    whole = folded(f"All {len(rows)} operators asked for", table("By operator, worst first", columns, rows))
    return section("yield", "Yield", lead, side_by_side(*tables), worst, whole if rows else "")


def _yield_table(caption: str, title: str, rows: list[dict[str, Any]]) -> str:
    paid = any(row["tokens"] for row in rows)
    columns = [Column(title), Column("passed"), Column("samples", True), Column("first try", True)]
    columns += [Column("after repair", True), *([Column("tokens a pair", True), Column("cost a pair", True)] * paid)]
    cells = []
    for row in rows:
        passed, known = row["passed"], not row["unpriced"]
        each = [count(row["tokens"] / passed), dollars(row["cost"] / passed, known)] if passed else [None, None]
        shares = [percent(row[key], row["samples"]) for key in ("first_passed", "passed")]
        shown = [row["name"], bar(passed, row["samples"]), count(row["samples"]), *shares]
        cells.append(shown + each * paid)
    return table(caption, columns, cells)


def coverage(facts: Facts) -> str:
    """What the kept programs are made of."""
    found = facts["coverage"]
    pairs, operators = found["pairs"], found["operators"]
    unseen = (
        ""
        if pairs["unseen_mass"] is None
        else (f" The next pair is a new one with a chance of about {percent(pairs['unseen_mass'], 1)} (Good-Turing).")
    )
    lead = (
        f"Of {count(found['programs'])} kept programs. {ORDERS[pairs['source']]}: "
        f"{count(pairs['distinct'])} different ones in {count(pairs['total'])}.{unseen}"
    )
    columns = (Column("first"), Column("next"), Column("programs", True))
    top = table("Most frequent ordered pairs", columns, [(*row[:2], count(row[2])) for row in pairs["top"]])
    used = [(name, bar(n, found["programs"]), count(n), percent(n, found["programs"])) for name, n in operators["used"]]
    shares = (Column("operator"), Column("share"), Column("programs", True), Column("%", True))
    lists = [
        folded(f"{len(used)} operators used", table("Operators in kept programs", shares, used)),
        folded(
            f"{len(operators['unused'])} operators of the catalogue not used",
            f"<p>{', '.join(f'<code>{text(name)}</code>' for name in operators['unused']) or 'None.'}</p>",
        ),
        folded("The 20 most frequent pairs", top) if pairs["top"] else "",
    ]
    return section(
        *("coverage", "Coverage", lead, breadth(facts["breadth"]), maps.families(pairs), maps.operators(pairs)),
        *(*lists, maps.kernels(facts["breadth"]["kernels"]["table"]), _structure(facts)),
    )


def _structure(facts: Facts) -> str:
    parts, found = [], facts["coverage"]
    for measure, histogram in (facts["breadth"]["structure"] or {}).items():
        if not histogram["counts"]:
            continue
        bins = [(bucket_title(measure, int(least)), number) for least, number in histogram["counts"].items()]
        whole = max(number for _, number in bins)
        columns = (Column(measure), Column("share"), Column("programs", True))
        parts.append(
            table(f"ATen graphs by {measure}", columns, [(label, bar(n, whole), count(n)) for label, n in bins])
        )
    columns = (Column("producer"), Column("consumer"), Column("programs", True))
    edges = table(
        f"Dataflow between ATen operators ({count(found['distinct_edges'])} kinds of edge; the most frequent)",
        columns,
        [(first, second, count(number)) for first, second, number in found["edges"]],
    )
    return side_by_side(*parts) + (folded("Dataflow between ATen operators", edges) if found["edges"] else "")


def duplicates(facts: Facts) -> str:
    """What was turned down as a repetition, and how varied the rest is."""
    found = facts["duplicates"]
    columns = (Column("reason"), Column("attempts", True))
    turned = table(
        "Attempts turned down as duplicates", columns, [(name, count(n)) for name, n in found["turned_down"].items()]
    )
    if not found["with_graph"]:
        lead = "This run's journal does not name the programs' graphs, so equal ones are not told."
        return section("duplicates", "Duplicates", lead, turned)
    lead = (
        f"{count(found['distinct_graphs'])} different graphs (names, constants and shapes aside) in "
        f"{count(found['with_graph'])} programs; as varied as {decimal(found['effective_graphs'], 1)} equal ones."
    )
    rows = [
        (Html(f"<code>{text(root)}</code>"), bar(n, found["with_graph"]), count(n), percent(n, found["with_graph"]))
        for root, n in found["largest"]
        if n > 1
    ]
    shares = (Column("graph"), Column("share"), Column("programs", True), Column("%", True))
    return section(
        "duplicates", "Duplicates", lead, side_by_side(turned, table("Graphs kept more than once", shares, rows))
    )


def contamination(facts: Facts, shown: set[tuple[int, int]]) -> str:
    """What came near a benchmark problem."""
    found = facts["contamination"]
    lead = f"{count(found['turned_down_count'])} attempts were turned down because a benchmark problem is in them. " + (
        f"{count(found['checked'])} of {count(found['kept'])} kept programs carry evidence of what came nearest."
        if found["checked"]
        else "This run's journal keeps no scores for programs that passed."
    )
    columns = (
        *(Column("sample"), Column("tier"), Column("benchmark"), Column("problem"), Column("score", True)),
        *(Column("scheme"), Column("reason"), Column("detail")),
    )
    rows = [_evidence_row(entry, shown) for entry in found["turned_down"]]
    nearest = [_evidence_row(entry, shown)[:6] for entry in found["nearest"]]
    tiers = [(tier or NONE, count(n)) for tier, n in found["tiers"].items()]
    more = found["turned_down_count"] - len(found["turned_down"])
    return section(
        *("contamination", "Contamination", lead),
        table(f"Turned down{f' (the first; {count(more)} more)' if more else ''}", columns, rows),
        side_by_side(
            table("Kept programs that came nearest to a benchmark problem", columns[:6], nearest) if nearest else "",
            table("Kept programs by tier of the nearest problem", (Column("tier"), Column("programs", True)), tiers)
            if tiers
            else "",
        ),
    )


def _evidence_row(entry: dict[str, Any], shown: set[tuple[int, int]]) -> tuple[Any, ...]:
    score = None if entry["score"] is None else f"{entry['score']:.3f}"
    texts = [entry[key] or None for key in ("tier", "benchmark", "problem")]
    return (sample_link(entry, shown), *texts, score, entry["scheme"] or None, entry["reason"], entry["detail"])


def sample_link(entry: dict[str, Any], shown: set[tuple[int, int]]) -> Html:
    """A sample's number, which leads to it where it came along."""
    sample, attempt = entry["sample"], entry["attempt"]
    label = f"{sample}" + (f" (attempt {attempt})" if attempt > 1 else "")
    if (sample, attempt) not in shown:
        return Html(f"<span>{label}</span>")
    return Html(f'<a href="#sample-{sample}-{attempt}">{label}</a>')


def cost(facts: Facts) -> str:
    """Where CPU-seconds, tokens and money went."""
    stages = [row for row in facts["funnel"] if row["stage"] != "all"]
    whole, kept = sum(row["cpu_seconds"] for row in stages), facts["run"]["kept"]
    largest = max((row["cpu_seconds"] for row in stages), default=0)
    rows = [
        (
            *(row["stage"], bar(row["cpu_seconds"], largest), decimal(row["cpu_seconds"])),
            *(percent(row["cpu_seconds"], whole), decimal(row["cpu_per_kept"], 3)),
        )
        for row in stages
    ]
    columns = (Column("stage"), Column("share"), Column("CPU s", True), Column("%", True), Column("CPU s a pair", True))
    models = [
        (
            *(row["name"], count(row["calls"]), count(row["answers"]), count(row["prompt_tokens"])),
            *(count(row["cached_tokens"]), count(row["output_tokens"]), count(row["reasoning_tokens"])),
            dollars(row["spent"], not row["unpriced"]),
            dollars(row["spent"] / kept, not row["unpriced"]) if kept else None,
        )
        for row in facts["cost"]
    ]
    names = ("requests", "answered", "prompt", "cached", "output", "reasoning", "spent", "spent a pair")
    lead = f"{decimal(whole, 0)} CPU-seconds of judging" + (
        "." if models else "; nothing was asked of a server, so no tokens and no money."
    )
    by_model = table("Tokens and money by model", (Column("model"), *(Column(name, True) for name in names)), models)
    return section("cost", "Cost", lead, table("CPU-seconds by stage", columns, rows), by_model if models else "")


def failures(facts: Facts, shown: set[tuple[int, int]]) -> str:
    """Failures by stage and reason, each with its details and examples."""
    found = facts["failures"]
    whole = sum(one["count"] for one in found)
    parts = []
    for one in found:
        details = [(detail or NONE, count(number)) for detail, number in one["details"]]
        more = f" ({count(one['other_details'])} more kinds)" if one["other_details"] else ""
        examples = [(sample_link(entry, shown), entry["name"], entry["detail"]) for entry in one["examples"]]
        columns = (Column("sample"), Column("name"), Column("detail"))
        parts.append(
            f"<details><summary><span class='tag'>{text(one['stage'])}</span> <code>{text(one['reason'])}</code>"
            f"<b>{count(one['count'])}</b><span>{text(one['meaning'])}</span></summary>"
            + table(f"Details{more}", (Column("detail"), Column("attempts", True)), details, kind="wrap")
            + table("Examples", columns, examples, kind="wrap")
            + "</details>"
        )
    lead = (
        f"{count(whole)} attempts were turned down, for {len(found)} reasons; the most frequent first."
        if found
        else "Nothing was turned down."
    )
    return section("failures", "Failures", lead, f'<div class="failures">{"".join(parts)}</div>')
