"""How much to have under way: enough to keep the validators busy, no more than they can absorb.

Little's law (J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961):
what is on its way at any time is the rate at which it comes times the time it takes.  To have `rate` answers a
second from a server that takes `seconds` for one, `rate * seconds` requests must be in flight.
"""

from __future__ import annotations

import math

#: room over what the law gives: latencies and judgements scatter, and an idle validator costs more than a request
MARGIN = 1.5
#: answers waiting at each worker: deep enough to hide a slow sample, shallow enough to waste little at a target
WINDOW_PER_WORKER = 8
#: answer times that the first undecided sample may be late before others wait for it
LATE = 8


def wanted_in_flight(absorbed: float, seconds: float, max_in_flight: int, floor: int = 0) -> int:
    """Requests in flight that keep validators busy which absorb `absorbed` answers a second; at least `floor`."""
    return max(floor, math.ceil(min(max_in_flight, absorbed * seconds * MARGIN)))


def open_samples(absorbed: float, seconds: float, num_worker: int, max_in_flight: int, floor: int = 0) -> int:
    """Samples that may be asked for or wait for a judgement at the same time.

    Args:
        absorbed: answers that the validators can judge a second.
        seconds: from a request to its answer.
        floor: requests that should be in flight in any case, as batches need.
    """
    return wanted_in_flight(absorbed, seconds, max_in_flight, floor) + WINDOW_PER_WORKER * num_worker


def look_ahead(absorbed: float, seconds: float, num_worker: int, max_in_flight: int, floor: int = 0) -> int:
    """Samples that may be begun from the first undecided one on.

    Fates are decided in index order; what is judged before its turn waits.  The longer answers take, the more may
    wait, or one slow answer would stop the rest.  Where they take no time this is `open_samples`.
    """
    return LATE * wanted_in_flight(absorbed, seconds, max_in_flight, floor) + WINDOW_PER_WORKER * num_worker


class Mean:
    """A running mean that forgets: of the last hundred values or so, of all while there are fewer."""

    def __init__(self) -> None:
        self.value = 0.0
        self._count = 0

    def add(self, value: float) -> None:
        """One more value."""
        self._count += 1
        self.value += (value - self.value) / min(self._count, 100)
