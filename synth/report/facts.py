"""A run's figures as JSON data: what the report shows and the dataset card repeats."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Any

from synth.asking.money import Money
from synth.breadth import Item, item, tables
from synth.display import groups
from synth.display.tally import Tally
from synth.report.coverage import coverage
from synth.report.evidence import Evidence
from synth.store.attempts import Attempt
from synth.store.journal import Journal
from validators.verdict import SENTENCES, Judgement, Reason, Stage

EXAMPLES = 5  # of attempts and of details, for each reason
YIELDS = {"pattern_size": "pattern size", "prompt": "prompt", "model": "model"}
_GROUPED = ("samples", "attempts", "first_passed", "passed", "tokens", "cost", "unpriced")
_DETAIL = 300  # characters of a detail that examples repeat


@dataclass
class _Failures:
    """What turned attempts down at one stage for one reason."""

    count: int = 0
    details: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, attempt: Attempt) -> None:
        self.count += 1
        detail = " ".join(attempt.detail.split())[:_DETAIL]
        self.details[detail] += 1
        if len(self.examples) < EXAMPLES:
            named = {"sample": attempt.sample, "attempt": attempt.attempt, "name": attempt.name}
            self.examples.append({**named, "detail": detail})


def facts(journal: Journal, settled_only: bool = False) -> dict[str, Any]:
    """Everything but the samples' texts, from one pass over the judged attempts.

    `settled_only` leaves out attempts at samples whose fate is not decided: what is left depends on configuration and
    seed alone, costs aside, however the run was interrupted.
    """
    meta = journal.meta()
    fates = {sample: (attempt, kept) for sample, attempt, _, kept in journal.fates()}
    tally, evidence, breadth = Tally(), Evidence(), tables(())
    failures: dict[tuple[Stage, Reason], _Failures] = {}
    for attempt in journal.judged_attempts():
        fate = fates.get(attempt.sample)
        if fate is None and settled_only:
            continue
        kept = fate is not None and fate == (attempt.attempt, True)
        tally.add(attempt.pattern, attempt.verdicts or (), attempt.stage, attempt.reason, attempt.attempt)
        evidence.add(attempt, kept)
        if kept:
            breadth.add(_item(attempt))
        if attempt.stage is not None and attempt.reason is not None:
            failures.setdefault((attempt.stage, attempt.reason), _Failures()).add(attempt)
    kept_count = sum(kept for _, kept in fates.values())
    total = int(meta.get("total", len(fates)))
    gradients = _gradients(journal, tally.passed)
    return {
        "run": {
            "identity": meta.get("identity", {}),
            "versions": meta.get("versions", {}),
            "total": total,
            "settled": len(fates),
            "kept": kept_count,
            "attempts": tally.judged,
            "gradients": gradients["kept"],
        },
        "funnel": _funnel(tally, kept_count),
        "gradients": gradients,
        "yields": {
            "first": [tally.first_passed, tally.first_judged],
            "repaired": [tally.passed, tally.first_judged],
            "operator": [list(row) for row in tally.worst_operators(at_least=1)],
            **{dimension: _grouped(journal, dimension, len(fates) if settled_only else None) for dimension in YIELDS},
        },
        "failures": _failures(failures),
        "coverage": coverage(breadth),
        "breadth": breadth.summary(),
        **evidence.data(breadth),
        "cost": _cost(journal),
    }


def _item(attempt: Attempt) -> Item:
    stages = {str(verdict.stage): verdict.metrics for verdict in attempt.verdicts or ()}
    return item(attempt.program or "", attempt.pattern, stages, attempt.pair.evidence if attempt.pair else {})


def _funnel(tally: Tally, accepted: int) -> list[dict[str, Any]]:
    rows = []
    for stage in [*tally.stages(), None]:
        spent = tally.cpu_seconds[stage] if stage else sum(tally.cpu_seconds.values())
        each = tally.pair_seconds.get(stage, [])
        rows.append(
            {
                "stage": stage.value if stage else "all",
                "entered": tally.entered_stage[stage] if stage else tally.judged,
                "passed": tally.passed_stage[stage] if stage else tally.passed,
                "cpu_seconds": spent,
                "cpu_per_kept": spent / accepted if accepted else None,
                "pair_median": median(each) if each else None,
                "pair_mean": mean(each) if each else None,
            }
        )
    return rows


def _gradients(journal: Journal, forward: int) -> dict[str, Any]:
    tally = Tally()
    for judgement in journal.gradient_verdicts():
        tally.add_judgement((), Judgement(judgement.verdicts))
    reasons = [[stage.value, reason.value, count, SENTENCES[reason]] for stage, reason, count in tally.top_reasons()]
    rows = _funnel(tally, tally.passed) if tally.judged else []
    return {"of": forward, "judged": tally.judged, "kept": tally.passed, "funnel": rows, "reasons": reasons}


def _failures(found: dict[tuple[Stage, Reason], _Failures]) -> list[dict[str, Any]]:
    order = {stage: number for number, stage in enumerate(Stage)}
    ranked = sorted(found.items(), key=lambda item: (-item[1].count, order[item[0][0]], item[0][1]))
    return [
        {
            "stage": stage.value,
            "reason": reason.value,
            "meaning": SENTENCES[reason],
            "count": one.count,
            "details": [list(item) for item in one.details.most_common(EXAMPLES)],
            "other_details": max(0, len(one.details) - EXAMPLES),
            "examples": one.examples,
        }
        for (stage, reason), one in ranked
    ]


def _grouped(journal: Journal, dimension: str, below: int | None) -> list[dict[str, Any]]:
    return [
        {
            "name": str(key),
            **{column: getattr(one, column) for column in _GROUPED},
        }
        for (key,), one in groups.group(journal, [dimension], below).items()
    ]


def _cost(journal: Journal) -> list[dict[str, Any]]:
    """Tokens and money by who was asked, most requests first."""
    found: dict[str, Money] = {}
    for call in journal.ledger.calls():
        name = f"{call.provider}:{call.model}" if call.model else call.provider
        found.setdefault(name, Money()).add(call)
    columns = ("calls", "answers", "prompt_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")
    return [
        {
            "name": name,
            **{column: getattr(one, column) for column in columns},
            "spent": one.spent,
            "unpriced": one.unpriced,
        }
        for name, one in sorted(found.items(), key=lambda item: (-item[1].calls, item[0]))
    ]
