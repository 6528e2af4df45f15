"""Every attack in every tier that promises to hold it: the verdict, and that nothing happened outside."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace

import exhausting
import misleading
import pytest
import reaching
from arenas import Arena, Arenas
from attack import REACHED, Attack
from outside import Outside, wait_until_gone
from selected import selected

from validators.containment.layers import Tier
from validators.verdict import Judgement

ATTACKS = [*reaching.ATTACKS, *reaching.ONLY_CONTAINED, *exhausting.ATTACKS, *misleading.ATTACKS]


def judged(arena: Arena, outside: Outside, attack: Attack) -> Future[Judgement]:
    pattern = misleading.PATTERNS.get(attack.name, ())
    return arena.submit(outside.written(attack.source, attack.name), pattern, attack.heavy)


def test_there_are_enough_of_them() -> None:
    assert len({a.name for a in ATTACKS}) == len(ATTACKS) >= 80


@pytest.mark.parametrize(
    ("tier", "attack"),
    [pytest.param(tier, a, id=f"{tier}-{a.name}") for tier in Tier for a in ATTACKS if tier in a.tiers],
)
def test_an_attack_gets_its_verdict_and_nothing_else(
    tier: Tier, attack: Attack, arenas: Arenas, outside: Outside, request: pytest.FixtureRequest
) -> None:
    for other in selected(request, "attack", tier=tier):
        judged(arenas.of(tier, seconds=other.seconds), outside, other)
    judgement = judged(arenas.of(tier, seconds=attack.seconds), outside, attack).result(timeout=300)
    reason = judgement.failure.reason if judgement.failure else None
    assert reason in attack.reasons, judgement.verdicts[-1]
    said = json.dumps([v.to_json() for v in judgement.verdicts])
    assert REACHED not in said and outside.key not in said
    assert all(v.detail.isprintable() for v in judgement.verdicts)
    assert not wait_until_gone(outside.written("@MARK@", attack.name))
    assert outside.harm(attack.name) == []


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.unheld], ids=lambda a: a.name)
def test_an_attack_that_nothing_holds_gets_through(
    attack: Attack, arenas: Arenas, outside: Outside, request: pytest.FixtureRequest
) -> None:
    """Or the test above would show nothing."""
    arena = arenas.of(Tier.GUARDED)
    for other in selected(request, "attack"):
        judged(arena, outside, unheld(other))
    judgement = judged(arena, outside, unheld(attack)).result(timeout=300)
    assert judgement.failure is not None and REACHED in judgement.failure.detail, judgement.verdicts[-1]


def unheld(attack: Attack) -> Attack:
    """The same in a place of its own, which it may change."""
    return replace(attack, name=f"{attack.name}_unheld")
