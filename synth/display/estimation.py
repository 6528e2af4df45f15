"""From a pilot to the whole run: yield, tokens, money and time, each with an interval."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import quantiles

from synth.asking.money import dollars, unpriced
from synth.config import RunConfig
from synth.display.terminal_report import duration, percent
from synth.store.journal import Journal

Z = 1.96  # of the normal distribution: 95 %
RESAMPLES = 2000
_UNKNOWN = "  cost     unknown; give price=[input,output]"


@dataclass
class Spent:
    """What one sample of the pilot took."""

    kept: bool = False
    cpu_seconds: float = 0.0
    calls: int = 0
    call_seconds: float = 0.0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0


def spent_by(journal: Journal) -> list[Spent]:
    """What each decided sample took, all its attempts together."""
    samples: dict[int, Spent] = defaultdict(Spent)
    decided = {sample: kept for sample, _, _, kept in journal.fates()}
    for sample, seconds in journal.cpu_seconds():
        samples[sample].cpu_seconds += seconds
    for call in journal.ledger.calls():
        one = samples[call.sample]
        one.calls += 1
        one.call_seconds += call.seconds
        one.prompt_tokens += call.usage.prompt_tokens or 0
        one.output_tokens += call.usage.output_tokens or 0
        one.cost += call.cost or 0.0
        one.unpriced += unpriced(call)
    for sample, kept in decided.items():
        samples[sample].kept = kept
    return [samples[sample] for sample in decided]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
    Statistical Association 22 (1927).  Unlike the share plus or minus its error it stays within 0 and 1.
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    middle = (share + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    reach = Z * sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials)) / (1 + Z * Z / trials)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % percentile interval of a mean over the bootstrap (B. Efron, The Annals of Statistics 7, 1979).

    Seeded, so that the same pilot always tells the same.
    """
    rng = random.Random(0)
    means = [sum(rng.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES)]
    cuts = quantiles(means, n=40, method="inclusive")
    return cuts[0], cuts[-1]


def samples_needed(config: RunConfig, share: float) -> float:
    """Samples that the run will decide when `share` of them are kept: all, or fewer when the target comes first."""
    if config.target_accepted is None or not share:
        return config.num_total_samples
    return min(config.num_total_samples, config.target_accepted / share)


def bottleneck(config: RunConfig, cores: int, samples: Sequence[Spent]) -> tuple[str, float]:
    """What bounds the speed, and how many seconds it takes for one sample, on average."""
    tried = len(samples)
    tokens = sum(one.prompt_tokens + one.output_tokens for one in samples)
    calls = sum(one.calls for one in samples)
    limit, at_once = "max_in_flight", config.max_in_flight
    if config.in_batches:
        limit, at_once = "batch_size", config.in_batches
    bounds = {
        "judging": sum(one.cpu_seconds for one in samples) / min(config.num_worker, cores),
        limit: sum(one.call_seconds for one in samples) / at_once,
        "requests_per_minute": 60 * calls / config.requests_per_minute if config.requests_per_minute else 0.0,
        "tokens_per_minute": 60 * tokens / config.tokens_per_minute if config.tokens_per_minute else 0.0,
    }
    name = max(bounds, key=lambda bound: bounds[bound])
    return name, bounds[name] / tried


def projection(config: RunConfig, cores: int, samples: Sequence[Spent]) -> list[str]:
    """What the whole run will yield, use, cost and take, in lines for a person."""
    tried, kept = len(samples), sum(one.kept for one in samples)
    share, (low, high) = kept / tried, wilson(kept, tried)
    needed, fewest, most = (samples_needed(config, each) for each in (share, high, low))

    def total(word: str, of: Callable[[Spent], float], show: Callable[[float], str]) -> str:
        values = [of(one) for one in samples]
        least, largest = mean_interval(values)
        return _line(word, show, sum(values) / tried * needed, least * fewest, largest * most)

    goal = "" if config.target_accepted is None else f", target_accepted={config.target_accepted}"
    lines = [
        f"pilot: {tried} samples, {kept} kept: yield {percent(kept, tried)}"
        f" ({100 * low:.1f} to {100 * high:.1f} %, Wilson score interval, 95 %)",
        f"num_total_samples={config.num_total_samples}{goal} (yield as above, means by bootstrap, 95 % each):",
        _line("samples", _number, needed, fewest, most),
        _line("kept", _number, *(each * samples_needed(config, each) for each in (share, low, high))),
    ]
    if any(one.calls for one in samples):
        known = not any(one.unpriced for one in samples)
        lines += [
            total("requests", lambda one: one.calls, _number),
            total("prompt", lambda one: one.prompt_tokens, _tokens),
            total("output", lambda one: one.output_tokens, _tokens),
            total("cost", lambda one: one.cost, dollars) if known else _UNKNOWN,
        ]
        if known and kept:
            lines.append(f"           {dollars(sum(one.cost for one in samples) / kept)} for each kept program")
    name, seconds = bottleneck(config, cores, samples)
    lines.append(f"  time     at least {duration(seconds * needed)}, bounded by {name}")
    return lines


def _line(word: str, show: Callable[[float], str], figure: float, low: float, high: float) -> str:
    return f"  {word:8} {show(figure)}  ({show(low)} to {show(high)})"


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _tokens(value: float) -> str:
    return f"{value:,.0f} tokens"
