"""What an exception says, read carefully: a program's own exception class may lie, raise or never end."""

from __future__ import annotations

import linecache
import traceback

import torch

PROGRAM_MODULE = "synth_program"  # the name under which a program's own code runs
MAX_MESSAGE = 4000
MAX_LINE = 120


def message(error: BaseException) -> str:
    """`str(error)`, capped; never raises."""
    try:
        return str(error)[:MAX_MESSAGE]
    except Exception:
        return "(its message could not be read)"


def describe(error: BaseException, limit: int = 600) -> str:
    """`ErrorType: message [line 12: x = self.fc(x)]` on one printable line; the line is the program's innermost one."""
    text = _one_line(f"{type(error).__name__}: {message(error)}", limit)
    return f"{text} [{where}]" if (where := _line_of_program(error)) else text


def _one_line(text: str, limit: int) -> str:
    text = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _line_of_program(error: BaseException) -> str:
    found = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__") == PROGRAM_MODULE:
            found = f"line {number}: {_one_line(linecache.getline(frame.f_code.co_filename, number), MAX_LINE)}"
    return found


def is_out_of_memory(error: BaseException) -> bool:
    """True for Python's and torch's ways of saying that memory ran out."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in message(error)
