"""Figures over judged attempts: the funnel, its reasons, its cost, and how operators fare.

One tally serves the live monitor, `.stats`, `.validate` and `.operators`, so they can never disagree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from validators.verdict import Judgement, Reason, Stage, Verdict


@dataclass
class Tally:
    """Counts that grow as attempts are judged."""

    judged: int = 0
    passed: int = 0
    #: the same of first attempts: the yield before any repair
    first_judged: int = 0
    first_passed: int = 0
    entered_stage: Counter[Stage] = field(default_factory=Counter)
    passed_stage: Counter[Stage] = field(default_factory=Counter)
    cpu_seconds: defaultdict[Stage, float] = field(default_factory=lambda: defaultdict(float))
    #: of attempts that passed, one number each: of every stage, and (None) of all together
    pair_seconds: dict[Stage | None, list[float]] = field(default_factory=dict)
    reasons: Counter[tuple[Stage, Reason]] = field(default_factory=Counter)
    operator_attempts: Counter[str] = field(default_factory=Counter)
    operator_passed: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        pattern: Iterable[str],
        verdicts: Iterable[Verdict],
        stage: Stage | None,
        reason: Reason | None,
        attempt: int = 1,
        times: int = 1,
    ) -> None:
        """Counts one attempt that was turned down at `stage`, or at none; `times=-1` takes it back."""
        verdicts = list(verdicts)
        self.judged += times
        if stage is None:
            self._add_pair(verdicts, times)
        if attempt == 1:
            self.first_judged += times
            self.first_passed += times if stage is None else 0
        for verdict in verdicts:
            self.cpu_seconds[verdict.stage] += times * verdict.cpu_seconds
            if stage is None or _ORDER[verdict.stage] <= _ORDER[stage]:
                self.entered_stage[verdict.stage] += times
            if stage is None or _ORDER[verdict.stage] < _ORDER[stage]:
                self.passed_stage[verdict.stage] += times
        if stage is None:
            self.passed += times
        elif reason is not None:
            self.reasons[stage, reason] += times
        if reason in _DUPLICATE:
            return  # nothing was wrong with its operators
        for operator in set(pattern):
            self.operator_attempts[operator] += times
            self.operator_passed[operator] += times if stage is None else 0

    def _add_pair(self, verdicts: list[Verdict], times: int) -> None:
        seconds: dict[Stage | None, float] = {None: sum(verdict.cpu_seconds for verdict in verdicts)}
        seconds |= {verdict.stage: verdict.cpu_seconds for verdict in verdicts}
        for stage, spent in seconds.items():
            if times > 0:
                self.pair_seconds.setdefault(stage, []).append(spent)
            else:
                self.pair_seconds[stage].remove(spent)
                if not self.pair_seconds[stage]:
                    del self.pair_seconds[stage]

    def add_judgement(self, pattern: Iterable[str], judgement: Judgement, attempt: int = 1) -> None:
        """Counts one attempt as the validators judged it."""
        failure = judgement.failure
        stage, reason = (None, None) if failure is None else (failure.stage, failure.reason)
        self.add(pattern, judgement.verdicts, stage, reason, attempt)

    def stages(self) -> list[Stage]:
        """The stages that anything entered, in order."""
        return [stage for stage in Stage if self.entered_stage[stage]]

    def top_reasons(self, limit: int | None = None) -> list[tuple[Stage, Reason, int]]:
        """Most frequent first; ties by stage."""
        ranked = sorted(self.reasons.items(), key=lambda item: (-item[1], _ORDER[item[0][0]], item[0][1]))
        return [(stage, reason, count) for (stage, reason), count in ranked[:limit] if count]

    def worst_operators(self, limit: int | None = None, at_least: int = 3) -> list[tuple[str, int, int]]:
        """(name, passed, attempts) from the lowest success rate; those seen less than `at_least` are no news."""
        rows = [(name, self.operator_passed[name], n) for name, n in self.operator_attempts.items() if n >= at_least]
        return sorted(rows, key=lambda row: (row[1] / row[2], -row[2], row[0]))[:limit]


_DUPLICATE = (Reason.DUPLICATE_SOURCE, Reason.DUPLICATE_SIGNATURE, Reason.DUPLICATE_GRAPH)
_ORDER = {stage: number for number, stage in enumerate(Stage)}
