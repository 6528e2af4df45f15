"""Steering: what sample i is asked for follows from what earlier samples showed (`steer=coverage`).

How many operators of each set a sample gets is drawn as without steering.  Which ones, and in what order, is drawn
towards ordered pairs that no kept program has shown yet, towards operators that were seldom used and those that come
with rare kinds of kernels, and away from operators that fail; nobody's chance becomes zero.

A pattern is a pure function of configuration, seed, index and the fates of the samples before its checkpoint.  Samples
come in blocks of `steer_every`; block b is drawn from what samples 0 .. (b - 1) * steer_every - 1 showed, so that one
block can be judged while the next is drawn, and the first two know nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate

from operators import get
from synth.breadth.state import Settled, State
from synth.config import RunConfig
from synth.errors import UsageError
from synth.sampling import OperatorSets, derived_rng, sample_by_set

#: (first, end): the settled samples from `first` to before `end`, in index order
Outcomes = Callable[[int, int], Iterable[Settled]]

CANDIDATES = 48  # operators looked at for each place of a pattern
EXPLORING = 0.1  # share of places filled without regard to pairs
SEEN = 0.1  # worth of a pair that was seen once, beside an unseen one
BRIDGED = 0.1  # worth of a pair that needs a bridge between layouts
POWER = 3  # of an expected worth: how sharply more is preferred to less
MOST_BALANCE = 8.0  # times its usual chance that an operator gets which was never used


class Steered:
    """The patterns of a steered run.  To be asked in rising order; those of the last two blocks may be asked again."""

    def __init__(
        self,
        config: RunConfig,
        sets: OperatorSets,
        outcomes: Outcomes | None = None,
        begun: Sequence[tuple[str, ...]] = (),
    ) -> None:
        """Without `outcomes` only samples that need none have a pattern.

        `begun` are the patterns of the first samples as the run noted them, which spares drawing them again.
        """
        self._config, self._sets, self._outcomes, self._begun = config, sets, outcomes, begun
        self._state = State()
        self._weights = _Weights(self._state, sets)
        self._made: dict[int, tuple[str, ...]] = {}

    def following(self, outcomes: Outcomes, begun: Sequence[tuple[str, ...]] = ()) -> Steered:
        """The patterns of a run whose samples showed `outcomes`."""
        return Steered(self._config, self._sets, outcomes, begun)

    def needs(self, sample: int) -> int:
        """How many samples, from the first on, must be decided before this one has a pattern."""
        every = self._config.steer_every
        return max(0, sample // every - 1) * every

    def __call__(self, sample: int) -> tuple[str, ...]:
        """The pattern.  Raises UsageError where it is not known what earlier samples showed."""
        if sample < len(self._begun):
            return self._begun[sample]
        if sample not in self._made:
            self._advance(sample)
            self._made[sample] = steered_pattern(self._config, self._weights, sample)
        return self._made[sample]

    def _advance(self, sample: int) -> None:
        needed, known = self.needs(sample), self._state.samples
        if needed == known:
            return
        if self._outcomes is None:
            raise UsageError(
                f"steer=coverage: sample {sample} follows from what the {needed} samples before it showed; ask for one"
                f" below {2 * self._config.steer_every}, give the pattern, or use steer=none."
            )
        if needed < known:
            raise ValueError(f"the pattern of sample {sample} asked after that of a later block")
        self._state.add(self._outcomes(known, needed))
        if self._state.samples != needed:
            raise ValueError(f"sample {sample} begun before the {needed} samples it needs were decided")
        self._weights = _Weights(self._state, self._sets)
        self._made = {made: pattern for made, pattern in self._made.items() if made >= needed}


class _Weights:
    """The chances of each set's operators before their neighbours are known."""

    def __init__(self, state: State, sets: OperatorSets) -> None:
        self.state = state
        self.sets = sets
        self.names = (sets.core, sets.compound, sets.supporting)
        self.cumulative = [list(accumulate(self._all(names))) for names in self.names]

    def _all(self, names: tuple[str, ...]) -> list[float]:
        state = self.state
        usual = sum(state.used[name] for name in names) / len(names) if names else 0.0
        return [
            state.trust(name) * state.rarity(name) * _balance(state.used[name], usual, state.tried[name])
            for name in names
        ]


def _balance(used: int, usual: float, tried: int) -> float:
    """More for those used less; an operator that was tried and did not get through counts as used that often."""
    if not usual:
        return 1.0
    share = 1.25 / (0.25 + max(used, tried) / usual)
    return min(MOST_BALANCE, share * share)


def steered_pattern(config: RunConfig, weights: _Weights, sample: int) -> tuple[str, ...]:
    """The operators of a sample in the order that is asked for."""
    drawn = sample_by_set(config, weights.sets, sample)
    rng = derived_rng(config.seed, sample, "steered")
    places = [which for which, names in enumerate(drawn) for _ in names]
    rng.shuffle(places)
    pattern: list[str] = []
    homes: frozenset[str] = frozenset()
    for at, which in enumerate(places):
        name = _drawn(weights, which, pattern, homes, at + 1 == len(places), rng)
        pattern.append(name)
        homes = _homes(homes, name)
    return tuple(pattern)


def _drawn(
    weights: _Weights, which: int, pattern: list[str], homes: frozenset[str], last: bool, rng: random.Random
) -> str:
    names, cumulative = weights.names[which], weights.cumulative[which]
    exploring = rng.random() < EXPLORING
    candidates = rng.choices(names, cum_weights=cumulative, k=1 if exploring else CANDIDATES)
    if exploring:
        return candidates[0]
    values = [_worth(weights.state, pattern, homes, last, name) for name in candidates]
    return rng.choices(candidates, [value**POWER for value in values])[0]


def _worth(state: State, pattern: list[str], homes: frozenset[str], last: bool, name: str) -> float:
    """What is to be expected of an operator as the next one: chances that its pairs are shown, and are new.

    The first has no one before it and the last no one after it: so these are places for operators that seldom take
    part in a pair in this way, and they are used as often as others.
    """
    lead, follow = state.lead(name), state.follow(name)
    worth = (1 / lead if last else lead) * (follow if pattern else 1 / follow)
    if not pattern:
        return worth
    pair = pattern[-1], name
    if seen := state.pairs[pair]:
        worth *= SEEN / seen
    else:
        worth /= (1 + state.asked[pair] + 2 * state.lost[pair]) ** 2
    return worth if homes & _layouts(name) else worth * BRIDGED


def _homes(homes: frozenset[str], name: str) -> frozenset[str]:
    """The layouts that a value may be in after an operator, which found it in one of `homes`."""
    here = (homes & _layouts(name)) or _layouts(name)
    entry = get(name)
    led = frozenset(str(there) for start, there in entry.exits if str(start) in here)
    return led if entry.leaves else here | led


@cache
def _layouts(name: str) -> frozenset[str]:
    return frozenset(map(str, get(name).layouts))
