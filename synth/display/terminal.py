"""Where output goes."""

from __future__ import annotations

import sys

from rich.console import Console


def console() -> Console:
    """Standard output; wide enough for tables when it is a file or a pipe."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 130)


def say(out: Console, line: str) -> None:
    """A line as it is: not wrapped, no markup read into it."""
    out.print(line, soft_wrap=True, markup=False, emoji=False)
