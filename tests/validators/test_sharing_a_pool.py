"""Programs that share a warm process: each costs itself alone, and who is judged beside it changes nothing."""

from __future__ import annotations

from programs import program
from warm_pool import WarmPool

from validators.verdict import Program, Reason, Stage

HONEST = program("return torch.relu(self.linear(x)) + x.mean()")
# Each ends its own process in its own way; the good ones around them must not notice.
ATTEMPTS: list[tuple[str, Reason, Stage]] = [
    (program("import os\nos._exit(0)"), Reason.EXITED, Stage.SHAPES),
    (program("import sys\nsys.exit(0)"), Reason.EXITED, Stage.SHAPES),
    (program("import ctypes\nctypes.string_at(0)"), Reason.CRASHED, Stage.SHAPES),
    (program("import os\nos.abort()"), Reason.CRASHED, Stage.SHAPES),
    (program("return x", extra="raise SystemExit"), Reason.EXITED, Stage.SHAPES),
    (program("y = [bytearray(1 << 20) for _ in range(1 << 20)]\nreturn x"), Reason.OUT_OF_MEMORY, Stage.SHAPES),
    (program("import os\nos.write(4, b'not a frame\\n')\nreturn x"), Reason.PROTOCOL_VIOLATION, Stage.SHAPES),
    (
        program("import os\nos.write(4, b'\\x0d\\0\\0\\0{\"done\": true}')\nreturn x"),
        Reason.PROTOCOL_VIOLATION,
        Stage.SHAPES,
    ),
    (program("import os\nos.kill(os.getppid(), 0)\nreturn x"), Reason.FORWARD_ERROR, Stage.SHAPES),
]


def test_programs_that_end_their_process_cost_only_themselves(warm: WarmPool) -> None:
    sources = [HONEST, *(source for source, _, _ in ATTEMPTS), HONEST]
    judgements = warm.judge(*(Program(source, "Model") for source in sources))
    assert judgements[0].accepted and judgements[-1].accepted
    assert judgements[0].pair == judgements[-1].pair
    for (_, reason, stage), judgement in zip(ATTEMPTS, judgements[1:-1], strict=True):
        failure = judgement.failure
        assert failure is not None and judgement.pair is None
        assert (failure.reason, failure.stage) == (reason, stage), failure
        assert all(v.ok for v in judgement.verdicts[:-1])


def test_results_do_not_depend_on_what_is_judged_at_the_same_time(warm: WarmPool) -> None:
    sources = [program(f"return torch.relu(self.linear(x)).sum({k % 2}) * {k}") for k in range(1, 5)]
    programs = [Program(source, "Model") for source in sources]
    alone = [warm.judge(one)[0].pair for one in programs]
    assert None not in alone
    assert [judgement.pair for judgement in reversed(warm.judge(*reversed(programs)))] == alone
