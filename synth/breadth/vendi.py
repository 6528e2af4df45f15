"""The Vendi score: how many programs that have nothing in common would be as diverse as these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def vendi(features: Sequence[Mapping[str, int]]) -> float:
    """exp of the entropy of the eigenvalues of K / n, K being the cosines between feature counts; 0 without any.

    D. Friedman and A. B. Dieng, "The Vendi Score", Transactions on Machine Learning Research (2023).  It grows with n,
    so scores are to be compared at equal n only.  Takes O(n^3) time and O(n^2) memory.  Programs without features have
    nothing in common with any other.
    """
    import numpy as np  # heavy, and needed for this alone

    n = len(features)
    if not n:
        return 0.0
    kernel = np.eye(n)
    columns: dict[str, list[tuple[int, float]]] = {}
    norms = [sum(count * count for count in counts.values()) ** 0.5 for counts in features]
    for row, counts in enumerate(features):
        for name, count in counts.items():
            columns.setdefault(name, []).append((row, count / norms[row]))
    shared = np.zeros((n, n))
    for entries in columns.values():
        if len(entries) > 1:
            rows = np.array([row for row, _ in entries])
            values = np.array([value for _, value in entries])
            shared[np.ix_(rows, rows)] += np.outer(values, values)
    kernel[~np.eye(n, dtype=bool)] = shared[~np.eye(n, dtype=bool)]
    shares = np.linalg.eigvalsh(kernel / n)
    shares = shares[shares > 1e-12]
    return float(np.exp(-np.sum(shares * np.log(shares))))
