"""No false alarm: ordinary programs are accepted in every tier, and their pairs are the same in all of them."""

from __future__ import annotations

import honest
import pytest
from arenas import COMPILING, Arenas
from selected import selected

from validators.containment.layers import Tier


def test_there_are_enough_of_them() -> None:
    assert len(set(honest.HONEST.values())) >= 40


@pytest.mark.parametrize("tier", list(Tier), ids=str)
@pytest.mark.parametrize("name", honest.HONEST)
def test_an_honest_program_is_accepted(
    tier: Tier, name: str, arenas: Arenas, request: pytest.FixtureRequest, pairs: dict[str, str]
) -> None:
    arena = arenas.of(tier, COMPILING, seconds=60.0)
    for other in selected(request, "name", tier=tier):
        arena.submit(honest.HONEST[other])
    judgement = arena.submit(honest.HONEST[name]).result(timeout=500)
    assert judgement.accepted and judgement.pair is not None, judgement.failure
    assert pairs.setdefault(name, judgement.pair.triton_code) == judgement.pair.triton_code


@pytest.fixture(scope="module")
def pairs() -> dict[str, str]:
    """The text of each program's pair, as the first tier made it."""
    return {}
