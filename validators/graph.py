"""Stage GRAPH: the program's ATen graph, and whether a benchmark is in it.

The graph is recorded by the process that executes the program, from one forward pass on fake tensors, or on real ones
where the program looks into them (`aten.recorder`); what it says is compared here.  A program whose graph cannot be
taken is never passed: nobody knows what is in it.
"""

from __future__ import annotations

from typing import Any, Protocol

from validators.aten.features import features
from validators.aten.recorder import record
from validators.conduct.honesty import Side
from validators.contamination import behaviour, graphs, packs
from validators.contamination.packs import Finding
from validators.errors import describe, is_out_of_memory
from validators.fake import FakeMode
from validators.loading import Loaded, Refused
from validators.verdict import Reason, Settings, Stage, Verdict

_REASONS = {
    "T1 root": Reason.BENCHMARK_GRAPH,
    "T2 part": Reason.BENCHMARK_PART,
    "T4 behaviour": Reason.BENCHMARK_BEHAVIOUR,
}


class Asked(Protocol):
    """A process that executes the program: `processes.remote.Remote`."""

    def ask(self, what: str, **arguments: Any) -> Any:
        """The answer."""


def prepare(settings: Settings) -> None:
    """What all children of the warm process need: packs read, well-known functions recorded.  Raises PackError."""
    behaviour.known(packs.load(settings.fingerprints))


def check(program_side: Asked, side: Side, settings: Settings) -> Verdict:
    """Judge the graph.  Metrics: `aten.features`, and `contamination`, a list of findings.  Raises Refused."""
    told = program_side.ask("graph")
    known = packs.load(settings.fingerprints)
    findings = graphs.check(told, known, settings.benchmark_containment)
    # EAGER has shown that it can be run.
    runs = Stage.EAGER in settings.stages and behaviour.may_be_known(told)
    if runs and not any(finding.tier == "T1 root" for finding in findings):
        findings += behaviour.check(side, known, settings.seed)
    metrics = told | {"contamination": [finding.to_json() for finding in findings]}
    for finding in findings:
        if reason := _rejects(finding, settings):
            return Verdict(Stage.GRAPH, False, reason, str(finding), metrics)
    return Verdict(Stage.GRAPH, True, metrics=metrics)


def _rejects(finding: Finding, settings: Settings) -> Reason | None:
    if finding.tier == "T2 part" and finding.score < settings.benchmark_containment:
        return None
    return _REASONS.get(finding.tier)


def told(loaded: Loaded) -> dict[str, Any]:
    """In the process that executes the program: the features of its graph.  Raises Refused(NOT_FINGERPRINTED)."""
    try:
        with FakeMode():
            return _recorded(loaded)
    except Exception as error:
        if is_out_of_memory(error):
            raise
    try:
        return _recorded(loaded)  # it needs values, which EAGER has shown that it gets along with
    except Refused:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise Refused(Reason.NOT_FINGERPRINTED, describe(error)) from error


def _recorded(loaded: Loaded) -> dict[str, Any]:
    model, inputs = loaded.build(), loaded.inputs()
    return features(record(model, inputs, lambda: model(*inputs)))
