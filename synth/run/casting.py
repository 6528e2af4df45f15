"""Who answers which attempt, asked in which words: a function of configuration, seed, index and the attempts before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from synth.answers.prompting import Rejected, Strategies, messages_for
from synth.asking.prices import price_of, require_price
from synth.breadth.state import Settled, settled_of
from synth.breadth.steering import Steered
from synth.config import RunConfig
from synth.errors import UsageError
from synth.providers import Choice, Options, Provider, Request, open_choice, open_provider
from synth.providers.batches import batch_endpoint
from synth.sampling import OperatorSets, sample_pattern
from synth.store.attempts import Attempt, Origin
from synth.store.journal import Journal


@dataclass(frozen=True)
class Cast:
    """The open providers of a run and the strategies that prompted ones are asked with."""

    config: RunConfig
    choice: Choice
    repair: Provider | None
    strategies: Strategies | None  # None where nobody needs a prompt
    pattern: Callable[[int], tuple[str, ...]]
    steered: Steered | None = None  # what `pattern` is where patterns follow from what earlier samples showed

    def following(self, journal: Journal) -> Cast:
        """The cast of a run that goes on from what its journal holds."""
        if self.steered is None:
            return self

        def outcomes(first: int, end: int) -> Iterable[Settled]:
            return map(settled_of, journal.deciding(first, end))

        steered = self.steered.following(outcomes, list(journal.patterns()))
        return replace(self, pattern=steered, steered=steered)

    def needs(self, sample: int) -> int:
        """How many samples must be decided before this one has a pattern."""
        return self.steered.needs(sample) if self.steered is not None else 0

    @property
    def limit(self) -> int | None:
        """How many samples there can be; None where patterns are sampled."""
        return None if self.choice.patterns is None else len(self.choice.patterns)

    @property
    def identity(self) -> dict[str, str]:
        """What samples depend on that the configuration does not say: models, versions of prompts, a file's hash."""
        who = {"models": self.choice.identity}
        if self.repair is not None:
            who["repair"] = Choice((self.repair,), (1.0,)).identity
        return who | (self.strategies.identity if self.strategies else {})

    def request(
        self, sample: int, number: int, name: str, chain: Sequence[Attempt]
    ) -> tuple[Provider, Request, Origin]:
        """Whom to ask for an attempt, and what; `chain` holds the rejected attempts before it."""
        config, pattern = self.config, self.pattern(sample)
        provider = self.choice.provider_for(config.seed, sample)
        if number > 1 and self.repair is not None:
            provider = self.repair
        about = provider.about
        request = Request(
            sample, number, pattern, name, config.seed, config.temperature, ordered=self.steered is not None
        )
        origin = Origin(about.name, about.model, about.model)
        if not about.prompted or self.strategies is None:
            return provider, request, origin
        strategy = self.strategies.strategy_for(config.seed, sample)
        rejected = [Rejected(one.answer, str(one.stage), str(one.reason), one.detail) for one in chain]
        messages = messages_for(pattern, name, strategy, rejected)
        return (
            provider,
            replace(request, messages=messages, max_output_tokens=config.max_output_tokens),
            replace(origin, prompt=strategy.name, prompt_version=strategy.version, messages=messages),
        )

    async def aclose(self) -> None:
        """Ends the connections of every provider."""
        await asyncio.gather(self.choice.aclose(), *((self.repair.aclose(),) if self.repair else ()))


def open_cast(config: RunConfig, sets: OperatorSets, choice: Choice | None = None) -> Cast:
    """Opens everyone the configuration names.  Raises UsageError where one cannot do what is asked.

    `choice` stands in for what `model_name` names.
    """
    options = Options(config.server, _api(config), config.request_timeout, config.max_in_flight)
    elsewhere = replace(options, base_url="")
    names = [config.model_name] if isinstance(config.model_name, str) else config.model_name
    # Where there is a local server, base_url is its address and nobody else's.
    repair_is_local, first_is_local = _is_local(config.repair_model or ""), any(map(_is_local, names))
    choice = choice or open_choice(config.model_name, options if first_is_local or not repair_is_local else elsewhere)
    repair = None
    if config.repair_model is not None:
        try:
            repair = open_provider(config.repair_model, options if repair_is_local or not first_is_local else elsewhere)
        except UsageError as error:
            raise UsageError(str(error).replace("model_name=", "repair_model=", 1)) from None
        if repair.about.patterns is not None:
            raise UsageError(
                f"repair_model={config.repair_model}: brings its own patterns, so it cannot repair others'."
            )
    everyone = [*choice.providers, *([repair] if repair else [])]
    if config.server and not any(provider.about.endpoint for provider in everyone):
        raise UsageError(f"base_url={config.server}: nobody named by model_name asks a server.")
    if config.mode == "batch" and not any(map(batch_endpoint, everyone)):
        raise UsageError("mode=batch: nobody named by model_name has a batch endpoint; openai and gemini have one.")
    for provider in everyone:
        if provider.about.endpoint:
            price = price_of(provider.about.name, provider.about.model, config.price)
            require_price(provider.about, price, config.max_cost)
    if config.steer != "none" and choice.patterns is not None:
        raise UsageError(f"steer={config.steer}: {choice.identity} brings its own patterns; use steer=none.")
    steered = Steered(config, sets) if config.steer == "coverage" else None
    prompted = any(provider.about.prompted for provider in everyone)
    strategies = Strategies.parse(config.prompt, config.prompt_dir)  # a wrong name is told whoever answers
    return Cast(
        config,
        choice,
        repair,
        strategies if prompted else None,
        steered or (partial(sample_pattern, config, sets) if choice.patterns is None else choice.patterns.__getitem__),
        steered,
    )


def _is_local(model_name: str) -> bool:
    return model_name.strip(" [").partition(":")[0] == "local"


def _api(config: RunConfig) -> Literal["chat", "completions"]:
    return "completions" if config.api == "completions" else "chat"
