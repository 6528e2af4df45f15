"""Nobody but the judge gives a verdict: programs with a fault, and a trick to hide it."""

from __future__ import annotations

import forging
import pytest
from arenas import Arenas
from attack import program
from forging import Forgery
from outside import Outside
from selected import selected
from warm_pool import WarmPool

from validators.containment.layers import Tier
from validators.verdict import Program, Stage


def test_there_are_enough_of_them() -> None:
    assert len({f.name for f in forging.FORGERIES}) == len(forging.FORGERIES) >= 20


@pytest.mark.parametrize("tier", list(Tier), ids=str)
@pytest.mark.parametrize("forgery", forging.FORGERIES, ids=lambda f: f.name)
def test_a_forged_result_is_not_accepted(
    tier: Tier, forgery: Forgery, arenas: Arenas, outside: Outside, request: pytest.FixtureRequest
) -> None:
    arena = arenas.of(tier)
    for other in selected(request, "forgery", tier=tier):
        arena.submit(outside.written(other.source, other.name), other.pattern)
    judgement = arena.submit(outside.written(forgery.source, forgery.name), forgery.pattern).result(timeout=300)
    assert judgement.failure is not None and not judgement.accepted, judgement
    assert outside.harm(forgery.name) == []
    assert arena.submit(program("return torch.relu(self.linear(x)) + 1")).result(timeout=300).failure is None


@pytest.mark.parametrize("forgery", forging.TWO_FACED, ids=lambda f: f.name)
def test_a_program_with_two_faces_is_not_proved(forgery: Forgery, warm: WarmPool) -> None:
    (judgement,) = warm.judge(Program(forgery.source, "Model", forgery.pattern))
    assert judgement.failure is not None and judgement.pair is None, judgement
    assert judgement.failure.stage is not Stage.GRAPH, "what it computes is no benchmark's: its faces are to tell"


def test_the_proof_accepts_what_has_one_face(warm: WarmPool) -> None:
    (judgement,) = warm.judge(Program(program("return torch.relu(self.linear(x)) + x.mean()"), "Model"))
    assert judgement.accepted, judgement.failure
