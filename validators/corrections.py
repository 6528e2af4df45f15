"""Lowerings of Inductor that compute something other than eager does, corrected.

`fractional_max_pool3d` (torch 2.11.0 to 2.13.0, every backend): eager takes the first of a plane's three random samples
for depth, the second for height, the third for width; Inductor's lowering reads them in the order of
`fractional_max_pool2d`, whose first one is for width.  It is given them reversed.

Private: `torch._inductor.lowering.lowerings`; if it moves, entering `corrected` raises AttributeError.
`tests/validators/test_corrections.py` fails when Inductor is right by itself.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

import torch
from torch._inductor import lowering

aten = torch.ops.aten


def corrected() -> AbstractContextManager[Any]:
    """While it lasts, Inductor lowers with the corrections of this file."""
    op = aten.fractional_max_pool3d.default
    original = lowering.lowerings[op]

    def fractional_max_pool3d(x: Any, kernel_size: Any, output_size: Any, random_samples: Any) -> Any:
        reversed_samples = lowering.lowerings[torch.ops.prims.rev.default](random_samples, [2])
        return original(x, kernel_size, output_size, reversed_samples)

    return mock.patch.dict(
        lowering.lowerings, {op: fractional_max_pool3d, aten.fractional_max_pool3d: fractional_max_pool3d}
    )
