"""What a language model is told: which strategy asks for a sample, the request, and the turns that ask for a repair.

The strategies' words are in `prompts/`; here they meet the sample, its operators and what became of its earlier
attempts.  A conversation never grows: it holds the request, the last rejected program and why it was rejected, and a
line for each of the few attempts before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import prompts
from prompts import PromptError, Strategy
from synth.answers.extraction import extract
from synth.errors import UsageError
from synth.providers.interface import Message
from synth.sampling import derived_rng
from validators.verdict import SENTENCES, Reason

MAX_PROGRAM = 24_000  # characters of a rejected program; ours have 2,000, and 24,000 are some 8,000 tokens
MAX_ANSWER = 2_000  # characters of an answer that holds no program
MAX_ERROR = 1_500  # characters of an error
MAX_LINE = 160  # characters of the error of an earlier attempt
MAX_EARLIER = 3  # earlier attempts told of

_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # controls, and surrogates, which JSON cannot carry
# Two parts at least, so that "4/8" stays; not within a word or an address.
_PATH = re.compile(r"(?<![\w.:/])~?(?:/[^\s/'\"()<>:,;]+)+/([^\s/'\"()<>:,;]+)")


@dataclass(frozen=True)
class Rejected:
    """One attempt that came to nothing: what was answered, if anything, and how it was judged."""

    answer: str | None
    stage: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Strategies:
    """The strategies of a run and their weights, in the order of their names: how they were listed is no matter."""

    weighted: tuple[tuple[Strategy, float], ...]

    @classmethod
    def parse(cls, value: str | Sequence[str], prompt_dir: Path | None = None) -> Strategies:
        """From the key `prompt`: a name, or names with weights such as `plain:0.7` (1 where none is given).

        Strategies of `prompt_dir` come before the shipped ones of the same name.  Raises UsageError.
        """
        given = [value] if isinstance(value, str) else list(value)
        shown = value if isinstance(value, str) else f"[{','.join(given)}]"
        if prompt_dir is not None and not prompt_dir.is_dir():
            raise UsageError(f"prompt_dir={prompt_dir}: there is no such directory.")
        weights: dict[str, float] = {}
        for item in given:
            name, weight = _weight(item)
            if weight is None or name in weights:
                fault = f"{name} is there twice" if weight is not None else "a weight is a number above 0"
                raise UsageError(f"prompt={shown}: {fault}; allowed is a name or a list such as [plain:0.7,mine:0.3].")
            weights[name] = weight
        if not weights:
            raise UsageError(f"prompt={shown}: names no strategy; there is {', '.join(prompts.names(prompt_dir))}.")
        try:
            loaded = [(prompts.load(name, prompt_dir), weights[name]) for name in sorted(weights)]
        except PromptError as error:
            raise UsageError(f"prompt={shown}: {error}") from None
        for strategy, _ in loaded:
            _check_advice(strategy)
        return cls(tuple(loaded))

    def strategy_for(self, seed: int, sample: int) -> Strategy:
        """The strategy of a sample: a pure function of strategies, weights, seed and index."""
        strategies, weights = zip(*self.weighted, strict=True)
        chosen: Strategy = derived_rng(seed, sample, "prompt").choices(strategies, weights)[0]
        return chosen

    @property
    def identity(self) -> dict[str, str]:
        """What a run's samples depend on: the strategies with their share and version, and the operators' hints."""
        from operators import hints

        total = sum(weight for _, weight in self.weighted)
        listed = ", ".join(f"{label(strategy)} {weight / total:.6g}" for strategy, weight in self.weighted)
        return {"prompt strategies": listed, "operator hints": hints.digest()}


def label(strategy: Strategy) -> str:
    """A strategy and its version, for statistics: `plain@0a1b2c3d4e5f`."""
    return f"{strategy.name}@{strategy.version}"


def _weight(item: str) -> tuple[str, float | None]:
    name, colon, number = item.strip().rpartition(":")
    if not colon:
        return number, 1.0
    try:
        weight = float(number)
    except ValueError:
        return name, None
    return name, weight if 0 < weight < float("inf") else None


def _check_advice(strategy: Strategy) -> None:
    """Advice for a reason that there is not would never be given."""
    for reason in strategy.repair.advice if strategy.repair else ():
        if reason not in SENTENCES:
            raise UsageError(
                f"prompt={strategy.name}: advice for {reason}, which is no reason of validators/REASONS.md."
            )


def messages_for(
    pattern: Sequence[str], class_name: str, strategy: Strategy, rejected: Sequence[Rejected] = ()
) -> tuple[Message, ...]:
    """The conversation of the next attempt; `rejected` are the sample's attempts so far, in order.

    Roles alternate after an optional system turn, since some chat templates allow nothing else.
    """
    facts = {"operators": ", ".join(pattern), "class_name": class_name, "hints": _hints(pattern)}
    request = strategy.rendered(**facts)
    system = strategy.rendered_system(**facts)
    before = (Message("system", _clean(system)),) if system else ()
    if not rejected or strategy.repair is None:
        return (*before, Message("user", _clean(request)))
    answered, turn = _repair(tuple(pattern), class_name, strategy.repair, rejected)
    if not answered:
        return (*before, Message("user", _clean(f"{request}\n{turn}\n")))
    asked = Message("user", _clean(request))
    return (*before, asked, Message("assistant", _clean(answered)), Message("user", _clean(turn)))


def _clean(text: str) -> str:
    return _NOT_TEXT.sub("\ufffd", text)


def _hints(pattern: Sequence[str]) -> str:
    from operators import hint

    return "\n".join(f"- {name}: {hint(name) or 'as PyTorch calls it'}" for name in dict.fromkeys(pattern))


def _repair(
    pattern: tuple[str, ...], class_name: str, words: prompts.Repair, rejected: Sequence[Rejected]
) -> tuple[str, str]:
    """What the model said last and what it is told about it."""
    last = rejected[-1]
    answer = (last.answer or "").strip()
    program = extract(answer, class_name, pattern).program
    facts = {
        "operators": ", ".join(pattern),
        "class_name": class_name,
        "stage": last.stage,
        "reason": _sentence(last.reason),
        "error": _fenced(trimmed(last.detail, MAX_ERROR)),
        "advice": words.advice.get(last.reason, ""),
        "earlier": _earlier(rejected[:-1]),
    }
    if program is None:
        return shortened(answer, MAX_ANSWER), prompts.fill(words.no_program, facts)
    return _fenced(shortened(program.source, MAX_PROGRAM), "python"), prompts.fill(words.rejected, facts)


def _sentence(reason: str) -> str:
    return SENTENCES[Reason(reason)] if reason in SENTENCES else reason


def _earlier(rejected: Sequence[Rejected]) -> str:
    lines = [
        f"- attempt {number}: {_sentence(one.reason)} {trimmed(one.detail, MAX_LINE, lines=1)}".rstrip()
        for number, one in enumerate(rejected, start=1)
    ]
    return "\n".join(["Rejected before it:", *lines[-MAX_EARLIER:]]) if lines else ""


def trimmed(error: str, limit: int, lines: int = 40) -> str:
    """The last lines of an error, where Python says what went wrong, without the machine's paths; at most `limit`."""
    kept = [line.rstrip() for line in error.strip()[-64 * limit :].splitlines() if line.strip()][-lines:]
    text = "\n".join(_PATH.sub(r"\1", line) for line in kept)
    while len(text) > limit and "\n" in text:
        text = text.partition("\n")[2]
    return shortened(text, limit)


def shortened(text: str, limit: int) -> str:
    """`text`, its middle left out where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    gap = " ... "
    head = (limit - len(gap)) * 2 // 3
    return text[:head] + gap + text[len(text) - (limit - len(gap) - head) :]


def _fenced(text: str, language: str = "") -> str:
    """`text` as a code block, its fence longer than any in it."""
    if not text:
        return ""
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
