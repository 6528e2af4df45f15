"""Which operators sample i is asked to use: a pure function of configuration, seed and index."""

from __future__ import annotations

import random
from dataclasses import dataclass
from hashlib import blake2b

from synth.config import RunConfig
from synth.errors import UsageError


@dataclass(frozen=True)
class OperatorSets:
    """The names that patterns are drawn from."""

    core: tuple[str, ...]
    compound: tuple[str, ...]
    supporting: tuple[str, ...]

    def digest(self) -> str:
        """Changes when a name is added, removed or moved: then the same seed draws other patterns."""
        joined = "|".join(",".join(names) for names in (self.core, self.compound, self.supporting))
        return blake2b(joined.encode(), digest_size=6).hexdigest()


def catalogue_sets() -> OperatorSets:
    """The sets of the `operators` package."""
    from operators import compound_operators, core_operators, supporting_operators

    return OperatorSets(tuple(core_operators), tuple(compound_operators), tuple(supporting_operators))


def derived_rng(seed: int, index: int, purpose: str) -> random.Random:
    """A generator of its own for each (seed, index, purpose): no draw depends on another's order."""
    digest = blake2b(f"{seed}:{index}:{purpose}".encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest, "big"))


def sample_pattern(config: RunConfig, sets: OperatorSets, index: int) -> tuple[str, ...]:
    """The original's rule: in each set, from min, step while random > p, up to max; drawn with replacement."""
    return tuple(name for names in sample_by_set(config, sets, index) for name in names)


def sample_by_set(config: RunConfig, sets: OperatorSets, index: int) -> list[list[str]]:
    """The operators that `sample_pattern` draws from each set: core, compound, supporting."""
    rng = derived_rng(config.seed, index, "pattern")
    pattern: list[list[str]] = []
    for names, (low, high) in (
        (sets.core, config.num_core_ops_range),
        (sets.compound, config.num_compound_ops_range),
        (sets.supporting, config.num_supporting_ops_range),
    ):
        count = low
        while count < high and rng.random() > config.p_value:
            count += 1
        if count and not names:
            raise UsageError("the operator catalogue has an empty set; set its range to [0,0].")
        pattern.append([rng.choice(names) for _ in range(count)])
    return pattern
