"""Prices are looked up, given, nothing, or unknown; never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import request

from synth.asking.prices import BATCH_FACTOR, Price, cost_of, price_of, require_price, worst_cost
from synth.errors import UsageError
from synth.providers.interface import About, Usage


@pytest.mark.parametrize(("provider", "model"), [("openai", "gpt-4o-mini"), ("gemini", "gemini-2.5-flash")])
def test_the_snapshot_knows_the_usual_models(provider: str, model: str) -> None:
    price = price_of(provider, model, None)
    assert price is not None
    assert 0 < price.cached < price.input < price.output < 100


def test_a_price_with_tiers_is_that_of_short_prompts() -> None:
    assert price_of("gemini", "gemini-2.5-pro", None) == Price(1.25, 0.125, 10.0)


@pytest.mark.parametrize(("provider", "model"), [("openai", "no-such-model"), ("ours", "gpt-4o-mini"), ("gemini", "")])
def test_what_is_not_known_has_no_price(provider: str, model: str) -> None:
    assert price_of(provider, model, None) is None


def test_a_given_price_comes_first_and_local_ones_are_free() -> None:
    assert price_of("openai", "gpt-4o-mini", (1, 2)) == Price(1, 1, 2)
    assert price_of("local", "any", (1, 2)) == Price(1, 1, 2)
    assert {price_of(name, "", None) for name in ("local", "builtin", "replay")} == {Price(0, 0, 0)}


def test_costs() -> None:
    price = Price(1.0, 0.25, 4.0)
    assert cost_of(Usage(1000, 400, 500, 300), price) == pytest.approx((600 + 100 + 2000) / 1e6)
    assert cost_of(Usage(1000, None, 500), price.times(BATCH_FACTOR)) == pytest.approx(1500 / 1e6)
    assert cost_of(Usage(1000, 400, 500, cost=0.7), price) == 0.7
    assert cost_of(Usage(1000, 400, 500), None) is None
    assert cost_of(Usage(prompt_tokens=1000), price) is None
    assert cost_of(Usage(), Price(0, 0, 0)) == 0


@given(st.text(max_size=200), st.integers(1, 5000), st.floats(0, 100), st.floats(0, 100), st.data())
def test_no_answer_costs_more_than_the_worst_case(
    prompt: str, limit: int, dear: float, output: float, data: st.DataObject
) -> None:
    """A token is at least a byte of UTF-8, and a chat template adds a few."""
    price, one = Price(dear, dear / 2, output), request(0, prompt, limit)
    tokens = data.draw(st.integers(0, len(prompt.encode()) + 16))
    usage = Usage(tokens, data.draw(st.integers(0, tokens)), data.draw(st.integers(0, limit)))
    cost = cost_of(usage, price)
    assert cost is not None
    assert cost <= worst_cost(one, price) + 1e-15


def test_a_cap_without_a_price_is_refused_with_the_way_out() -> None:
    about = About("openai", "no-such-model", endpoint="e")
    with pytest.raises(
        UsageError, match=r"max_cost=3: the price of openai:no-such-model is not known.*price=\[IN,OUT\]"
    ):
        require_price(about, None, 3.0)
    require_price(about, None, None)
    require_price(about, Price(1, 1, 1), 3.0)
