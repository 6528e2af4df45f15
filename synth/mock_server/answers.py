"""What the mock server's models say: programs for the operators a prompt names, recorded answers, or filler."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import count
from pathlib import Path
from random import Random

from synth.errors import UsageError
from synth.files.records import read_records
from synth.mock_server.exchange import Asked

Speak = Callable[[Asked, float], str]
"""From a request and a draw in (0, 1) to an answer's text."""

_OPERATORS = re.compile(r"operators:[ \t]*\n?([^\n]+)", re.IGNORECASE)
_CLASS = re.compile(r"^[ \t]*class[ \t]+(\w+)\(nn\.Module\)", re.MULTILINE)


def speaker(answers: str, faulty_rate: float) -> Speak:
    """What `Behaviour.answers` stands for; a UsageError for a file that cannot be used."""
    if answers == "synthesizer":
        return _programs(faulty_rate)
    if answers.startswith("text:"):
        line = "A line of filler, as long as a line of code is. \n"
        size = int(answers.removeprefix("text:"))
        filler = (line * (size // len(line) + 1))[:size]
        return lambda asked, draw: filler
    return _recorded(Path(answers).expanduser())


@dataclass(frozen=True)
class _Order:
    """What a prompt asks for; without operators where it names none."""

    operators: tuple[str, ...] = ()
    class_name: str = "Model"


def _order(asked: Asked) -> _Order:
    """From the last user turn that lists operators; words that are not in the catalogue are left out."""
    for role, text in reversed(asked.turns):
        for listed in _OPERATORS.finditer(text) if role == "user" else ():
            words = (word.strip(" \t`'\"[].*") for word in listed[1].split(","))
            if names := tuple(word for word in words if word in _catalogue()):
                # The class asked for stands after the operators; what comes before is the form or an example.
                declared = _CLASS.search(text, listed.end()) or _CLASS.search(text)
                return _Order(names, declared[1]) if declared else _Order(names)
    return _Order()


@cache
def _catalogue() -> frozenset[str]:
    from operators import catalogue

    return frozenset(operator.name for operator in catalogue())


def _programs(faulty_rate: float) -> Speak:
    from synth.synthesizer import write_program

    def speak(asked: Asked, draw: float) -> str:
        order = _order(asked)
        if not order.operators:
            return "The prompt names no operator that I know, so there is nothing to combine.\n"
        rng = Random(int.from_bytes(blake2b(asked.identity, digest_size=8).digest(), "big"))
        source = write_program(order.operators, rng, order.class_name)
        if draw < faulty_rate and not any(role == "assistant" for role, _ in asked.turns):
            source = rng.choice(FAULTS)(source, order.class_name)
        return f"```python\n{source.rstrip()}\n```\n\nFinal Pattern: [{', '.join(order.operators)}]\n"

    return speak


def _syntax_error(source: str, class_name: str) -> str:
    return source.replace("def forward(", "def forward((", 1)


def _missing_inputs(source: str, class_name: str) -> str:
    return source.replace("def get_inputs(", "def make_inputs(")


def _wrong_shape(source: str, class_name: str) -> str:
    """The result of forward becomes seven numbers, or fewer, put into the shape of nine."""
    main = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == class_name)
    forward = next(n for n in main.body if isinstance(n, ast.FunctionDef) and n.name == "forward")
    result = forward.body[-1]
    assert isinstance(result, ast.Return) and result.value is not None
    lines = source.split("\n")
    expression = ast.unparse(result.value)
    lines[result.lineno - 1 : result.end_lineno] = [f"        return ({expression}).reshape(-1)[:7].reshape(3, 3)"]
    return "\n".join(lines)


FAULTS = (_syntax_error, _missing_inputs, _wrong_shape)


def _recorded(file: Path) -> Speak:
    by_pattern: dict[tuple[str, ...], list[str]] = {}
    for number, record in enumerate(read_records(file), start=1):
        pattern, response = record.get("pattern"), record.get("response")
        if not isinstance(response, str) or not isinstance(pattern, list):
            raise UsageError(f"{file}: record {number} needs a text under response and a list under pattern.")
        by_pattern.setdefault(tuple(map(str, pattern)), []).append(response)
    everything = [response for responses in by_pattern.values() for response in responses]
    turn = count()

    def speak(asked: Asked, draw: float) -> str:
        fitting = by_pattern.get(_order(asked).operators)
        return fitting[int(draw * len(fitting))] if fitting else everything[next(turn) % len(everything)]

    return speak
