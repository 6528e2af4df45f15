"""Who answers which sample: a `model_name` may name several providers, with weights."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from synth.errors import UsageError
from synth.providers.interface import Options, Provider
from synth.providers.opening import open_provider
from synth.sampling import derived_rng

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf)", re.IGNORECASE)


@dataclass(frozen=True)
class Choice:
    """Open providers and their weights; one provider is a choice of one."""

    providers: tuple[Provider, ...]
    weights: tuple[float, ...]

    def provider_for(self, seed: int, sample: int) -> Provider:
        """Who answers a sample: a pure function of seed and index, with a chance proportional to the weight."""
        if len(self.providers) == 1:
            return self.providers[0]
        return derived_rng(seed, sample, "provider").choices(self.providers, self.weights)[0]

    @property
    def patterns(self) -> tuple[tuple[str, ...], ...] | None:
        """The patterns that the only provider brings (`About.patterns`)."""
        return self.providers[0].about.patterns if len(self.providers) == 1 else None

    @property
    def prompted(self) -> bool:
        """Whether any of them needs `Request.messages`."""
        return any(provider.about.prompted for provider in self.providers)

    @property
    def identity(self) -> str:
        """Who answers, in words: as long as it stays the same, the same samples are asked of the same models."""
        parts = []
        for provider, weight in zip(self.providers, self.weights, strict=True):
            about = provider.about
            named = about.name + (f":{about.model}" if about.model else "")
            shared = f" x {weight:g}" if len(self.providers) > 1 else ""
            parts.append(named + (f" ({about.fingerprint})" if about.fingerprint else "") + shared)
        return ", ".join(parts)

    async def aclose(self) -> None:
        """Ends all connections."""
        await asyncio.gather(*(provider.aclose() for provider in self.providers))


def open_choice(model_name: str | Sequence[str], options: Options | None = None) -> Choice:
    """Opens every provider of `openai:gpt-6-luna`, `[gemini:0.7,builtin:0.3]` or a list of such parts.

    In a list, a last part of a specification that is a plain number is its weight, 1 without one.  Where `local` is one
    of several, `Options.base_url` is its alone; otherwise everyone's.  Raises UsageError.
    """
    options = options or Options()
    parts = _parts(model_name)
    if parts is None:
        assert isinstance(model_name, str)
        if model_name.startswith("[") or model_name.endswith("]"):
            raise UsageError(f"model_name={model_name}: a list needs [ and ], as in [gemini:0.7,builtin:0.3].")
        return Choice((open_provider(model_name, options),), (1.0,))
    shown = f"model_name=[{','.join(parts)}]"
    if not parts or not all(parts):
        raise UsageError(f"{shown}: allowed is a list such as [gemini:0.7,builtin:0.3].")
    if any(re.search(r"\s", part) for part in parts):
        raise UsageError(f"{shown}: there is a space within a part; parts are parted by commas.")
    specs = [_weighted(part, shown) for part in parts]
    names = [spec.partition(":")[0] for spec, _ in specs]
    for name in names:
        if name == "replay" and len(specs) > 1:
            raise UsageError(f"{shown}: replay brings its own patterns, so it cannot be one of several.")
    elsewhere = replace(options, base_url="") if "local" in names else options
    providers = tuple(
        open_provider(spec, options if name == "local" else elsewhere)
        for name, (spec, _) in zip(names, specs, strict=True)
    )
    for provider in providers:
        if len(specs) > 1 and provider.about.patterns is not None:
            raise UsageError(f"{shown}: {provider.about.name} brings its own patterns, so it cannot be one of several.")
    return Choice(providers, tuple(weight for _, weight in specs))


def _parts(model_name: str | Sequence[str]) -> list[str] | None:
    """The parts of a list, or None when it is none."""
    if not isinstance(model_name, str):
        return [part.strip() for part in model_name]
    text = model_name.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    return [part.strip().strip("'\"") for part in text[1:-1].split(",")]


def _weighted(part: str, shown: str) -> tuple[str, float]:
    spec, _, last = part.rpartition(":")
    if not spec or not _NUMBER.fullmatch(last):
        return part, 1.0
    weight = float(last)
    if not isfinite(weight) or weight <= 0:
        raise UsageError(f"{shown}: the weight {last} of {spec} must be above 0.")
    return spec, weight
