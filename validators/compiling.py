"""Stage COMPILED, the judge's part: what the process of the text says of its kernels, put on the pair as evidence.

That process executes the text, so nothing but numbers is taken from it, and the pair stays the one that was sent.
"""

from __future__ import annotations

import math
import re
from typing import Any

from validators.processes.wire import WireError
from validators.proof import cubin
from validators.proof.cubin import AMD_TARGETS, Compiled
from validators.proving import Side, refuse_what_is_no_data
from validators.verdict import Pair, Settings, Verdict

_NAME = re.compile(r"[A-Za-z_]\w*(#\d+)?", re.ASCII)


def check(program_side: Side, text_side: Side, pair: Pair, settings: Settings) -> tuple[Verdict, Pair]:
    """`cubin.check`, asked of two other processes: one knows what the program is called with, one has the text."""
    told = program_side.ask("outline")
    refuse_what_is_no_data(told)
    found = text_side.ask("compile", told=told, triton_code=pair.triton_code)
    try:
        if list(found) != list(settings.device_targets) or not all(found.values()):
            raise ValueError("other targets than were asked for")
        compiled = {
            target: {_name(key): _kernel(target, **values) for key, values in kernels.items()}
            for target, kernels in found.items()
        }
    except (TypeError, ValueError, AttributeError) as error:
        raise WireError(f"{type(error).__name__} in what was compiled") from error
    return cubin.judged(pair, compiled)


def _name(name: Any) -> str:
    if type(name) is not str or not _NAME.fullmatch(name):
        raise ValueError("no name of a kernel")
    return name


def _kernel(target: str, *, blocks: dict[str, int], occupancy: float | None, **counts: int) -> Compiled:
    """The same, after a look at each type.  Raises TypeError and ValueError."""
    if any(type(n) is not int or n < 0 for n in counts.values()):
        raise ValueError("no count")
    if type(blocks) is not dict or any(type(k) is not str or type(n) is not int for k, n in blocks.items()):
        raise ValueError("no blocks")
    if (occupancy is None) != (target in AMD_TARGETS):
        raise ValueError("no occupancy")
    if occupancy is not None and not (type(occupancy) is float and math.isfinite(occupancy)):
        raise ValueError("no occupancy")
    return Compiled(blocks=blocks, occupancy=occupancy, **counts)
