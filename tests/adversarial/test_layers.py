"""Each layer stops something: leave it out, and that gets through."""

from __future__ import annotations

import pytest
import reaching
from arenas import Arenas
from attack import REACHED, Attack, program, reach
from outside import Outside

from validators.containment.layers import Layer, Tier
from validators.verdict import Judgement, Reason

_NAMED = {attack.name: attack for attack in [*reaching.ATTACKS, *reaching.ONLY_CONTAINED]}
_HELD = frozenset({Layer.NAMESPACES, Layer.PID_NAMESPACE})

#: what is left out for the comparison, what is left out besides, and an attack that needs the first
CASES: list[tuple[frozenset[Layer], frozenset[Layer], Attack]] = [
    (_HELD, frozenset(), _NAMED["exists_outside"]),
    (_HELD, frozenset(), _NAMED["stat_outside"]),
    (frozenset({Layer.LANDLOCK}), _HELD, _NAMED["read_secret_file"]),
    (frozenset({Layer.LANDLOCK}), _HELD, _NAMED["write_file"]),
    (frozenset({Layer.LANDLOCK}), frozenset(), _NAMED["list_neighbours"]),
    (frozenset({Layer.SECCOMP}), frozenset(), _NAMED["memfd_create"]),
    (frozenset({Layer.SECCOMP}), frozenset(), _NAMED["semaphores"]),
    (frozenset({Layer.SECCOMP}), _HELD, _NAMED["udp_to_loopback"]),
    (frozenset({Layer.SECCOMP}), _HELD, _NAMED["chmod_file"]),
    (
        frozenset({Layer.LIMITS}),
        frozenset(),
        reach("more_open_files", "kept = [os.open('/dev/null', 0) for _ in range(400)]\nreturn len(kept)"),
    ),
    (
        frozenset({Layer.LIMITS}),
        frozenset(),
        reach("larger_file", "fd = os.open('f', os.O_CREAT | os.O_RDWR)\nos.ftruncate(fd, 1 << 30)\nreturn 'grown'"),
    ),
]


def judged(arenas: Arenas, outside: Outside, without: frozenset[Layer], attack: Attack) -> Judgement:
    name = f"{attack.name}_without_{'_'.join(sorted(without)) or 'nothing'}"
    return arenas.without(without).submit(outside.written(attack.source, name)).result(timeout=300)


@pytest.mark.parametrize(
    ("layer", "besides", "attack"), CASES, ids=[f"{'_'.join(sorted(c[0]))}-{c[2].name}" for c in CASES]
)
def test_without_its_layer_an_attack_gets_through(
    layer: frozenset[Layer], besides: frozenset[Layer], attack: Attack, arenas: Arenas, outside: Outside
) -> None:
    arenas.of(Tier.CONTAINED)  # or the machine leaves out more than is asked for
    held = judged(arenas, outside, besides, attack)
    assert REACHED not in str(held), held
    open_to_it = judged(arenas, outside, besides | layer, attack)
    assert open_to_it.failure is not None and REACHED in open_to_it.failure.detail, open_to_it


def test_without_the_watch_a_program_fills_its_scratch(arenas: Arenas, outside: Outside) -> None:
    source = program(extra="import os\nfor i in range(25000):\n    os.close(os.open(f'f{i}', os.O_CREAT))\n")
    source += "\nimport time\ntime.sleep(1)\n"
    held = arenas.of(Tier.CONTAINED).submit(source).result(timeout=300)
    assert held.failure is not None and held.failure.reason is Reason.TOO_MANY_FILES
    assert arenas.without(frozenset({Layer.WATCH})).submit(source).result(timeout=300).failure is None
