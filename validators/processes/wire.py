"""Values over a pipe between processes that do not trust each other: typed JSON, and the bytes of tensors behind it.

    frame    length of the header (4 bytes, little-endian) | header, JSON | blobs, whose lengths the header gives
    header   {"value": ..., "blobs": [n, ...]}

Nothing is unpickled, and nothing in a frame names code.  What is no tensor, number, text or container stays with its
owner and crosses as a number (`Opaque`), by which the owner knows it again when it comes back.
"""

from __future__ import annotations

import collections
import json
import os
import struct
from collections.abc import Callable
from typing import Any

import torch

MAX_HEADER = 64 << 20
MAX_NESTING = 64
_LENGTH = struct.Struct("<I")
_CHUNK = 1 << 20

DTYPES: dict[str, torch.dtype] = {
    str(value).removeprefix("torch."): value
    for value in vars(torch).values()
    if isinstance(value, torch.dtype) and not str(value).startswith(("torch.q", "torch.bits"))
}


class WireError(Exception):
    """What came over the pipe is no frame; the message says why."""


class ClosedError(Exception):
    """The other side has ended."""


class UnsuitableError(Exception):
    """A value that cannot cross, such as a sparse tensor; the message says what it is."""


class Opaque:
    """Something of the other side's that is no data."""

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self._text = text

    def __repr__(self) -> str:
        return self._text


class Codec:
    """Turns values into JSON and blobs and back; remembers what it could not send."""

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._types: dict[str, type] = {}

    def encode(self, value: Any, blobs: list[memoryview], depth: int = 0) -> Any:
        """JSON for `value`; bytes of its tensors are appended to `blobs`.  Raises UnsuitableError."""
        if depth > MAX_NESTING:
            raise UnsuitableError(f"containers nested deeper than {MAX_NESTING}")
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return {"float": value.hex()}
        if type(value) is complex:
            return {"complex": [value.real.hex(), value.imag.hex()]}
        if isinstance(value, torch.Tensor):
            return {"tensor": _encode_tensor(value, blobs)}
        if isinstance(value, dict):
            pairs = [[self.encode(k, blobs, depth + 1), self.encode(v, blobs, depth + 1)] for k, v in value.items()]
            return {"dict": pairs}
        if isinstance(value, list | tuple):
            items = [self.encode(item, blobs, depth + 1) for item in value]
            return {"list": items} if type(value) is list else {"tuple": items} | self._named(value)
        if isinstance(value, torch.dtype):
            return {"dtype": str(value).removeprefix("torch.")}
        if isinstance(value, Opaque):
            return {"opaque": value.number}
        self._kept.append(value)
        return {"opaque": len(self._kept) - 1, "text": _text(value)}

    def _named(self, value: Any) -> dict[str, Any]:
        """How a subclass of list or tuple is to be known again."""
        kind = type(value)
        if kind in (tuple, torch.Size):
            return {}
        self._types[kind.__name__] = kind
        fields = getattr(kind, "_fields", None)
        return {"name": kind.__name__, "fields": list(fields) if isinstance(fields, tuple) else None}

    def decode(self, data: Any, blobs: list[bytearray], depth: int = 0) -> Any:
        """The inverse of `encode`, with the other side's data.  Raises WireError."""
        if data is None or type(data) in (bool, int, str):
            return data
        if type(data) is not dict or depth > MAX_NESTING:
            raise WireError("no value")
        for kind, read in self._readers().items():
            if kind in data:
                try:
                    return read(data, blobs, depth + 1)
                except (TypeError, ValueError, IndexError, KeyError, OverflowError, RuntimeError) as error:
                    raise WireError(f"{kind}: {type(error).__name__}") from error
        raise WireError("a value of no known kind")

    def _readers(self) -> dict[str, Callable[[Any, list[bytearray], int], Any]]:
        return {
            "float": lambda data, blobs, depth: float.fromhex(data["float"]),
            "complex": lambda data, blobs, depth: complex(*(float.fromhex(part) for part in data["complex"])),
            "tensor": lambda data, blobs, depth: _decode_tensor(data["tensor"], blobs),
            "dict": self._dict,
            "list": lambda data, blobs, depth: [self.decode(item, blobs, depth) for item in data["list"]],
            "tuple": self._tuple,
            "dtype": lambda data, blobs, depth: DTYPES[data["dtype"]],
            "opaque": self._opaque,
        }

    def _dict(self, data: Any, blobs: list[bytearray], depth: int) -> Any:
        return {self.decode(k, blobs, depth): self.decode(v, blobs, depth) for k, v in data["dict"]}

    def _tuple(self, data: Any, blobs: list[bytearray], depth: int) -> Any:
        items = [self.decode(item, blobs, depth) for item in data["tuple"]]
        if "name" not in data:
            return tuple(items)
        name = str(data["name"])
        kind = self._types.get(name) or _named_type(name, data["fields"])
        return kind(*items) if hasattr(kind, "_fields") else kind(items)

    def _opaque(self, data: Any, blobs: list[bytearray], depth: int) -> Any:
        number = int(data["opaque"])
        if "text" in data:
            return Opaque(number, str(data["text"]))
        if not 0 <= number < len(self._kept):
            raise WireError("an object that nobody has")
        return self._kept[number]


