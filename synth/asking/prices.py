"""What a call costs: the price of a model, the cost of a usage, and the most that a request can cost.

Prices come from the snapshot inside `genai-prices` (MIT, kept by the Pydantic team, no request is made), or from the
user.  Nothing is guessed: a model it does not know has no price.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.errors import UsageError
from synth.providers.interface import About, Request, Usage

_PROVIDERS = {"gemini": "google"}  # ours -> genai-prices'
_FREE = ("local", "builtin", "replay")
_PER = 1_000_000  # tokens

#: tokens a chat template adds to a message, and to a conversation; OpenAI's takes 3 to 4 and 3, Llama's 4 to 5 and 1
TEMPLATE_PER_MESSAGE = 16
TEMPLATE = 64

BATCH_FACTOR = 0.5  # of OpenAI's and Gemini's batch endpoints; both price lists say half


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens; reasoning is output."""

    input: float
    cached: float
    output: float

    def times(self, factor: float) -> Price:
        """As for a batch: `price.times(BATCH_FACTOR)`."""
        return Price(self.input * factor, self.cached * factor, self.output * factor)


def price_of(provider: str, model: str, given: tuple[float, float] | None) -> Price | None:
    """The price of a model; `given` (input, output) comes first.  None: not known.

    Of a price that rises with the size of the prompt the first tier is taken; the others begin at 128,000 tokens and
    more, which no prompt of ours comes near.
    """
    if given is not None:
        return Price(given[0], given[0], given[1])
    if provider in _FREE:
        return Price(0.0, 0.0, 0.0)
    import genai_prices
    from genai_prices.types import TieredPrices

    try:
        name = _PROVIDERS.get(provider, provider)
        table = genai_prices.calc_price(genai_prices.Usage(), model, provider_id=name).model_price
    except LookupError:
        return None
    prompt, cached, output = (
        None if price is None else float(price.base if isinstance(price, TieredPrices) else price)
        for price in (table.input_mtok, table.cache_read_mtok, table.output_mtok)
    )
    if prompt is None or output is None:
        return None
    return Price(prompt, prompt if cached is None else cached, output)


def require_price(about: About, price: Price | None, max_cost: float | None) -> None:
    """A cap on costs that nobody can count is refused before anything is spent."""
    if max_cost is not None and price is None:
        raise UsageError(
            f"max_cost={max_cost:g}: the price of {about.name}:{about.model} is not known;"
            " give it as price=[IN,OUT], US dollars per million tokens, or leave max_cost out."
        )


def prompt_bytes(request: Request) -> int:
    """Of the messages' texts in UTF-8."""
    return sum(len(message.content.encode("utf-8", "surrogatepass")) for message in request.messages)


def cost_of(usage: Usage, price: Price | None) -> float | None:
    """US dollars; None without a price, or without the server's counts."""
    if usage.cost is not None:
        return usage.cost
    if price is None:
        return None
    if price.input == price.cached == price.output == 0:
        return 0.0
    if usage.prompt_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.prompt_tokens)
    prompt = (usage.prompt_tokens - cached) * price.input + cached * price.cached
    return (prompt + usage.output_tokens * price.output) / _PER


def worst_cost(request: Request, price: Price) -> float:
    """No call for this request can cost more: a token is at least one byte, and output ends at its limit."""
    template = TEMPLATE + TEMPLATE_PER_MESSAGE * len(request.messages)
    prompt = (prompt_bytes(request) + template) * max(price.input, price.cached)
    return (prompt + request.max_output_tokens * price.output) / _PER
