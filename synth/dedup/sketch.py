"""MinHash sketches of shingle sets, and the band keys under which similar sets meet.

128 minima (Broder, "On the resemblance and containment of documents", 1997) in 16 bands of 8 rows: two sets of Jaccard
similarity J share a band with probability 1 - (1 - J^8)^16, which is 0.61 at 0.70, 0.95 at 0.80 and 0.9998 at 0.90.
Candidates only: what is a near-duplicate is decided on the shingles themselves.

Who computes the minima has a name, the scheme's id, which stands in every file of band keys.  Keys of two schemes never
meet; they are computed again from the shingles instead (`index`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.dedup.shingles import Shingles, mixed

PERMUTATIONS = 128
BANDS = 16
ROWS = PERMUTATIONS // BANDS
_SEED = 0x5EED

U64 = npt.NDArray[np.uint64]
Sketches = npt.NDArray[np.uint32]  # a row of PERMUTATIONS for each set


@dataclass(frozen=True)
class Scheme:
    """A way to sketch.  `minima` takes all sets' 64-bit hashes end to end and where each set begins (and the end)."""

    name: str
    minima: Callable[[U64, npt.NDArray[np.int64]], Sketches]

    @property
    def id(self) -> str:
        """What files of band keys are marked with."""
        return f"{self.name}/{BANDS}x{ROWS}"


def sketches(sets: Sequence[Shingles], scheme: Scheme) -> Sketches:
    """One row for each set; none of them may be empty."""
    offsets = np.zeros(len(sets) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in sets], out=offsets[1:])
    if not len(sets):
        return np.empty((0, PERMUTATIONS), dtype=np.uint32)
    if (np.diff(offsets) == 0).any():
        raise ValueError("an empty set has no sketch")
    return scheme.minima(mixed(np.concatenate(sets).astype(np.uint64)), offsets)


def band_keys(found: Sketches) -> U64:
    """A key for each of the `BANDS` bands of each sketch; equal in two sketches where all rows of the band are."""
    rows = found.reshape(len(found), BANDS, ROWS).astype(np.uint64)
    keys = np.broadcast_to(np.arange(1, BANDS + 1, dtype=np.uint64), rows.shape[:2]).copy()
    for row in range(ROWS):
        keys = mixed((keys ^ rows[:, :, row]) * np.uint64(0x9E3779B97F4A7C15))
    return keys


def _by_numpy(hashed: U64, offsets: npt.NDArray[np.int64]) -> Sketches:
    """Multiply-shift hashes (Dietzfelbinger et al., 1997): the upper 32 bits of a * x + b."""
    seeds = mixed(np.arange(_SEED, _SEED + 2 * PERMUTATIONS, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    factors, terms = (seeds[:PERMUTATIONS] | np.uint64(1))[:, None], seeds[PERMUTATIONS:][:, None]
    found = np.empty((len(offsets) - 1, PERMUTATIONS), dtype=np.uint32)
    for number in range(len(found)):
        one = hashed[offsets[number] : offsets[number + 1]]
        found[number] = ((factors * one + terms) >> np.uint64(32)).min(axis=1)
    return found


NUMPY = Scheme("minhash-numpy-1-128", _by_numpy)


def _rensa() -> Scheme | None:
    """Full-set R-MinHash of the rensa package, about ten times as fast; None where it does not import."""
    try:
        import rensa
    except ImportError:
        return None
    if not hasattr(rensa.RMinHash, "digest_matrix_from_flat_token_hashes"):
        return None  # a version before 0.5

    def minima(hashed: U64, offsets: npt.NDArray[np.int64]) -> Sketches:
        matrix: Any = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
            hashed, offsets.astype(np.uint64), PERMUTATIONS, _SEED
        )
        return np.array(matrix.to_rows(), dtype=np.uint32)

    return Scheme(f"rminhash-rensa-{rensa.RMinHash.ALGORITHM_VERSION}-128", minima)


@functools.cache
def best_scheme() -> Scheme:
    """The faster of the two that is there."""
    return _rensa() or NUMPY
