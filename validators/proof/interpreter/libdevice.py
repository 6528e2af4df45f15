"""CUDA's math functions (`libdevice`) on the interpreter's tensors, computed by NumPy and torch.

torch has the special functions that NumPy lacks, so that no further dependency is needed.  float32 functions are
computed in float32, as on the device.  Names and meanings: NVIDIA's libdevice user's guide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import triton.language as tl

from validators.proof.interpreter import operators
from validators.proof.interpreter.arrays import numpy_dtype

Array = np.ndarray[Any, Any]


def _torch(function: Callable[..., torch.Tensor]) -> Callable[..., Array]:
    def compute(*arrays: Array) -> Array:
        return function(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays)).numpy()

    return compute


def _round_away(x: Array) -> Array:
    return np.copysign(np.floor(np.abs(x) + x.dtype.type(0.5)), x)


#: Results have the arguments' type.
SAME: dict[str, Callable[..., Array]] = {
    "exp": np.exp, "exp2": np.exp2, "exp10": lambda x: np.power(x.dtype.type(10), x), "expm1": np.expm1,
    "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
    "sqrt": np.sqrt, "rsqrt": lambda x: x.dtype.type(1) / np.sqrt(x), "cbrt": np.cbrt, "pow": np.power,
    "hypot": np.hypot, "fabs": np.fabs, "abs": np.abs, "fmod": np.fmod,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh,
    "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint, "nearbyint": np.rint,
    "round": _round_away, "copysign": np.copysign, "nextafter": np.nextafter, "fdim": lambda x, y: np.fmax(x - y, 0),
    "fmax": np.fmax, "fmin": np.fmin, "mul_rn": np.multiply, "add_rn": np.add, "sub_rn": np.subtract,
    "div_rn": np.divide, "sqrt_rn": np.sqrt, "fma": lambda x, y, z: x * y + z, "fma_rn": lambda x, y, z: x * y + z,
    "erf": _torch(torch.erf), "erfc": _torch(torch.erfc), "erfinv": _torch(torch.erfinv),
    "erfcx": _torch(torch.special.erfcx), "lgamma": _torch(torch.lgamma), "normcdf": _torch(torch.special.ndtr),
    "normcdfinv": _torch(torch.special.ndtri),
    "j0": _torch(torch.special.bessel_j0), "j1": _torch(torch.special.bessel_j1),
    "y0": _torch(torch.special.bessel_y0), "y1": _torch(torch.special.bessel_y1),
    "cyl_bessel_i0": _torch(torch.special.i0), "cyl_bessel_i1": _torch(torch.special.i1),
    "ldexp": np.ldexp,
}  # fmt: skip
#: Results are 32-bit integers, truth values among them.
INTEGER: dict[str, Callable[..., Array]] = {
    "isnan": np.isnan, "isinf": np.isinf, "isfinited": np.isfinite, "finitef": np.isfinite, "signbit": np.signbit,
    "ilogb": lambda x: np.frexp(x)[1] - 1, "llrint": np.rint, "float2int_rn": np.rint,
}  # fmt: skip


class Libdevice:
    """Stands in for `triton.language.extra.libdevice`; a function that is missing here names itself."""

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(f"libdevice.{name}")


def _wrapped(function: Callable[..., Array], kind: Any) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        tensors = [v for v in values if isinstance(v, tl.tensor)]
        lead = tensors[0]
        dtype = numpy_dtype(lead.dtype)
        arrays = [v.handle.data if isinstance(v, tl.tensor) else np.asarray(v, dtype) for v in values]
        result = np.asarray(function(*arrays))
        scalar = lead.dtype if kind is None else kind
        return operators.made(result.astype(numpy_dtype(scalar), copy=False), scalar)

    return call


def make() -> Libdevice:
    """The stand-in, with every function of the two tables."""
    library = Libdevice()
    for name, function in SAME.items():
        setattr(library, name, _wrapped(function, None))
    for name, function in INTEGER.items():
        setattr(library, name, _wrapped(function, tl.int32))
    return library
