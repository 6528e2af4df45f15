"""The built-in synthesizer as a provider: it writes the program itself and answers in a model's form."""

from __future__ import annotations

from synth.providers import Answer, Request
from synth.sampling import derived_rng


class Builtin:
    """Needs no key and no network; the same request always gets the same answer."""

    name = "builtin"
    fingerprint = ""
    patterns: tuple[tuple[str, ...], ...] | None = None

    async def answer(self, request: Request) -> Answer:
        """Writes a program for the pattern; each attempt draws afresh."""
        from synth.synthesizer import write_program

        rng = derived_rng(request.seed, request.sample, f"program:{request.attempt}")
        source = write_program(request.pattern, rng, request.class_name)
        return Answer(f"```python\n{source.rstrip()}\n```\n\nFinal Pattern: [{', '.join(request.pattern)}]\n")
