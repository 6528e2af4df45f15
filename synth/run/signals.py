"""Ctrl-C and SIGTERM: the first asks to finish what was begun, the second stops at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stopping(on_first: Callable[[], bool] | None = None) -> Iterator[asyncio.Event]:
    """Within the block, signals speak to the current task instead of killing the process.

    The first one sets the event and calls `on_first`; where that returns False there is nothing to finish, and
    the task is cancelled as by the second.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set() or (on_first is not None and not on_first()):
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
