"""How evenly counts are spread, how many kinds there are still to see, how fast new ones come."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any


def entropy(counts: Iterable[int]) -> float:
    """Shannon entropy in nats of shares that are proportional to `counts`; 0 without any.

    C. E. Shannon, "A Mathematical Theory of Communication", Bell System Technical Journal 27 (1948).
    """
    positive = sorted(count for count in counts if count > 0)  # sorted: a sum of floats depends on its order
    total = sum(positive)
    return math.fsum(-count / total * math.log(count / total) for count in positive)


def effective_number(counts: Iterable[int]) -> float:
    """exp of the entropy: as many equally frequent kinds would be as diverse; 0 without any.

    Hill's number of order 1: M. O. Hill, "Diversity and Evenness", Ecology 54 (1973).
    """
    counts = list(counts)
    return math.exp(entropy(counts)) if any(counts) else 0.0


def unseen_mass(counts: Iterable[int]) -> float:
    """The chance that the next draw is of a kind not seen yet: the share of draws that are the only one of theirs.

    I. J. Good, "The Population Frequencies of Species and the Estimation of Population Parameters", Biometrika 40
    (1953).  1 without any draw.
    """
    counts = list(counts)
    total = sum(counts)
    return sum(count == 1 for count in counts) / total if total else 1.0


def rarefaction(counts: Sequence[int], samples: int, sizes: Iterable[int]) -> list[tuple[int, float]]:
    """For each of `sizes` up to `samples`: how many kinds so many samples are expected to show.

    `counts` says in how many of `samples` samples each kind is.  The expectation is over all subsets of that size, so
    no order enters: N. J. Gotelli and R. K. Colwell, "Quantifying biodiversity", Ecology Letters 4 (2001).
    """
    grouped: dict[int, int] = {}
    for count in counts:
        grouped[count] = grouped.get(count, 0) + 1
    curve = []
    for size in sizes:
        if size <= samples:
            missed = math.fsum(
                kinds * _missed(samples, count, size) for count, kinds in sorted(grouped.items()) if count
            )
            curve.append((size, len(counts) - missed))
    return curve


def _missed(samples: int, count: int, size: int) -> float:
    """The chance that `size` of `samples` samples hold none of `count` certain ones."""
    if size > samples - count:
        return 0.0
    lg = math.lgamma
    return math.exp(lg(samples - count + 1) - lg(samples - count - size + 1) - lg(samples + 1) + lg(samples - size + 1))


def curve_sizes(samples: int) -> list[int]:
    """100, 1,000, 10,000, ... below `samples`, and `samples`."""
    sizes, size = [], 100
    while size < samples:
        sizes.append(size)
        size *= 10
    return [*sizes, samples] if samples else []


def coverage(counts: Sequence[int], samples: int) -> dict[str, Any]:
    """What there is to say of kinds of which each is in `counts` of `samples` samples, as JSON data."""
    return {
        "distinct": len(counts),
        "seen_once": sum(count == 1 for count in counts),
        "occurrences": sum(counts),
        "effective": round(effective_number(counts), 2),
        "unseen_mass": round(unseen_mass(counts), 4),
        "rarefaction": [[size, round(kinds, 1)] for size, kinds in rarefaction(counts, samples, curve_sizes(samples))],
    }


def histogram(counts: dict[int, int], whole: int) -> dict[str, Any]:
    """Buckets of whole numbers whose sum is `whole`, with mean and entropy (nats), as JSON data."""
    total = sum(counts.values())
    return {
        "mean": round(whole / total, 3) if total else None,
        "entropy": round(entropy(counts.values()), 4),
        "counts": {str(value): counts[value] for value in sorted(counts)},
    }
