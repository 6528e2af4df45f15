"""The built-in synthesizer as a provider: it writes the program itself and answers in a model's form."""

from __future__ import annotations

from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from synth.providers.interface import About, Answer, Request
from synth.sampling import derived_rng


class Builtin:
    """Needs no key and no network; the same request always gets the same answer from the same code."""

    def __init__(self) -> None:
        self.about = About("builtin", fingerprint=_code_digest("operators", "synth.synthesizer"))

    async def answer(self, request: Request) -> Answer:
        """Writes a program for the pattern; each attempt draws afresh."""
        from synth.synthesizer import write_program

        rng = derived_rng(request.seed, request.sample, f"program:{request.attempt}")
        source = write_program(request.pattern, rng, request.class_name, request.ordered)
        return Answer(f"```python\n{source.rstrip()}\n```\n\nFinal Pattern: [{', '.join(request.pattern)}]\n")

    async def aclose(self) -> None:
        """There is nothing to end."""


def _code_digest(*packages: str) -> str:
    """Over the source of packages: a run must not go on with programs that other code writes."""
    digest = blake2b(digest_size=8)
    for package in packages:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for file in sorted(Path(folder).rglob("*.py")):
                digest.update(f"{package}/{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()
