"""From a pattern to the name that class and file share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import blake2b

PREFIX = "SynthModel"
MAX_LENGTH = 120  # leaves room for a suffix and ".py" within the 143 bytes an encrypted file system allows


def base_name(pattern: Iterable[str]) -> str:
    """`SynthModel_<Op>_<Op>`; a long one is cut and a hash of the whole pattern keeps it distinct."""
    parts = [re.sub(r"[^0-9A-Za-z]+", "", operator) for operator in pattern]
    name = "_".join([PREFIX, *(part for part in parts if part)])
    if len(name) <= MAX_LENGTH:
        return name
    digest = blake2b("_".join(parts).encode(), digest_size=5).hexdigest()
    head = name[: MAX_LENGTH - len(digest) - 1]
    return f"{head[: head.rindex('_')]}_{digest}"


class Names:
    """The name of sample i: suffix `_2`, `_3`, ... when earlier samples have the same base name.

    A pure function of the patterns of samples 0..i, whatever became of them, so it does not depend on which
    were kept.  Asked in rising order it walks each index once.
    """

    def __init__(self, pattern_of: Callable[[int], tuple[str, ...]]) -> None:
        self._pattern_of = pattern_of
        self._seen: Counter[str] = Counter()
        self._next = 0

    def name(self, index: int) -> str:
        """The name of sample `index`; indices must be asked in rising order."""
        if index < self._next:
            raise ValueError(f"name({index}) asked after name({self._next - 1})")
        while True:
            base = base_name(self._pattern_of(self._next))
            # Two names that differ in case are one file on macOS and Windows.
            self._seen[base.lower()] += 1
            self._next += 1
            if self._next > index:
                count = self._seen[base.lower()]
                return base if count == 1 else f"{base}_{count}"
