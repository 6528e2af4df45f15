"""Why asking ends for good."""

from __future__ import annotations

from synth.errors import STOPPED, CommandError


class Stopped(CommandError):  # noqa: N818 -- the end of a run, and no error of ours
    """Asking this endpoint goes on to be pointless; everything that came back is kept."""

    exit_code = STOPPED


class BudgetSpent(Stopped):
    """The next request might cost more than is left of `max_cost`."""
