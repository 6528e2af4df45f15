"""Steered patterns: what they follow from, and what they lead to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from synth.breadth.state import LEAST_TRUST, Settled, State
from synth.breadth.steering import Steered, _layouts, _worth
from synth.config import RunConfig
from synth.errors import UsageError
from synth.sampling import catalogue_sets, sample_by_set, sample_pattern

SETS = catalogue_sets()
NAMES = (*SETS.core, *SETS.compound, *SETS.supporting)
CONFIG = RunConfig(steer="coverage", steer_every=50, seed=4)
BROKEN = frozenset(NAMES[::40])  # 8 of 283: 3 %


def world(pattern: tuple[str, ...]) -> Settled:
    """A program fails where an operator is broken, and shows all neighbours otherwise."""
    if BROKEN & set(pattern):
        return Settled(pattern, kept=False, failed=True)
    return Settled(pattern, kept=True, pairs=frozenset(pairwise(pattern)), kinds=frozenset({"pointwise"}))


def lived(samples: int, config: RunConfig = CONFIG) -> list[Settled]:
    """So many samples, each settled before the next is drawn."""
    settled: list[Settled] = []
    steered = Steered(config, SETS, lambda first, end: settled[first:end])
    for sample in range(samples):
        settled.append(world(steered(sample)))
    return settled


@pytest.fixture(scope="module")
def long() -> list[Settled]:
    return lived(1000)


def test_sizes_are_drawn_as_without_steering(long: list[Settled]) -> None:
    for sample, one in enumerate(long):
        drawn = sample_by_set(CONFIG, SETS, sample)
        counted = [sum(name in names for name in one.pattern) for names in (SETS.core, SETS.compound, SETS.supporting)]
        assert counted == [len(names) for names in drawn]


def test_a_pattern_follows_from_what_was_known_two_blocks_before(long: list[Settled]) -> None:
    steered = Steered(CONFIG, SETS)
    assert [steered.needs(sample) for sample in (0, 99, 100, 149, 150, 999)] == [0, 0, 50, 50, 100, 900]

    asked: list[tuple[int, int]] = []

    def told(first: int, end: int) -> list[Settled]:
        asked.append((first, end))
        return long[first:end]

    late = Steered(CONFIG, SETS, told)
    assert late(730) == long[730].pattern and asked == [(0, 650)]
    assert late(790) == long[790].pattern and asked == [(0, 650), (650, 700)]
    assert late(730) == long[730].pattern  # a repair of the last block
    with pytest.raises(ValueError, match="later block"):
        late(600)


def test_other_fates_lead_to_other_patterns_from_their_checkpoint_on(long: list[Settled]) -> None:
    other = [*(Settled(one.pattern, kept=False, failed=True) for one in long[:10]), *long[10:]]
    first, second = (Steered(CONFIG, SETS, lambda a, b, told=told: told[a:b]) for told in (long, other))
    assert all(first(sample) == second(sample) for sample in range(100))
    assert [first(sample) for sample in range(100, 150)] != [second(sample) for sample in range(100, 150)]


def test_patterns_that_a_run_noted_are_not_drawn_again(long: list[Settled]) -> None:
    noted = [one.pattern for one in long[:400]]
    asked: list[tuple[int, int]] = []

    def told(first: int, end: int) -> list[Settled]:
        asked.append((first, end))
        return long[first:end]

    resumed = Steered(CONFIG, SETS, told, noted)
    assert [resumed(sample) for sample in range(400)] == noted and asked == []
    assert resumed(400) == long[400].pattern and asked == [(0, 350)]


def test_without_a_run_only_the_first_two_blocks_are_known() -> None:
    steered = Steered(CONFIG, SETS)
    assert steered(99)
    with pytest.raises(UsageError, match="steer=coverage: sample 100 follows"):
        steered(100)


def test_outcomes_that_are_not_there_yet_are_an_error() -> None:
    with pytest.raises(ValueError, match="begun before"):
        Steered(CONFIG, SETS, lambda first, end: [])(100)


def test_broken_operators_are_avoided_and_never_given_up(long: list[Settled]) -> None:
    def share(ones: list[tuple[str, ...]]) -> float:
        return sum(bool(BROKEN & set(pattern)) for pattern in ones) / len(ones)

    plain = share([sample_pattern(CONFIG, SETS, sample) for sample in range(700, 1000)])
    assert plain > 0.1
    assert share([one.pattern for one in long[700:]]) < 0.3 * plain
    state = State()
    state.add(long)
    assert all(LEAST_TRUST <= state.trust(name) <= 1 for name in NAMES)
    assert (
        max(state.trust(name) for name in BROKEN) < 0.2 < min(state.trust(name) for name in NAMES if state.used[name])
    )


def test_one_failure_does_not_ban_an_operator() -> None:
    state = State()
    state.add([Settled(("Linear", "GELU"), kept=True)] * 20 + [Settled(("Tanh", "GELU"), kept=False, failed=True)])
    assert 0.2 < state.trust("Tanh") < state.trust("Sin") <= 1
    assert state.trust("GELU") > 0.9
    state.add([Settled(("Tanh", "GELU"), kept=True)])
    assert state.trust("Tanh") > 0.6


def test_more_pairs_are_seen_and_every_operator_is_used(long: list[Settled]) -> None:
    """In a world where whatever is asked for is shown and pairs are many, there is little to gain, and nothing lost."""
    kept = [one for one in long if one.kept]
    steered = {pair for one in kept for pair in one.pairs}
    drawn = [world(sample_pattern(CONFIG, SETS, sample)) for sample in range(1000)]
    assert len(steered) > len({pair for one in drawn for pair in one.pairs})
    assert {name for one in kept for name in one.pattern} == set(NAMES) - BROKEN


def test_where_pairs_are_few_steering_finds_them_sooner() -> None:
    few = replace(SETS, core=SETS.core[:6], compound=SETS.compound[:4], supporting=SETS.supporting[:12])
    config = replace(CONFIG, steer_every=10)
    settled: list[Settled] = []
    steered = Steered(config, few, lambda first, end: settled[first:end])
    for sample in range(150):
        pattern = steered(sample)
        settled.append(Settled(pattern, True, pairs=frozenset(pairwise(pattern))))
    ours = {pair for one in settled for pair in one.pairs}
    theirs = {pair for sample in range(150) for pair in pairwise(sample_pattern(config, few, sample))}
    assert len(ours) > 1.25 * len(theirs)


def test_operators_that_come_with_rare_kernels_are_preferred() -> None:
    state = State()
    common = [Settled(("Linear", "ReLU"), True, kinds=frozenset({"pointwise"}))] * 30
    state.add([*common, *[Settled(("Linear", "CumSum"), True, kinds=frozenset({"pointwise", "scan"}))] * 2])
    assert state.rarity("CumSum") > state.rarity("Linear") > 0.5
    assert state.rarity("ReLU") < 1 == state.rarity("Tanh")


def test_a_run_asks_more_for_operators_that_come_with_rare_kernels() -> None:
    def uses(rare: frozenset[str]) -> int:
        settled: list[Settled] = []
        steered = Steered(CONFIG, SETS, lambda first, end: settled[first:end])
        for sample in range(600):
            pattern = steered(sample)
            kinds = {"pointwise", *({"scan"} if "CumSum" in pattern else ()), *rare.intersection(pattern)}
            settled.append(Settled(pattern, True, pairs=frozenset(pairwise(pattern)), kinds=frozenset(kinds)))
        return sum("CumSum" in one.pattern for one in settled)

    common = frozenset(SETS.supporting)  # every operator comes with a kind of its own: none is rarer than another
    assert uses(frozenset()) > uses(common)


def test_neighbours_that_never_succeed_are_avoided_though_each_of_them_does_elsewhere() -> None:
    bad, untried = ("Linear", "Tanh"), ("Linear", "Sin")
    state, worths = State(), []
    for _ in range(4):
        worths.append([_worth(state, [a], _layouts("Linear"), False, b) for a, b in (bad, untried)])
        state.add([Settled(bad, kept=False, failed=True)])
        state.add([Settled(fine, True, pairs=frozenset([fine])) for fine in (("Linear", "Cos"), ("Exp", "Tanh"))])
    shares = [of_bad / of_untried for of_bad, of_untried in worths]
    assert shares == sorted(shares, reverse=True) and shares[-1] < 0.05 * shares[0]


def test_a_failure_that_is_not_the_operators_is_not_held_against_them() -> None:
    state = State()
    state.add([Settled(("Linear", "Tanh"), kept=False, failed=False)] * 5)
    assert state.trust("Tanh") == state.trust("Sin")  # which was never tried


def test_the_draw_is_the_same_whatever_was_asked_before() -> None:
    counted = Counter(one.pattern for one in lived(120))
    assert Counter(one.pattern for one in lived(120, replace(CONFIG, num_worker=9))) == counted
    assert Counter(one.pattern for one in lived(120, replace(CONFIG, seed=5))) != counted
