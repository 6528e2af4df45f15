"""How many requests a second an endpoint takes, learned from its refusals: the pace requests are sent at.

A window of requests in flight cannot hold a rate below one per round trip, and turns every change of latency into a
change of rate.  So the first refusal (429) starts a pace.  It goes up in steps until it is refused, and comes back to
what was let in; near the ceiling it holds for a while before it probes again, which keeps refusals rare.

There are two measures of what was let in.  One is the pace before the refused step.  The other is how much was sent
and not refused since the refusal before the last, by the time: a token bucket is empty whenever it refuses, so this is
what it grants (to pace by the measured delivery rate is the idea of BBR; Cardwell et al., ACM Queue 14(5), 2016).  The
second is too low for a small bucket, which overflows while a delay hint is waited out; the first is too high for a
large one, which lets any pace through for a while.  So the first is believed until it is refused when it is come back
to, and from then on the two are averaged.  A refusal without a step before it tells that the limit fell.
"""

from __future__ import annotations

from math import inf, sqrt

SLOWEST = 1 / 30  # requests/s; two probes a minute at a server that refuses everything and gives no hint
DECREASE = 0.65  # near CUBIC's beta (0.7; RFC 9438, 4.6), for a limit that fell,
DECREASE_AGAIN = 0.5  # and from the second time on
JUST_BELOW = 0.98  # a pace that is refused is never kept
SHORTEST_SPAN = 1.0  # s; what is let in within less is a burst, not a rate
LATE = 0.002  # s that a timer is late, and may be made up for
SLACK = 0.02  # s; the same where more than one request falls into it

NEAR = 0.75  # of the ceiling: below it the pace goes up at once, from there on it holds before it probes
FIRST_STEP, LAST_STEP = 0.15, 0.6  # of the pace; steps beyond the ceiling double from the first to the last
STEP_RATE = 0.25  # requests/s that a step adds at least, or a slow pace would take long to show anything
STEP_SENDS, STEP_SECONDS = 1.5, 0.5  # requests and s that a step lasts at least, so that it can be refused
HOLD_SHARE = 0.1  # of the time since the limit last changed: a new limit is found that soon, in proportion
HOLD_LEAST, HOLD_MOST = 2.5, 7.0  # s
SILENCE_SHARE = 0.08  # of the time may be lost to hints that are longer than it takes to have room again
HOLD_FOR_SILENCE = 60.0  # s; the most that this asks for
EXACT = 0.8  # of a refused pace: if so much was let in, the pace was not far off
CHANGED = 1.25  # ratio by which another limit differs


class Rate:
    """The pace of one endpoint; times are seconds of one clock.  Until the first refusal there is none."""

    def __init__(self) -> None:
        self.value: float | None = None  # requests/s
        self.next_at = 0.0
        self._last_sent: float | None = None
        self._sent, self._span = 0, 0.0  # since the last refusal, while the pace was what held requests back
        self._before, self._span_before = 0, 0.0  # let in between the two refusals before, and the seconds
        self._refused_pace = inf  # the ceiling
        self._kept = 0.0  # the pace before the last step, if there was one since the last refusal
        self._falls = 0  # refusals in a row without a step between them
        self._deceived = False  # whether a pace that was let in for a step was refused when it was come back to
        self._step = LAST_STEP
        self._step_at = 0.0
        self._limit, self._limit_since = 0.0, 0.0  # the limit that seems to be in force
        self._round_trip = 0.25  # s until a refusal comes back

    def sent(self, now: float, paced: bool) -> None:
        """A request goes out; `paced` when the pace is what it waited for."""
        if self._last_sent is None:
            self._last_sent = now
        if paced or self.value is None:
            self._span += now - self._last_sent
            self._sent += 1
        self._last_sent = now
        if self.value is None:
            return
        if paced and now >= self._step_at:
            self._raise(now)
        slack = LATE + max(0.0, SLACK - 1 / self.value)
        self.next_at = max(self.next_at, now - slack) + 1 / self.value

    def unsent(self) -> None:
        """The last request did not go out after all."""
        if self.value is not None:
            self.next_at -= 1 / self.value

    def refused(self, sent_at: float, now: float, resume_at: float) -> None:
        """The first refusal of a burst: lowers the pace; nothing will be sent before `resume_at`."""
        self._round_trip += 0.25 * (now - sent_at - self._round_trip)
        first, kept = self.value is None, self._kept
        self._refused_pace = self.value or inf
        self._measure(now, resume_at if first else now)
        self._kept = 0.0
        self._falls += 1
        self._lower(kept)
        assert self.value is not None
        if not self._limit / CHANGED < self.value < self._limit * CHANGED:
            self._limit, self._limit_since = self.value, now
        self.next_at = resume_at if resume_at > now else now + 1 / self.value
        self._step = LAST_STEP if first else min(max(FIRST_STEP, STEP_RATE / self.value), LAST_STEP)
        self._step_at = self.next_at
        if self._deceived or (not kept and not first) or self.value >= NEAR * self._refused_pace:
            silence = max(0.0, resume_at - now - 1 / self.value) + self._round_trip
            hold = min(max(HOLD_SHARE * (now - self._limit_since), HOLD_LEAST), HOLD_MOST)
            self._step_at += max(hold, min(silence / SILENCE_SHARE, HOLD_FOR_SILENCE))

    def refused_too(self) -> None:
        """Another refusal of the same burst: it was counted as let in."""
        self._before -= 1
        if self._refused_pace == inf:
            self._lower(0.0)

    def _measure(self, now: float, until: float) -> None:
        """Closes the time since the last refusal.  A new server's bucket was full, so its first hint is waited out."""
        since_last = 0.0 if self._last_sent is None else now - self._last_sent
        self._earlier, self._span_earlier = self._before, self._span_before
        self._before, self._span_before = self._sent - 1, self._span + since_last + until - now
        self._sent, self._span, self._last_sent = 0, 0.0, now

    def _lower(self, kept: float) -> None:
        let_in = (self._earlier + self._before) / max(self._span_earlier + self._span_before, SHORTEST_SPAN)
        if self._refused_pace == inf:
            self.value = max(let_in, SLOWEST)
            return
        if kept:
            pace, self._falls = max(sqrt(kept * let_in) if self._deceived else kept, let_in), 0
        elif self._before >= EXACT * self._span_before * self._refused_pace:
            pace = self._refused_pace
        else:
            self._deceived = self._deceived or self._falls == 1
            pace = max(let_in, (DECREASE if self._falls < 2 else DECREASE_AGAIN) * self._refused_pace)
        self.value = max(min(pace, JUST_BELOW * self._refused_pace), SLOWEST)

    def _raise(self, now: float) -> None:
        """A step up; the next one when this one could have been refused."""
        assert self.value is not None
        self._kept = self.value
        if self.value < NEAR * self._refused_pace < inf:
            self.value += (self._refused_pace - self.value) / 2
        else:
            self.value *= 1 + self._step
            self._step = min(2 * self._step, LAST_STEP)
        self._step_at = now + max(STEP_SENDS / self.value, 1.5 * self._round_trip, STEP_SECONDS)
