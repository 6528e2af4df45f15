"""What a run has found out so far, as far as it decides what to ask for next.

A state is folded from settled samples in index order and holds counts only, so it is a pure function of them.  All of
its figures are made with the four basic operations, which give the same floats on every machine.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from synth.store.attempts import Attempt
from validators.verdict import Reason, Stage

#: share of operators that are thought to fail always, before anything is known
BROKEN = 0.03
#: least share of its usual chance that an operator keeps, however often it failed
LEAST_TRUST = 0.02
#: trust up to which an operator is held to be broken
KNOWN_BROKEN = 0.15
#: samples that a share is thought to rest on before there are any
PRIOR = 2.0

Pair = tuple[str, str]
_NOT_THE_OPERATORS = {
    *(Reason.BENCHMARK_SOURCE, Reason.BENCHMARK_NAME, Reason.BENCHMARK_SIGNATURE, Reason.BENCHMARK_GRAPH),
    *(Reason.BENCHMARK_PART, Reason.BENCHMARK_BEHAVIOUR),
    *(Reason.DUPLICATE_SOURCE, Reason.DUPLICATE_SIGNATURE, Reason.DUPLICATE_GRAPH),
    *(Reason.NO_ANSWER, Reason.NO_CODE, Reason.TRUNCATED, Reason.BLOCKED, Reason.CONTEXT_TOO_LONG),
}


@dataclass(frozen=True)
class Settled:
    """One decided sample: what it was asked for and what came of it."""

    pattern: tuple[str, ...]
    kept: bool
    failed: bool = False  # for a reason that may lie in its operators
    pairs: frozenset[Pair] = frozenset()  # (a, b): b was given a's result; see `operators.order.pairs`
    kinds: frozenset[str] = frozenset()  # of its Triton kernels


def settled_of(attempt: Attempt) -> Settled:
    """From the attempt that decided a sample."""
    kept = attempt.stage is None
    failed = not kept and attempt.reason not in _NOT_THE_OPERATORS
    if not kept:
        return Settled(attempt.pattern, kept, failed)
    found = (v.metrics.get("pairs", ()) for v in attempt.verdicts or () if v.stage is Stage.EAGER)
    pairs = frozenset((str(a), str(b)) for listed in found for a, b in listed)
    labels = attempt.pair.evidence.get("labels", {}) if attempt.pair else {}
    kinds = frozenset(str(kernel.get("kind", "")) for kernel in labels.get("kernels", {}).values())
    return Settled(attempt.pattern, kept, failed, pairs, kinds)


@dataclass
class State:
    """Counts over settled samples."""

    samples: int = 0
    failures: int = 0
    tried: Counter[str] = field(default_factory=Counter)  # samples that asked for an operator
    failed: Counter[str] = field(default_factory=Counter)  # of them: failed, and it may have been for this one
    used: Counter[str] = field(default_factory=Counter)  # of them: kept
    pairs: Counter[Pair] = field(default_factory=Counter)  # seen, in kept samples
    asked: Counter[Pair] = field(default_factory=Counter)  # neighbours in a pattern, of kept samples
    lost: Counter[Pair] = field(default_factory=Counter)  # neighbours in a pattern, of failed samples
    led: Counter[str] = field(default_factory=Counter)  # asked, by the first of the two
    leading: Counter[str] = field(default_factory=Counter)  # of them: seen
    followed: Counter[str] = field(default_factory=Counter)  # asked, by the second of the two
    following: Counter[str] = field(default_factory=Counter)  # of them: seen
    kinds: Counter[str] = field(default_factory=Counter)
    kinds_of: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, settled: Iterable[Settled]) -> None:
        """Takes in further samples, in index order."""
        for one in settled:
            operators = set(one.pattern)
            self.samples += 1
            self.tried.update(operators)
            if one.failed:
                self.failures += 1
                self.failed.update(self._suspects(operators))
                self.lost.update(set(pairwise(one.pattern)))
            if one.kept:
                self._add_kept(one, operators)
        self.__dict__.pop("usual_lead", None)

    def _suspects(self, operators: set[str]) -> set[str]:
        """Those a failure is held against: all, unless some are known to be broken, which explains it."""
        return {name for name in operators if self.trust(name) <= KNOWN_BROKEN} or operators

    def _add_kept(self, one: Settled, operators: set[str]) -> None:
        self.used.update(operators)
        self.pairs.update(one.pairs)
        for pair in set(pairwise(one.pattern)):
            self.asked[pair] += 1
            self.led[pair[0]] += 1
            self.leading[pair[0]] += pair in one.pairs
            self.followed[pair[1]] += 1
            self.following[pair[1]] += pair in one.pairs
        self.kinds.update(one.kinds)
        for name in operators:
            self.kinds_of[name].update(one.kinds)

    def trust(self, name: str) -> float:
        """The chance that a sample with this operator does not fail for it, from `LEAST_TRUST` to 1.

        Two kinds of operators are weighed against each other by Bayes' rule, those that always fail and those that
        fail as often as all do; a kept sample clears an operator of the first.
        """
        failed = self.failed[name]
        usual = (self.failures + 0.2 * PRIOR) / (self.samples + PRIOR)
        if self.used[name]:
            share = (failed + usual * PRIOR) / (self.tried[name] + PRIOR)
            return max(LEAST_TRUST, min(1.0, (1 - share) / (1 - usual)))
        by_chance = 1.0
        for _ in range(min(failed, 64)):
            by_chance *= usual
        return max(LEAST_TRUST, 1 - BROKEN / (BROKEN + (1 - BROKEN) * by_chance))

    @cached_property
    def usual_lead(self) -> float:
        """The share of asked neighbours that were seen."""
        return (self.leading.total() + 0.5 * PRIOR) / (self.led.total() + PRIOR)

    def lead(self, name: str) -> float:
        """How much likelier than others its result is handed on as it is."""
        share = (self.leading[name] + self.usual_lead * PRIOR) / (self.led[name] + PRIOR)
        return share / self.usual_lead

    def follow(self, name: str) -> float:
        """How much likelier than others it is given the result of the one before it as it is."""
        share = (self.following[name] + self.usual_lead * PRIOR) / (self.followed[name] + PRIOR)
        return share / self.usual_lead

    def rarity(self, name: str) -> float:
        """How rare the kernel kinds are that come with it, beside those that come with others; 1 where unknown."""
        mine = self.kinds_of.get(name)
        if not mine or not self.used[name]:
            return 1.0
        usual = float(len(self.kinds))  # the sum over kinds of (share of all) / (share of all)
        total = sum(count / self.kinds[kind] for kind, count in mine.items()) * self.kinds.total()
        return (total / mine.total() + usual) / (2 * usual)
