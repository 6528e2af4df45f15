"""How much is under way: Little's law, its bounds, and the running mean it is fed with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.run.window import LATE, MARGIN, WINDOW_PER_WORKER, Mean, look_ahead, open_samples, wanted_in_flight


@pytest.mark.parametrize(
    ("absorbed", "seconds", "most", "wanted"),
    [(2.0, 20.0, 512, 60), (2.0, 20.0, 32, 32), (0.0, 20.0, 512, 0), (50.0, 0.0, 512, 0), (0.7, 1.0, 512, 2)],
)
def test_littles_law_with_its_margin_and_its_cap(absorbed: float, seconds: float, most: int, wanted: int) -> None:
    assert wanted_in_flight(absorbed, seconds, most) == wanted
    assert open_samples(absorbed, seconds, 3, most) == wanted + WINDOW_PER_WORKER * 3
    assert look_ahead(absorbed, seconds, 3, most) == LATE * wanted + WINDOW_PER_WORKER * 3


RATES, TIMES, WORKERS = st.floats(0, 1e4), st.floats(0, 1e4), st.integers(1, 256)


@given(RATES, TIMES, WORKERS, st.integers(1, 65536))
def test_validators_never_starve_and_nothing_grows_without_end(
    absorbed: float, seconds: float, workers: int, most: int
) -> None:
    opened, ahead = open_samples(absorbed, seconds, workers, most), look_ahead(absorbed, seconds, workers, most)
    assert opened >= min(most, absorbed * seconds * MARGIN)
    assert WINDOW_PER_WORKER * workers <= opened <= ahead
    assert opened <= most + WINDOW_PER_WORKER * workers


def test_the_mean_is_exact_at_first_and_forgets_later() -> None:
    mean = Mean()
    for value in (1.0, 2.0, 6.0):
        mean.add(value)
    assert mean.value == pytest.approx(3.0)
    for _ in range(2000):
        mean.add(10.0)
    assert mean.value == pytest.approx(10.0, abs=0.01)
