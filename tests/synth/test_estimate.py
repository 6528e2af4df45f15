""".estimate: a pilot, and what it says of the whole."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fake_model import FakeModel
from fake_pool import SETS, FakePool, FakeProvider, run_fake
from hypothesis import given
from hypothesis import strategies as st
from test_models import config, first_bad, journal_of

from synth.commands import estimate
from synth.config import RunConfig
from synth.display.estimation import Spent, bottleneck, mean_interval, projection, samples_needed, spent_by, wilson
from synth.providers import Choice
from validators.verdict import Settings


@asynccontextmanager
async def fake_pool(num_worker: int, settings: Settings):
    yield FakePool(num_worker, settings, slow=0)


def test_wilsons_interval_is_the_published_one() -> None:
    # R: prop.test(15, 20, correct = FALSE)$conf.int
    assert wilson(15, 20) == pytest.approx((0.5313, 0.8881), abs=1e-3)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_holds_the_share(counts: tuple[int, int]) -> None:
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1


def test_the_interval_is_about_the_mean() -> None:
    low, high = mean_interval([0.5 + (n % 2) for n in range(40)])
    assert 0.7 < low < 1.0 < high < 1.3
    assert mean_interval([3.0] * 5) == (3.0, 3.0)


def test_a_target_needs_fewer_samples() -> None:
    assert samples_needed(RunConfig(num_total_samples=1000), 0.5) == 1000
    assert samples_needed(RunConfig(num_total_samples=1000, target_accepted=100), 0.5) == 200
    assert samples_needed(RunConfig(num_total_samples=150, target_accepted=100), 0.5) == 150
    assert samples_needed(RunConfig(num_total_samples=150, target_accepted=100), 0.0) == 150


def test_what_is_not_known_of_the_yield_widens_the_rest() -> None:
    samples = [Spent(kept=True, calls=1, cost=0.02)] * 10  # all kept, all at one price
    lines = projection(RunConfig(num_total_samples=1000, target_accepted=100), 2, samples)
    assert "  samples  100  (100 to 138)" in lines  # wilson(10, 10) begins at 72.2 %
    assert "  kept     100  (100 to 100)" in lines
    assert "  cost     $2.00  ($2.00 to $2.77)" in lines


def test_the_narrowest_place_sets_the_pace() -> None:
    samples = [Spent(cpu_seconds=2.0, calls=2, call_seconds=60.0, prompt_tokens=1000, output_tokens=500)] * 10
    assert bottleneck(RunConfig(num_worker=4), 2, samples) == ("judging", pytest.approx(1.0))
    assert bottleneck(RunConfig(num_worker=4, max_in_flight=10), 64, samples) == ("max_in_flight", pytest.approx(6.0))
    slow = RunConfig(num_worker=4, requests_per_minute=10)
    assert bottleneck(slow, 64, samples) == ("requests_per_minute", pytest.approx(12.0))
    assert bottleneck(RunConfig(tokens_per_minute=1500), 64, samples) == ("tokens_per_minute", pytest.approx(60.0))


def test_what_samples_took_is_read_from_the_journal(tmp_path: Path) -> None:
    run_fake(config(tmp_path), FakeModel(first_bad), slow=0)
    journal = journal_of(tmp_path)
    samples = spent_by(journal)
    assert len(samples) == 30
    assert sum(one.cost for one in samples) == pytest.approx(journal.ledger.spent())
    assert sum(one.kept for one in samples) == sum(kept for *_, kept in journal.fates())
    assert all(one.calls >= 2 and one.call_seconds > 0 for one in samples)
    journal.close()


def test_a_pilot_is_projected_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "corpus"
    given = {"pilot": 8, "num_total_samples": 1000, "output_dir": out, "seed": 3, "price": (1.0, 10.0)}
    model = FakeModel(first_bad)
    assert estimate.run(dict(given), fake_pool, SETS, Choice((model,), (1.0,))) == 0
    text = capsys.readouterr().out
    assert "pilot: 8 samples" in text
    assert "Wilson score interval, 95 %" in text
    journal = journal_of(tmp_path / "corpus-pilot")
    whole = journal.ledger.spent() * 1000 / 8
    journal.close()
    assert f"  cost     ${whole:.4f}"[:14] in text
    assert not out.exists()
    pilot = tmp_path / "corpus-pilot" / "run" / "config.toml"
    assert f"python -m synth .parallel config={pilot} num_total_samples=1000" in text
    again = FakeModel(first_bad)
    assert estimate.run(dict(given), fake_pool, SETS, Choice((again,), (1.0,))) == 0
    assert again.requests == []


def test_without_a_price_the_cost_is_unknown() -> None:
    samples = [Spent(kept=True, calls=1, unpriced=1, output_tokens=5)] * 5
    lines = projection(RunConfig(), 2, samples)
    assert "  cost     unknown; give price=[input,output]" in lines
    assert not any("$" in line for line in lines)


def test_builtin_has_no_cost_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"pilot": 5, "output_dir": tmp_path / "corpus", "target_accepted": 50}
    assert estimate.run(given, fake_pool, SETS, Choice((FakeProvider(),), (1.0,))) == 0
    text = capsys.readouterr().out
    assert "target_accepted=50" in text
    assert "cost " not in text.split("pilot:")[1]
