"""All stages of one program, in order; the first failure stops.

This is the judge's process: it executes neither the program nor the text that is emitted for it.  Two others do, which
it asks over pipes (`remote`); what they say is evidence, and the verdicts that matter are made of it here.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import replace

from validators import contract, similarity
from validators.emission import readable
from validators.verdict import Pair, Program, Reason, Settings, Stage, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from validators.processes.remote import Remote


def judge(
    program: Program,
    settings: Settings,
    program_side: Remote,
    text_side: Remote,
    starting: Callable[[Stage], None],
    finished: Callable[[Verdict, Pair | None], None],
    triton_code: str = "",
) -> None:
    """Run `settings.stages` on `program`; `triton_code` is what NUMERICS and LAUNCH run, and what COMPILED compiles
    where TRITON is not among the stages.

    `starting` is told each stage before it runs, `finished` each verdict as soon as it stands: whoever listens knows
    where a program was when its process died.  Raises remote.LostError where one of the sides has died.
    """
    from validators.errors import describe, is_out_of_memory
    from validators.loading import Refused
    from validators.processes.remote import LeftError, LostError, RemoteError, RemoteInstance
    from validators.processes.wire import WireError

    made: Pair | None = None

    def run(stage: Stage) -> tuple[Verdict, Pair | None]:
        if stage is Stage.CONTRACT:
            return contract.check(program), None
        if stage is Stage.SIMILARITY:
            return similarity.check(program, settings), None
        if stage is Stage.EAGER:
            from validators import eager

            return eager.judged(RemoteInstance(program_side, filling=0), program.pattern, settings), None
        if stage is Stage.GRAPH:
            from validators import graph

            return graph.check(program_side, RemoteInstance(program_side, filling=0), settings), None
        if stage is Stage.COMPILED:
            from validators import compiling

            given = made or Pair(triton_code, "", (), settings.device_target)
            return compiling.check(program_side, text_side, given, settings)
        if stage in (Stage.NUMERICS, Stage.LAUNCH):
            from validators import proving

            return proving.check(program_side, text_side, program, triton_code, settings, stage), None
        verdict, pair = program_side.stage(stage)
        if pair is not None:  # here, because ruff is a process of its own, which the program's may not start
            pair = replace(pair, triton_code=readable.formatted(pair.triton_code))
        return verdict, pair

    for stage in settings.stages:
        starting(stage)
        before = _cpu_seconds() + program_side.cpu_seconds + text_side.cpu_seconds
        pair = None
        try:
            verdict, pair = run(stage)
        except Refused as refused:
            verdict = Verdict(stage, False, refused.reason, refused.detail)
        except RemoteError as error:
            reason = Reason.OUT_OF_MEMORY if error.out_of_memory else _unexpected(stage)
            verdict = Verdict(stage, False, reason, str(error))
        except LeftError as error:
            verdict = Verdict(stage, False, Reason.EXITED, str(error))
        except WireError as error:
            verdict = Verdict(stage, False, Reason.PROTOCOL_VIOLATION, str(error))
        except LostError:
            raise
        except Exception as error:
            reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else _unexpected(stage)
            verdict = Verdict(stage, False, reason, describe(error))
        spent = round(_cpu_seconds() + program_side.cpu_seconds + text_side.cpu_seconds - before, 4)
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
        Stage.GRAPH: Reason.NOT_FINGERPRINTED,
        Stage.TRITON: Reason.COMPILE_ERROR,
        Stage.COMPILED: Reason.KERNEL_REJECTED,
        Stage.NUMERICS: Reason.NUMERIC_ERROR,
        Stage.LAUNCH: Reason.LAUNCH_ERROR,
    }
    return known.get(stage, Reason.FORWARD_ERROR)


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
