"""Delay hints: every form, and that no text whatever breaks the parsers."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.providers.delays import delay_hint, duration, retry_after, sentence

SECONDS = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20ms", 0.02),
        ("1m30s", 90),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("38.123s", 38.123),
        ("17", 17),
        ("0.5", 0.5),
        ("7m12s", 432),
        ("1d", 86400),
        ("340µs", 0.00034),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-3s", "1x", "s", "5 apples", "nan", "inf", "9" * 400, "1m and more"])
def test_what_is_no_duration(text: str) -> None:
    assert duration(text) is None


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit reached ... Limit 200000, Used 198000. Please try again in 1.242s. Visit https://x.y", 1.242),
        ("Please try again in 6m0s.", 360),
        ("try again in 20ms", 0.02),
        ("limit: 0, model: gemini-3-pro Please retry in 45.578569677s.", 45.578569677),
        ("Retry after 5 seconds.", 5),
        ("please wait 2 minutes and 3 seconds", 123),
        ("try again in 7 days", 604800),
        ("Please try again later.", None),
        ("you may try again in a moment", None),
    ],
)
def test_sentences(message: str, seconds: float | None) -> None:
    assert sentence(message) == (None if seconds is None else pytest.approx(seconds))


@given(st.integers(0, 400), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_a_duration_as_go_writes_it_is_read_back(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    text = f"{hours}h{minutes}m{seconds}.{milliseconds:03}s"
    whole = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    assert duration(text) == pytest.approx(whole)
    assert sentence(f"Please try again in {text}.") == pytest.approx(whole)


@given(SECONDS, st.integers(0, 4 * 10**9))
def test_a_date_is_counted_from_when_it_was_sent(wait: int, now: int) -> None:
    assert retry_after(formatdate(now + wait, usegmt=True), now) == wait
    assert retry_after(formatdate(now, usegmt=True), now + wait) == 0  # a date gone by
    assert retry_after(str(wait), now) == wait


@given(SECONDS, SECONDS, SECONDS, SECONDS, SECONDS, SECONDS)
def test_the_longest_hint_counts(after: int, ms: int, requests: int, tokens: int, info: int, said: int) -> None:
    headers = {
        "retry-after": str(after),
        "retry-after-ms": str(ms),
        "x-ratelimit-reset-requests": f"{requests}s",
        "x-ratelimit-reset-tokens": f"{tokens}ms",
    }
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{info}s"}]
    message = f"Please try again in {said}s."
    hints = [after, ms / 1000, info, said]
    assert delay_hint(headers, message, details, limited=False) == pytest.approx(max(hints))
    limits = [requests, tokens / 1000]
    assert delay_hint(headers, message, details, limited=True) == pytest.approx(max(hints + limits))


def test_a_date_by_the_servers_own_clock() -> None:
    headers = {"date": formatdate(1000, usegmt=True), "retry-after": formatdate(1042, usegmt=True)}
    assert delay_hint(headers, "", [], limited=False) == 42


def test_no_hint() -> None:
    assert delay_hint({}, "Please try again later.", [{"@type": "x"}], limited=True) is None


@given(
    st.text(max_size=300) | st.from_regex(r"(try again in |retry after )?[\d.]{0,20}[a-z µ]{0,9}[\d.]{0,9}[a-z]{0,3}")
)
def test_any_text_gives_seconds_or_none(text: str) -> None:
    details = [{"@type": "google.rpc.RetryInfo", "retryDelay": text}]
    headers = dict.fromkeys(("retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "date"), text)
    for found in (
        duration(text),
        sentence(text),
        retry_after(text, 0.0),
        delay_hint(headers, text, details, limited=True),
    ):
        assert found is None or 0 <= found < float("inf")
