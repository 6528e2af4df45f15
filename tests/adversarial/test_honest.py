"""No false alarm: ordinary programs are accepted in every tier, and their pairs are the same in all of them."""

from __future__ import annotations

import honest
import pytest
from arenas import COMPILING, Arena, Arenas
from selected import selected

from validators.containment.layers import Tier
from validators.verdict import Stage


def test_there_are_enough_of_them() -> None:
    assert len(set(honest.HONEST.values())) >= 40


#: What is compiled in the lower tiers too, where a warm process only may do more; all others are run there.
COMPILED_EVERYWHERE = list(honest.HONEST)[::4]


def arena(arenas: Arenas, tier: Tier, name: str) -> Arena:
    if tier is Tier.CONTAINED or name in COMPILED_EVERYWHERE:
        return arenas.of(tier, COMPILING, seconds=60.0)
    return arenas.of(tier)


@pytest.mark.parametrize("tier", list(Tier), ids=str)
@pytest.mark.parametrize("name", honest.HONEST)
def test_an_honest_program_is_accepted(
    tier: Tier, name: str, arenas: Arenas, request: pytest.FixtureRequest, pairs: dict[str, str]
) -> None:
    for other in selected(request, "name", tier=tier):
        arena(arenas, tier, other).submit(honest.HONEST[other])
    used = arena(arenas, tier, name)
    judgement = used.submit(honest.HONEST[name]).result(timeout=500)
    assert judgement.failure is None
    if Stage.TRITON in used.pool.settings.stages:
        assert judgement.pair is not None and "numerics" not in judgement.pair.evidence  # nobody asked for a proof
        assert pairs.setdefault(name, judgement.pair.triton_code) == judgement.pair.triton_code


@pytest.fixture(scope="module")
def pairs() -> dict[str, str]:
    """The text of each program's pair, as the first tier made it."""
    return {}
