"""Tiers T1 to T3: a program's ATen graph against a benchmark's.  Torch-free."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from validators.aten.loose import all_neighbourhoods
from validators.contamination import parts
from validators.contamination.packs import Finding, Packs, Problem

#: operators, biases aside, of a problem that is looked for as a part: fewer (a layer and its activation) are in every
#: program, and a corpus without them would be absurd
MIN_OPERATORS = 3
_LINEAR = ("~matmul", "conv")
MAX_NODES = 400  # of a problem whose graph is kept whole
MIN_FEATURES = 16  # of a problem that is told by a share of its features: a share of few is an accident
COMMON = 0.7  # share of a problem's features in an unrelated program that makes it one to tell by equality only
PIECE = 0.5  # share of a problem's operators in a program that is all of it a piece of the problem
REVIEW = 0.6  # share of a problem's features from which on it is told, though nothing is turned down for it


def fingerprint(problem: Problem, features: dict[str, Any]) -> Problem:
    """The problem with what its graph is known by; `features` are `aten.features`."""
    nodes = features["nodes"]
    looked_for = problem.level != 1 and _operators(features["loose"]) >= MIN_OPERATORS
    own = tuple((str(feature), int(count)) for feature, count in features["wl2"])
    graph = parts.hashed(features["loose"])
    return replace(
        problem,
        root=features["root"],
        settled=features["settled"],
        operators=operators_hash(features["operators"]),
        features=own if looked_for and len(own) >= MIN_FEATURES else (),
        graph=tuple(graph) if looked_for and nodes <= MAX_NODES else (),
    )


def check(features: dict[str, Any], packs: Packs, containment: float) -> list[Finding]:
    """What of the packs is in a graph; T2 shares from `containment` on turn a program down, those below are told."""
    findings = []
    known = packs.roots.get(features["root"]) or packs.roots.get(features["plain"])
    if (known := known or packs.settled.get(features["settled"])) is not None:
        findings.append(packs.finding("T1 root", known))
    found = parts_in(features, packs, min(REVIEW, containment))
    whole = [finding for finding in found if finding.score == 1]
    findings += whole or found[:1]
    if sum(features["operators"].values()) >= MIN_OPERATORS:
        known = packs.operators.get(operators_hash(features["operators"]))
        if known is not None:
            findings.append(packs.finding("T3 operators", known))
    return findings


def parts_in(features: dict[str, Any], packs: Packs, share: float) -> list[Finding]:
    """Problems that are part of a graph, whole or by that share of their features; the nearest first."""
    graph = parts.hashed(features["loose"])
    near = dict.fromkeys(key for op, _, _ in graph for key in packs.graphs.get(op, ()))
    whole = [key for key in near if parts.contains(graph, packs.problems[key].graph)]
    whole += [key for key in _cut_short(graph, packs) if key not in whole]
    shares = packs.best_share(all_neighbourhoods(features["loose"]), packs.features, MIN_FEATURES)
    by_share = [packs.finding("T2 part", key, found) for found, key in shares if found >= share and key not in whole]
    return [*(packs.finding("T2 part", key) for key in whole), *by_share]


def _cut_short(graph: parts.Graph, packs: Packs) -> Iterator[str]:
    """Problems that a graph is a large piece of: the same network with fewer layers."""
    read = {operand for _, _, of in graph for operand in of}
    if len(graph) < MIN_FEATURES or any(at not in read for at in range(len(graph) - 1)):
        return
    for key, problem in packs.problems.items():
        if len(graph) < len(problem.graph) <= len(graph) / PIECE and parts.contains(problem.graph, graph):
            yield key


def _operators(loose: list[list[Any]]) -> int:
    """Nodes of a loose graph without the biases of its products and convolutions."""
    biases = sum(op == "~add" and len(of) == 1 and loose[of[0]][0].startswith(_LINEAR) for op, _, of in loose)
    return len(loose) - biases


def operators_hash(operators: dict[str, int]) -> str:
    """Of the multiset."""
    text = "\n".join(f"{name} {count}" for name, count in sorted(operators.items()))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
