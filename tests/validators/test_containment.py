"""The layers by themselves: what the filter answers on either machine, what may be read, what the tiers are made of."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from programs import GOOD, program

from validators.containment import bubblewrap, seccomp, view, watch
from validators.containment.layers import ADVICE, Containment, Layer, Tier, tier
from validators.processes.pool import Pool, PoolError
from validators.verdict import Judgement, Program, Reason, Settings, Stage

QUICK = Settings(stages=(Stage.CONTRACT, Stage.SHAPES), validation_timeout=20.0, max_tensor_bytes=256 << 20)
PROJECT = Path(__file__).resolve().parents[2]
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
X86, ARM = 0xC000003E, 0xC00000B7
CLONE_NEWUSER, CLONE_THREAD, SIGCHLD = 0x10000000, 0x00010000, 17


def answer(machine: str, architecture: int, number: int, *arguments: int, may_fork: bool = False) -> int:
    """What the kernel would make of the filter: a reading of its instructions (linux/filter.h)."""
    code = seccomp.assemble(machine, own_pid=77, may_fork=may_fork)
    data = struct.pack("<IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    accumulator = at = 0
    while True:
        operation, if_true, if_false, value = struct.unpack_from("=HBBI", code, 8 * at)
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
            continue
        holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[operation]
        at += if_true if holds else if_false


@pytest.mark.parametrize(
    ("machine", "architecture", "read", "unshare", "clone", "kill", "socket", "prlimit"),
    [("x86_64", X86, 0, 272, 56, 62, 41, 302), ("aarch64", ARM, 63, 97, 220, 129, 198, 261)],
)
def test_the_filter_on_either_machine(
    machine: str, architecture: int, read: int, unshare: int, clone: int, kill: int, socket: int, prlimit: int
) -> None:
    asked = [
        ((read,), ALLOW),
        ((unshare, CLONE_NEWUSER), EPERM),
        ((socket, 2), EPERM),
        ((clone, SIGCHLD), EPERM),
        ((clone, CLONE_THREAD), ALLOW),
        ((clone, CLONE_THREAD | CLONE_NEWUSER), EPERM),
        ((435,), ENOSYS),  # clone3
        ((425,), ENOSYS),  # io_uring_setup
        ((kill, 77, 9), ALLOW),
        ((kill, 1, 9), EPERM),
        ((kill, 0, 9), EPERM),
        ((kill, 0xFFFFFFFF, 9), EPERM),  # everyone
        ((prlimit, 0), ALLOW),
        ((prlimit, 77), ALLOW),
        ((prlimit, 1), EPERM),
    ]
    assert [answer(machine, architecture, *call) for call, _ in asked] == [wanted for _, wanted in asked]
    forking = [((clone, SIGCHLD), ALLOW), ((clone, SIGCHLD | CLONE_NEWUSER), EPERM), ((unshare, 0), EPERM)]
    found = [answer(machine, architecture, *call, may_fork=True) for call, _ in forking]
    assert found == [wanted for _, wanted in forking]
    other = ARM if architecture == X86 else X86
    assert answer(machine, other, read) == KILL


def test_the_other_abi_of_x86_and_unknown_machines_are_refused() -> None:
    assert answer("x86_64", X86, 0x40000000 | 39) == ENOSYS
    with pytest.raises(OSError, match="riscv64"):
        seccomp.assemble("riscv64", 1, may_fork=False)


def test_tiers() -> None:
    def of(*absent: Layer) -> Tier:
        return tier({layer: "gone" if layer in absent else "" for layer in Layer})

    assert of() is Tier.CONTAINED
    assert of(Layer.PID_NAMESPACE) is Tier.CONFINED
    assert of(Layer.NAMESPACES, Layer.PID_NAMESPACE) is Tier.CONFINED
    assert of(Layer.LANDLOCK) is Tier.CONFINED
    assert of(Layer.NAMESPACES, Layer.LANDLOCK) is Tier.GUARDED
    assert {of(layer) for layer in (Layer.SECCOMP, Layer.LIMITS, Layer.WATCH)} == {Tier.GUARDED}
    assert set(ADVICE) == set(Layer)


def test_what_may_be_read_holds_python_and_torch_and_neither_home_nor_project() -> None:
    readable = view.readable(PROJECT)
    spec_of_torch = Path(next(p for p in sys.path if (Path(p) / "torch" / "__init__.py").exists()))

    def is_readable(path: Path) -> bool:
        return any(path.is_relative_to(outer) for outer in readable)

    assert all(map(is_readable, (spec_of_torch / "torch", Path(sys.base_prefix), PROJECT / "validators")))
    for kept in (Path.home(), PROJECT, PROJECT / ".env", Path("/etc/shadow"), Path("/proc"), Path("/tmp")):
        assert not is_readable(kept)
    assert not any(a != b and a.is_relative_to(b) for a in readable for b in readable)


def test_the_watch_counts_children_of_children(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        if os.fork() == 0:
            kept = bytearray(b"x" * (64 << 20))
            os.write(writer, bytes(kept[:1]))
        signal.pause()
    os.read(reader, 1)
    try:
        use = watch.use_of([pid], enough=0)
        assert use.processes == 2 and use.memory >= 64 << 20
    finally:
        for child in watch.children_of(pid):
            os.kill(child, 9)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    (tmp_path / "folder").mkdir()
    assert not watch.scratch_is_full(tmp_path)
    with (tmp_path / "folder" / "large").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, watch.MAX_SCRATCH_BYTES + 4096)
    assert watch.scratch_is_full(tmp_path)


def judged(sources: Sequence[str], *without: Layer) -> tuple[list[Judgement], Tier]:
    async def run() -> tuple[list[Judgement], Tier]:
        async with Pool(2, QUICK, Containment(frozenset(without), allow_unsafe=True)) as pool:
            return list(await asyncio.gather(*(pool.judge(Program(s, "Model")) for s in sources))), pool.tier

    return asyncio.run(run())


def test_without_anything_that_holds_programs_nothing_is_run_unless_it_is_allowed() -> None:
    nothing = Containment(frozenset(Layer))

    async def run() -> None:
        async with Pool(1, QUICK, nothing):
            pass

    with pytest.raises(PoolError, match=r"cannot be contained .* allow_unsafe=true"):
        asyncio.run(run())
    (judgement,), found = judged([GOOD], *Layer)
    assert judgement.failure is None and found is Tier.GUARDED
    assert {verdict.tier for verdict in judgement.verdicts} == {"guarded"}


# Each reaches something that one layer alone stands before, and says so.
ATTACKS: dict[Layer, list[str]] = {
    Layer.NAMESPACES: [f"import os\nreached = os.path.exists({str(PROJECT / 'pyproject.toml')!r})"],
    Layer.PID_NAMESPACE: ["import os\nreached = os.getppid() != 0"],
    Layer.LANDLOCK: ["import os\nopen('../left', 'w').close()\nreached = True"],
    Layer.SECCOMP: [
        "import os\nos.close(os.memfd_create('m'))\nreached = True",
        "import os\nif os.fork() == 0:\n    os._exit(0)\nreached = True",
    ],
    Layer.LIMITS: ["with open('f', 'wb') as f:\n    f.truncate(1 << 27)\nreached = True"],
}
contained = pytest.mark.skipif(
    bool(bubblewrap.why_not(view.readable(PROJECT), False)), reason="no user namespaces here"
)


def attacking(attack: str) -> str:
    lines = attack.replace("\n", "\n    ")
    return program("return x", extra=f"try:\n    {lines}\nexcept OSError:\n    reached = False\nassert not reached")


@contained
def test_all_layers_together_stop_all_attacks() -> None:
    held, _ = judged([attacking(attack) for attacks in ATTACKS.values() for attack in attacks])
    assert [judgement.failure for judgement in held] == [None] * 6


@contained
@pytest.mark.parametrize("layer", ATTACKS)
def test_without_its_layer_an_attack_gets_through(layer: Layer) -> None:
    let_through, _ = judged(list(map(attacking, ATTACKS[layer])), layer)
    assert {j.failure and j.failure.reason for j in let_through} == {Reason.IMPORT_ERROR}


def test_the_watch_stops_a_program_of_many_processes_that_limits_let_through() -> None:
    fork = (
        "import os, time\nfor _ in range(100):\n    if os.fork() == 0:\n        time.sleep(30)\n        os._exit(0)\n"
    )
    source = program("return x", extra=f"{fork}time.sleep(2)")
    (held,), _ = judged([source], Layer.SECCOMP)  # which lets programs fork
    assert held.failure is not None and held.failure.reason is Reason.TOO_MANY_PROCESSES
    (let_through,), _ = judged([source], Layer.SECCOMP, Layer.WATCH)
    assert let_through.failure is None
