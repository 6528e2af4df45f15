"""Tiers T1 to T3: a program's ATen graph against a benchmark's.  Torch-free."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

from validators.contamination.packs import Finding, Packs, Problem

MIN_NODES = 3  # of a problem that is looked for as a part; below, parts of it are in every program
REVIEW = 0.6  # share of a problem's features from which on it is told, though nothing is turned down for it
#: features that are kept of a problem: enough to tell it, few enough for a small pack
MAX_FEATURES = 400


def fingerprint(problem: Problem, features: dict[str, Any]) -> Problem:
    """The problem with what its graph is known by; `features` are `aten.features`."""
    own = tuple((str(feature), int(count)) for feature, count in features["wl2"])
    return replace(
        problem,
        root=features["root"],
        operators=operators_hash(features["operators"]),
        features=own[:MAX_FEATURES] if problem.level != 1 and features["nodes"] >= MIN_NODES else (),
    )


def check(features: dict[str, Any], packs: Packs, containment: float) -> list[Finding]:
    """What of the packs is in a graph; T2 from `containment` on turns a program down, below it is told."""
    findings = []
    if (known := packs.roots.get(features["root"])) is not None:
        findings.append(packs.finding("T1 root", known))
    found = Counter({str(feature): int(count) for feature, count in features["parts"]})
    for share, key in packs.best_share(found, packs.features, MIN_NODES)[:1]:
        if share >= min(REVIEW, containment):
            findings.append(packs.finding("T2 part", key, share))
    if sum(features["operators"].values()) >= MIN_NODES:
        known = packs.operators.get(operators_hash(features["operators"]))
        if known is not None:
            findings.append(packs.finding("T3 operators", known))
    return findings


def operators_hash(operators: dict[str, int]) -> str:
    """Of the multiset."""
    text = "\n".join(f"{name} {count}" for name, count in sorted(operators.items()))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
