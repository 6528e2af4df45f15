"""What an exception says, read carefully: a program's own exception class may lie, raise or never end."""

from __future__ import annotations

import torch

MAX_MESSAGE = 4000


def message(error: BaseException) -> str:
    """`str(error)`, capped; never raises."""
    try:
        return str(error)[:MAX_MESSAGE]
    except Exception:
        return "(its message could not be read)"


def describe(error: BaseException, limit: int = 600) -> str:
    """`ErrorType: message` on one printable line."""
    text = " ".join(f"{type(error).__name__}: {message(error)}".split())
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def is_out_of_memory(error: BaseException) -> bool:
    """True for Python's and torch's ways of saying that memory ran out."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in message(error)
