"""From what came of a request to a program, or to the verdict that says why there is none."""

from __future__ import annotations

from synth.answers.extraction import extract
from synth.providers.interface import Failure, FailureKind
from synth.store.attempts import Attempt
from validators.verdict import Program, Reason, Stage, Verdict

#: how servers say that max_output_tokens ended an answer: OpenAI's word and Gemini's
_CUT = ("length", "max_tokens")

_REASONS = {
    FailureKind.BLOCKED: Reason.BLOCKED,
    FailureKind.CONTEXT_TOO_LONG: Reason.CONTEXT_TOO_LONG,
    FailureKind.REASONING_EXHAUSTED: Reason.TRUNCATED,
}


def refusal_of(failure: Failure) -> Verdict:
    """The verdict on an attempt that got no answer."""
    return no_answer(failure.detail or failure.kind, _REASONS.get(failure.kind, Reason.NO_ANSWER))


def no_answer(detail: str, reason: Reason = Reason.NO_ANSWER) -> Verdict:
    """The verdict on an attempt without a program."""
    return Verdict(Stage.ANSWER, ok=False, reason=reason, detail=detail)


def read(attempt: Attempt) -> tuple[Verdict, Program | None]:
    """The verdict of stage ANSWER on an answer, and its program if it holds one."""
    finish, text = attempt.origin.finish, attempt.answer or ""
    extracted = extract(attempt.answer, attempt.name, attempt.pattern)
    # An answer cut behind the closing fence of its program lacks nothing.
    if finish.lower() in _CUT and (extracted.program is None or text.count("```") % 2 == 1):
        return no_answer(f"the server ended it with {finish}", Reason.TRUNCATED), None
    if extracted.refusal is not None:
        return extracted.refusal, None
    metrics = {"final_pattern": list(extracted.final_pattern)}
    return Verdict(Stage.ANSWER, ok=True, metrics=metrics), extracted.program
