"""The report as one HTML text: frame, style and script of `assets/`, filled with the sections.

Nothing is loaded from anywhere, and a Content-Security-Policy allows the page's own style and script alone, by their
hashes: should a text of a program ever stand where it is read as markup, it would still not run.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from synth.report import sections
from synth.report.parts import text

_PLACE = re.compile(r"\{\{(\w+)\}\}")


def render(facts: dict[str, Any], samples: dict[str, Any]) -> str:
    """The page.  `facts` is what `facts.facts` gives, `samples` what `browser.samples` does."""
    style, script = _asset("page.css"), _asset("page.js")
    shown = {(row["sample"], row["attempt"]) for row in samples["rows"]}
    pairs = facts["coverage"]["pairs"]
    data = {"samples": samples["rows"], "pairs": {"names": pairs["names"], "cells": pairs["cells"]}}
    body = [
        sections.funnel(facts),
        sections.yields(facts),
        sections.coverage(facts),
        sections.duplicates(facts),
        sections.contamination(facts, shown),
        sections.cost(facts),
        sections.failures(facts, shown),
    ]
    parts = {
        "policy": f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "title": text(_title(facts)),
        "state": text(_state(facts)),
        "settings": text(_settings(facts)),
        "figures": sections.overview(facts),
        "sections": "\n".join(body),
        "left_out": text(_left_out(samples)),
        "data": embedded(data),
    }
    return _PLACE.sub(lambda place: parts[place[1]], _asset("page.html"))


def embedded(data: Any) -> str:
    """JSON, packed: programs repeat themselves, so a fifth is left, and none of their text is in the markup."""
    packed = gzip.compress(json.dumps(data, separators=(",", ":")).encode(), mtime=0)
    return b64encode(packed).decode()


def _asset(name: str) -> str:
    return (files("synth.report") / "assets" / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _title(facts: dict[str, Any]) -> str:
    identity = facts["run"]["identity"]
    model = identity.get("model_name", "run")
    who = ", ".join(model) if isinstance(model, list) else str(model)
    return f"{who}, seed {identity.get('seed', 0)}"


def _state(facts: dict[str, Any]) -> str:
    run = facts["run"]
    if run["settled"] >= run["total"]:
        return f"All {run['total']:,} samples are decided."
    return f"{run['settled']:,} of {run['total']:,} samples are decided; the run is at work, or was stopped."


def _settings(facts: dict[str, Any]) -> str:
    identity, versions = facts["run"]["identity"], facts["run"]["versions"]
    said = [f"{name} {version}" for name, version in sorted(versions.items())]
    target = identity.get("device_target")
    if target:
        said.append(f"for {', '.join(target) if isinstance(target, list) else target}")
    return " · ".join(said)


def _left_out(samples: dict[str, Any]) -> str:
    shown, whole = len(samples["rows"]), samples["of"]
    if not samples["left_out"]:
        return f"All {whole:,} judged attempts are in this file."
    return (
        f"{shown:,} of {whole:,} judged attempts are in this file with their texts; {samples['left_out']:,} are "
        "left out (samples=N takes more along)."
    )
