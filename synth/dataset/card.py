"""The dataset card: README.md with the front matter that the Hugging Face hub and `datasets` read.

Its figures are the report's, from the same facts, as far as they follow from configuration and seed: no times and no
costs, so that the bytes of an export repeat.  The front matter's layout: huggingface.co/docs/hub/datasets-cards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from synth.dataset.folder import DATA, MADE_BY, SplitFigures
from synth.dedup.limits import KEYS
from synth.report.facts import YIELDS
from synth.report.sections import ORDERS
from synth.rows import COLUMNS, REAL, REALS, TEXT, TEXTS, TRUTH, WHOLE, WHOLES

LICENSE = "mit"
TAGS = ("code", "pytorch", "triton", "torch-compile", "gpu-kernels", "synthetic", "synth")
_DTYPES = {TEXT: "string", WHOLE: "int64", REAL: "float64", TRUTH: "bool"}
_LISTS = {TEXTS: "string", WHOLES: "int64", REALS: "float64"}
#: the hub's categories, by the number of rows below which each applies
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
)
_SHOWN = 15  # rows of a table that may be long


def card(facts: dict[str, Any], splits: dict[str, SplitFigures], dropped: Mapping[str, int]) -> str:
    """The whole README.md; `facts` are of settled samples only, `dropped` what deduplication took away, by key."""
    written = {split: figures for split, figures in splits.items() if figures.rows}
    parts = [_front_matter(written), _about(facts, written), _splits(splits), _quality(facts), _coverage(facts)]
    parts += [_repetition(facts, dropped), _limits(facts), _origin(facts), _columns()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(splits: dict[str, SplitFigures]) -> str:
    """YAML; its texts are JSON strings, which YAML reads as they are."""
    rows = sum(figures.rows for figures in splits.values())
    lines = ["---", f"license: {LICENSE}", "language:", "- en", "pretty_name: PyTorch modules and their Triton code"]
    lines += ["task_categories:", "- text-generation", "tags:", *(f"- {tag}" for tag in TAGS)]
    lines += ["size_categories:", f"- {next((name for most, name in _SIZES if rows < most), '100M<n<1B')}"]
    if splits:
        lines += ["configs:", "- config_name: default", "  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {DATA}/{split}-*"]
    lines += ["dataset_info:", "  features:"]
    for column, kind in COLUMNS.items():
        lines.append(f"  - name: {column}")
        # `sequence` is what readers from before lists were called lists know; later ones still read it.
        lines.append(f"    sequence: {_LISTS[kind]}" if kind in _LISTS else f"    dtype: {_DTYPES[kind]}")
    if splits:
        lines.append("  splits:")
        for split, figures in splits.items():
            lines += [f"  - name: {split}", f"    num_bytes: {figures.bytes}", f"    num_examples: {figures.rows}"]
        lines.append(f"  download_size: {sum(figures.file_bytes for figures in splits.values())}")
        lines.append(f"  dataset_size: {sum(figures.bytes for figures in splits.values())}")
    return "\n".join([*lines, "---"])


def _about(facts: dict[str, Any], splits: dict[str, SplitFigures]) -> str:
    versions, identity = facts["run"]["versions"], facts["run"]["identity"]
    rows = sum(figures.rows for figures in splits.values())
    proved = (
        "Every row was proved by execution: the program runs in eager mode, its kernels compile, and the Triton side, "
        "run in Triton's interpreter, agrees with eager in float64 on inputs it had not seen."
        if identity.get("prove", True)
        else "Every program was run in eager mode; the Triton side was not compiled or run (`prove=false`)."
    )
    return (
        f"# PyTorch modules and their Triton code\n\n{rows:,} pairs: a PyTorch `nn.Module` program, and the Triton "
        f"code that Inductor (torch {versions.get('torch', '?')}) makes of it, as one module that needs no compiler. "
        f"{proved} This folder was {MADE_BY}.\n\n"
        "```python\nfrom datasets import load_dataset\n\n"
        'pairs = load_dataset("PATH_OR_NAME_OF_THIS_DATASET")\n```'
    )


def _splits(splits: dict[str, SplitFigures]) -> str:
    rows = [(split, f"{f.rows:,}", f"{len(f.groups):,}", f"{f.file_bytes / 1e6:.1f}") for split, f in splits.items()]
    empty = [split for split, figures in splits.items() if not figures.rows]
    note = f" No group fell to {' and '.join(empty)}, so there is no such split." if empty else ""
    return (
        "## Splits\n\nBy the hash of `group`: programs with the same ATen graph (names, constants and shapes aside) "
        f"and their gradients are in one split, and stay there when rows are added.{note}\n\n"
        + _table(("split", "rows", "groups", "MB"), rows)
    )


def _quality(facts: dict[str, Any]) -> str:
    run, yields = facts["run"], facts["yields"]
    funnel = [
        (row["stage"], f"{row['entered']:,}", f"{row['passed']:,}", _percent(row["passed"], row["entered"]))
        for row in facts["funnel"]
    ]
    failures = [(one["stage"], f"`{one['reason']}`", f"{one['count']:,}", one["meaning"]) for one in facts["failures"]]
    parts = [
        f"## How rows were chosen\n\n{run['kept']:,} of {run['settled']:,} samples were kept, from {run['attempts']:,} "
        f"attempts; {_percent(*yields['first'])} passed at the first attempt. Each attempt meets the stages in order.",
        _table(("stage", "entered", "passed", "share"), funnel),
    ]
    if failures:
        parts.append(_table(("stage", "reason", "attempts", "meaning"), failures[:_SHOWN]))
    for key, title in YIELDS.items():
        rows = [
            (
                row["name"],
                f"{row['samples']:,}",
                *(_percent(row[part], row["samples"]) for part in ("first_passed", "passed")),
            )
            for row in yields[key]
        ]
        if len(rows) > 1:
            parts.append(_table((title, "samples", "first try", "after repair"), rows))
    return "\n\n".join(parts)


def _coverage(facts: dict[str, Any]) -> str:
    found = facts["coverage"]
    pairs, operators = found["pairs"], found["operators"]
    unseen = (
        ""
        if pairs["unseen_mass"] is None
        else (f" About {_percent(pairs['unseen_mass'], 1)} of further pairs would be new ones (Good-Turing).")
    )
    by_kind: dict[str, int] = facts["breadth"]["kernels"]["kinds"]
    whole = sum(by_kind.values())
    kinds = [(kind, f"{n:,}", _percent(n, whole)) for kind, n in sorted(by_kind.items(), key=lambda item: -item[1])]
    parts = [
        f"## Coverage\n\n{len(operators['used']):,} of the {operators['catalogue']:,} operators of the catalogue; "
        f"{pairs['distinct']:,} different ordered pairs of operators in {pairs['total']:,}. {ORDERS[pairs['source']]}."
        f"{unseen}"
    ]
    if kinds:
        parts.append(_table(("Triton kernel", "kernels", "share"), kinds))
    return "\n\n".join(parts)


def _repetition(facts: dict[str, Any], dropped: Mapping[str, int]) -> str:
    duplicates, contamination = facts["duplicates"], facts["contamination"]
    said = [f"{sum(duplicates['turned_down'].values()):,} attempts were turned down as duplicates."]
    if dropped:
        reasons = "; ".join(f"{count:,} {KEYS.get(key, key)}" for key, count in dropped.items())
        said.append(f"Of the kept programs, {sum(dropped.values()):,} were left out of this export ({reasons}).")
    if duplicates["with_graph"]:
        said.append(
            f"{duplicates['distinct_graphs']:,} different ATen graphs (names, constants and shapes aside) are in "
            f"{duplicates['with_graph']:,} programs, as varied as {duplicates['effective_graphs']:,.1f} equal ones."
        )
    said.append(
        f"{contamination['turned_down_count']:,} attempts were turned down because a benchmark problem is in them "
        "(recognised by hashes; the benchmark's text is not here)."
    )
    rows = [
        (entry["tier"], entry["benchmark"], entry["problem"], f"{entry['score']:.3f}", entry["name"])
        for entry in contamination["nearest"][:_SHOWN]
    ]
    nearest = ""
    if rows:
        nearest = "\n\nThe kept programs that came nearest to a benchmark problem:\n\n" + _table(
            ("tier", "benchmark", "problem", "score", "program"), rows
        )
    return f"## Repetition and contamination\n\n{' '.join(said)}{nearest}"


def _limits(facts: dict[str, Any]) -> str:
    target = facts["run"]["identity"].get("device_target", "")
    shown = ", ".join(target) if isinstance(target, list) else target
    return (
        "## Limits\n\nA Triton side is for the shapes and dtypes of the program's `get_inputs()`, for eval mode, and "
        f"written for {shown or 'the `device_target` of its row'}; it needs the torch and triton versions of its row. "
        "No time was measured: `roofline_us` is a bound. Programs that a language model wrote may also stand under the "
        "terms of its provider (`provider`, `model`)."
    )


def _origin(facts: dict[str, Any]) -> str:
    run = facts["run"]
    identity = {key: value for key, value in run["identity"].items() if key != "models"}  # a digest, for resuming
    settings = {**identity, "model_name": _named(identity.get("model_name")), "versions": run["versions"]}
    return "## Where it came from\n\n```json\n" + json.dumps(settings, indent=1, sort_keys=True) + "\n```"


def _named(model_name: Any) -> Any:
    """Without the folder that recorded answers lay in: the card may be published."""
    if isinstance(model_name, list):
        return [_named(name) for name in model_name]
    kind, colon, rest = str(model_name).partition(":")
    return f"{kind}:{PurePath(rest).name}" if kind == "replay" and colon else model_name


def _columns() -> str:
    return "## Columns\n\n" + _table(("column", "holds"), [(f"`{name}`", kind) for name, kind in COLUMNS.items()])


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    """On one line, and nothing of it read as a cell's end or as HTML."""
    flat = " ".join(text.encode("utf-8", "replace").decode().split())
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
