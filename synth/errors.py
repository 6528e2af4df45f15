"""How a command ends when it cannot go on: one line for the user and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

DONE = 0
FAILED = 1  # something outside the programs broke: validator pool, disk; with strict=true, a rejected program
USAGE = 2  # the command, a value, a path or an existing run does not allow what was asked
FEWER = 3  # every sample is decided, but fewer were kept than asked for, or none; .verify: not every pair is proved
STOPPED = 4  # asking a provider has become pointless: three fatal failures, quota or funds or max_cost used up
INTERRUPTED = 130  # Ctrl-C or SIGTERM; what was judged is kept

EXIT_CODES: dict[int, str] = {
    DONE: "done",
    FAILED: "the validator pool or the disk failed (everything judged is kept); .validate strict=true: rejects",
    USAGE: "wrong command, key or value, unusable path, or a run of another configuration",
    FEWER: "all samples decided, but fewer kept than target_accepted asks for, or none; .verify: pairs not proved",
    STOPPED: "the provider refuses for good (key, model, quota, funds), or max_cost is reached; everything is kept",
    INTERRUPTED: "interrupted by Ctrl-C or SIGTERM; the same command goes on",
}


class CommandError(Exception):
    """Ends the command with `exit_code`; the message is all the user sees."""

    exit_code = FAILED


class UsageError(CommandError):
    """What was asked cannot be done as asked; nothing has been changed."""

    exit_code = USAGE


def nearest(word: str, known: Iterable[str]) -> str:
    """' Did you mean X?' for a close match among `known`, else an empty string."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.5)
    return f" Did you mean {by_lower[close[0]]}?" if close else ""
