"""Mutators: disguises of a program that leave it the program it was.  See `work` for what one is."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

from benchmarks.mutators.dead import dead_code
from benchmarks.mutators.formulas import formulas, neutral
from benchmarks.mutators.functional import rewrite
from benchmarks.mutators.nesting import embed, wrap
from benchmarks.mutators.order import reorder
from benchmarks.mutators.text import reformat, rename
from benchmarks.mutators.values import constants, shapes
from benchmarks.mutators.work import Mutator, Tensor, Work


def combined(work: Work) -> None:
    """All of them one after the other; later attempts leave out sizes, then constants, then the rest."""
    steps: list[Mutator] = [rewrite, dead_code, wrap, reorder, constants, shapes, rename, reformat]
    left_out: list[Mutator] = [shapes, constants, dead_code, rewrite, wrap]
    gone = left_out[: max(0, work.attempt - 2)]
    for step in steps:
        if step not in gone:
            step(work)


def embed_combined(work: Work) -> None:
    """Part of a larger model, and disguised: nothing of its text is left to find."""
    steps: list[Mutator] = [rewrite, dead_code, embed, reorder, constants, rename, reformat]
    gone = [constants, dead_code, rewrite][: max(0, work.attempt - 1)]
    for step in steps:
        if step not in gone:
            step(work)


def hard(work: Work) -> None:
    """Other formulas, neutral operations and other text at once."""
    steps: list[Mutator] = [formulas, neutral, wrap, reorder, rename, reformat]
    for step in steps[min(work.attempt // 3, 2) :]:
        step(work)


MUTATORS: dict[str, Mutator] = {
    "rename": rename,
    "reformat": reformat,
    "constants": constants,
    "shapes": shapes,
    "reorder": reorder,
    "rewrite": rewrite,
    "wrap": wrap,
    "dead_code": dead_code,
    "combined": combined,
    "embed": embed,
    "embed_combined": embed_combined,
    "formulas": formulas,
    "neutral": neutral,
    "hard": hard,
}
#: those that leave the shapes of inputs and outputs as they are
SAME_SHAPES = frozenset(MUTATORS) - {"constants", "shapes", "combined", "embed", "embed_combined"}
ATTEMPTS = 8


def mutants(
    name: str,
    source: str,
    entry: str,
    seed: str,
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
) -> Iterator[tuple[str, str]]:
    """Mutated programs with their entry classes, the boldest one first; none where the mutator changes nothing.

    `inputs` and `outputs` are the program's own, in order.
    """
    plain = ast.unparse(ast.parse(source)) + "\n"
    seen = {plain}
    for attempt in range(ATTEMPTS):
        rng = random.Random(f"{seed}/{name}/{attempt}")
        work = Work(ast.parse(source), entry, rng, attempt, inputs, outputs, single_output=len(outputs) == 1)
        MUTATORS[name](work)
        text = work.text()
        if text not in seen:
            seen.add(text)
            yield text, work.entry