def _named_type(name: str, fields: Any) -> type:
    if fields is None:
        return type(name, (tuple,), {})
    return collections.namedtuple(name, [str(field) for field in fields], rename=True)


def _text(value: Any) -> str:
    try:
        return repr(value)[:200]
    except Exception:
        return f"a {type(value).__name__}"


def _encode_tensor(tensor: torch.Tensor, blobs: list[memoryview]) -> dict[str, Any]:
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
        raise UnsuitableError(f"layout {tensor.layout} on {tensor.device}")
    plain = tensor.detach().resolve_conj().resolve_neg()
    span = _span(plain.shape, plain.stride())
    line = torch.as_strided(plain, (span,), (1,)).contiguous()
    octets = line.view(torch.uint8) if span else torch.empty(0, dtype=torch.uint8)
    blobs.append(memoryview(octets.numpy().data))
    return {
        "dtype": str(plain.dtype).removeprefix("torch."),
        "shape": list(plain.shape),
        "stride": list(plain.stride()),
        "blob": len(blobs) - 1,
        "grad": tensor.requires_grad,
    }


def _decode_tensor(data: Any, blobs: list[bytearray]) -> torch.Tensor:
    dtype = DTYPES[data["dtype"]]
    shape, stride = [int(n) for n in data["shape"]], [int(n) for n in data["stride"]]
    octets = blobs[int(data["blob"])]
    span = _span(shape, stride)
    if min([*shape, *stride], default=0) < 0 or len(shape) != len(stride) or len(octets) != span * dtype.itemsize:
        raise WireError("a tensor whose bytes are not as many as its shape says")
    if not span:
        return torch.empty_strided(shape, stride, dtype=dtype)
    raw = torch.frombuffer(octets, dtype=torch.uint8)
    line = raw != 0 if dtype is torch.bool else raw.view(dtype)  # a bool of 2 is none
    made = torch.as_strided(line, shape, stride)
    return made.requires_grad_() if data["grad"] is True and dtype.is_floating_point else made


def _span(shape: Any, stride: Any) -> int:
    """Elements from the first to the last."""
    if any(n == 0 for n in shape):
        return 0
    return 1 + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))


def send(fd: int, value: Any, blobs: list[memoryview], limit: int) -> None:
    """Write one frame.  Raises ClosedError, and UnsuitableError for more than `limit` bytes."""
    header = json.dumps({"value": value, "blobs": [blob.nbytes for blob in blobs]}).encode()
    if len(header) > MAX_HEADER or sum(blob.nbytes for blob in blobs) > limit:
        raise UnsuitableError("more bytes than a program may hold")
    try:
        for view in (memoryview(_LENGTH.pack(len(header))), memoryview(header), *blobs):
            while view.nbytes:
                view = view[os.write(fd, view[:_CHUNK]) :]
    except BrokenPipeError:
        raise ClosedError from None


def receive(fd: int, limit: int) -> tuple[Any, list[bytearray]]:
    """Read one frame: its JSON and its blobs.  Raises ClosedError and WireError."""
    (length,) = _LENGTH.unpack(_exactly(fd, _LENGTH.size))
    if length > MAX_HEADER:
        raise WireError("a header that is too long")
    try:
        header = json.loads(_exactly(fd, length))
        sizes = header["blobs"]
        value = header["value"]
        if any(type(size) is not int or size < 0 for size in sizes) or sum(sizes) > limit:
            raise WireError("more bytes than a program may hold")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WireError(f"{type(error).__name__} in a header") from error
    return value, [_exactly(fd, size) for size in sizes]


def _exactly(fd: int, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        got = os.readv(fd, [view[:_CHUNK]])
        if not got:
            raise ClosedError
        view = view[got:]
    return data
