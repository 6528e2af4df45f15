"""All stages of one program, in order; the first failure stops."""

from __future__ import annotations

import resource
from collections.abc import Callable

from validators import contract, similarity
from validators.verdict import Pair, Program, Reason, Settings, Stage, Verdict


def judge(
    program: Program,
    settings: Settings,
    starting: Callable[[Stage], None],
    finished: Callable[[Verdict, Pair | None], None],
    triton_code: str = "",
) -> None:
    """Run `settings.stages` on `program` in this process; `triton_code` is what NUMERICS and LAUNCH run, and
    what COMPILED compiles where TRITON is not among the stages.

    `starting` is told each stage before it runs, `finished` each verdict as soon as it stands: whoever listens knows
    where a program was when its process died.
    """
    from validators.errors import describe, is_out_of_memory
    from validators.loading import Loaded, Refused, load

    loaded: Loaded | None = None
    made: Pair | None = None

    def importing() -> Loaded:
        nonlocal loaded
        if loaded is None:
            loaded = load(program)
        return loaded

    def run(stage: Stage) -> tuple[Verdict, Pair | None]:
        if stage is Stage.CONTRACT:
            return contract.check(program), None
        if stage is Stage.SIMILARITY:
            return similarity.check(program), None
        if stage is Stage.SHAPES:
            from validators import shapes

            return shapes.check(importing(), settings), None
        if stage is Stage.EAGER:
            from validators import eager

            return eager.check(importing(), program.pattern, settings), None
        if stage is Stage.COMPILED:
            from validators import cubin

            return cubin.check(made or Pair(triton_code, "", (), settings.device_target), importing(), settings)
        if stage is Stage.NUMERICS:
            from validators import numerics

            return numerics.check(importing(), program, triton_code, settings), None
        if stage is Stage.LAUNCH:
            from validators import launch

            return launch.check(importing(), triton_code, settings), None
        from validators import codegen

        return codegen.check(importing(), program, settings)

    for stage in settings.stages:
        starting(stage)
        before = _cpu_seconds()
        pair = None
        try:
            verdict, pair = run(stage)
        except Refused as refused:
            verdict = Verdict(stage, False, refused.reason, refused.detail)
        except Exception as error:
            reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else _unexpected(stage)
            verdict = Verdict(stage, False, reason, describe(error))
        spent = round(_cpu_seconds() - before, 4)
        verdict = Verdict(verdict.stage, verdict.ok, verdict.reason, verdict.detail, verdict.metrics, spent)
        made = pair or made
        finished(verdict, pair)
        if not verdict.ok:
            return


def _unexpected(stage: Stage) -> Reason:
    # A stage names the failures it knows; what slips through is still the program's, never the run's.
    known = {
        Stage.CONTRACT: Reason.SYNTAX_ERROR,
        Stage.SIMILARITY: Reason.SYNTAX_ERROR,
        Stage.TRITON: Reason.COMPILE_ERROR,
        Stage.COMPILED: Reason.KERNEL_REJECTED,
        Stage.NUMERICS: Reason.NUMERIC_ERROR,
        Stage.LAUNCH: Reason.LAUNCH_ERROR,
    }
    return known.get(stage, Reason.FORWARD_ERROR)


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
