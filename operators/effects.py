"""Rules for `Stats`: what a step does to the rough size of the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from math import hypot

from operators.spec import Effect, Stats

SOMEWHERE = (-1,)  # in `Stats.flat`: along some axis, no longer known which
_STRAIGHT = 0.04  # share of a curve's spread that no straight line explains; below it sums stay constant, nearly
_MANY = 8  # of so many elements one is likely to be at the bound
_NODES = ((-1.5, 0.13), (-0.7, 0.23), (0.0, 0.28), (0.7, 0.23), (1.5, 0.13))  # standard deviations, and weights

_POWER = sum(weight * node * node for node, weight in _NODES)


def kept(stats: Stats) -> Stats:
    """Values move but do not change."""
    return stats


def pointwise(curve: Callable[[float], float]) -> Effect:
    """Every element goes through `curve`: follow five points of a bell through it.

    Sums that were constant stay so where the curve is a straight line over the values that there are, as a hard
    sigmoid is over normalised ones and any smooth curve over small ones.
    """

    def effect(stats: Stats) -> Stats:
        mean, std, signal, flat, low, high = stats.mean, stats.std, stats.signal, stats.flat, stats.low, stats.high
        reached = []
        new_mean = 0.0
        for node, weight in _NODES:
            x = mean + std * node
            value = curve(low if x < low else high if x > high else x)
            reached.append(value)
            new_mean += value * weight
        variance = 0.0
        for (_, weight), value in zip(_NODES, reached, strict=True):
            variance += weight * (value - new_mean) ** 2
        new_std = math.sqrt(variance) * 1.15
        if flat and _bent(reached, new_mean) > _STRAIGHT**2 * variance:
            flat = ()
        signal = signal * new_std / std if std > 0 else 0.0
        # Three and four spreads away: as good as never exceeded.  What is at a bound many times over stays there.
        floor, bottom = (low, low) if stats.floored else (mean - 4 * std, mean - 3 * std)
        ceiling, top = (high, high) if stats.capped else (mean + 4 * std, mean + 3 * std)
        below, under, over, above = curve(floor), curve(bottom), curve(top), curve(ceiling)
        for x, value in ((floor, below), (bottom, under), (top, over), (ceiling, above)):
            if low <= x <= high:
                reached.append(value)
        least, most = min(reached), max(reached)
        ends = [value for value, other in ((below, under), (above, over)) if value == other]
        floored = any(value <= least for value in ends)
        capped = any(value >= most for value in ends)
        return Stats(new_mean, new_std, signal, flat, floored, capped, least, most)

    return effect


def _bent(values: list[float], mean: float) -> float:
    """The variance of a curve's values that the straight line which fits them best leaves."""
    slope = 0.0
    for (node, weight), value in zip(_NODES, values, strict=True):
        slope += weight * node * value
    slope /= _POWER
    left = 0.0
    for (node, weight), value in zip(_NODES, values, strict=True):
        left += weight * (value - mean - slope * node) ** 2
    return left


def viewed(stats: Stats) -> Stats:
    """The same numbers on other axes."""
    return stats.along(SOMEWHERE) if stats.flat else stats


def without_axis(effect: Effect) -> Effect:
    """`effect`, after which axes have other numbers."""
    return lambda stats: viewed(effect(stats))


@lru_cache(maxsize=1024)
def mixed(gain: float = 0.577, bias: float = 0.1, axis: int = 1) -> Effect:
    """A weighted sum over `axis` with default initial weights: the mean goes, the spread shrinks by `gain`.

    Sums over other axes that were constant stay constant.
    """

    def effect(stats: Stats) -> Stats:
        flat = stats.flat
        std = hypot(gain * hypot(stats.mean, stats.std), bias)
        return Stats(0.0, std, gain * stats.signal, () if axis in flat else flat)

    return effect


def normalised(stats: Stats) -> Stats:
    """Mean 0 and spread 1."""
    return Stats(0.0, 1.0, min(1.0, stats.signal / max(stats.std, 1e-6)))


def normalised_over(axes: tuple[int, ...]) -> Effect:
    """Mean 0 and spread 1, the mean exactly 0 over each of these axes."""
    return lambda s: Stats(0.0, 1.0, min(1.0, s.signal / max(s.std, 1e-6)), axes)


def is_flat(stats: Stats, axes: tuple[int, ...]) -> bool:
    """Whether adding up over `axes` may leave a constant."""
    return bool(stats.flat) and (stats.flat == SOMEWHERE or set(stats.flat) <= set(axes))


def collapsed(axes: tuple[int, ...], effect: Effect) -> Effect:
    """`effect`, unless adding up over `axes` leaves a constant."""

    def guarded(stats: Stats) -> Stats:
        after = effect(stats)
        return replace(after, signal=0.0) if is_flat(stats, axes) else after

    return guarded


def scaled(factor: float) -> Effect:
    """Every element times `factor`."""
    return lambda s: Stats(s.mean * factor, s.std * abs(factor), s.signal * abs(factor), s.flat)


@lru_cache(maxsize=1024)
def averaged(count: int) -> Effect:
    """The mean of `count` elements."""
    shrink = 1 / math.sqrt(max(count, 1))
    return lambda s: Stats(s.mean, s.std * shrink, s.signal * shrink, SOMEWHERE if s.flat else ())


def summed(count: int) -> Effect:
    """The sum of `count` elements."""
    grow = math.sqrt(max(count, 1))
    return lambda s: Stats(s.mean * count, s.std * grow, s.signal * grow, SOMEWHERE if s.flat else ())


@lru_cache(maxsize=1024)
def extreme(count: int, sign: int = 1) -> Effect:
    """The largest (or smallest) of `count` elements.

    Nothing is left of the inputs where that is the bound of all values: many of them lie there, or so many values come
    so near to it that they cannot be told apart, as the largest of thousands of hyperbolic tangents.
    """
    shift = math.sqrt(2 * math.log(max(count, 2))) * 0.8 * sign
    several, many = count > 2, count >= _MANY

    def effect(stats: Stats) -> Stats:
        std, low, high = stats.std, stats.low, stats.high
        reach = stats.mean + shift * std
        if sign > 0:
            stuck = (stats.capped and (many or (several and reach >= high - 0.25 * std))) or reach > high + std
            floored, capped = stats.floored and not many, stats.capped
        else:
            stuck = (stats.floored and (many or (several and reach <= low + 0.25 * std))) or reach < low - std
            floored, capped = stats.floored, stats.capped and not many
        reach = low if reach < low else high if reach > high else reach
        return Stats(reach, std * 0.6, 0.0 if stuck else stats.signal * 0.6, (), floored, capped, low, high)

    return effect


def bordered(value: float) -> Effect:
    """The same numbers and a border of `value`s."""

    def effect(stats: Stats) -> Stats:
        floored, capped = stats.floored or value <= stats.low, stats.capped or value >= stats.high
        low, high = min(stats.low, value), max(stats.high, value)
        return replace(stats, floored=floored, capped=capped, low=low, high=high)

    return effect


def winning(factor: float, sign: int = 1) -> Effect:
    """The larger (or smaller) of each element and another one, on average times `factor`: one bound stays."""

    def effect(stats: Stats) -> Stats:
        after = scaled(factor)(stats)
        if sign > 0:
            return replace(after, floored=stats.floored, low=stats.low)
        return replace(after, capped=stats.capped, high=stats.high)

    return effect


def simplex(count: int, axis: int) -> Effect:
    """Softmax over the `count` elements of an axis."""

    def effect(stats: Stats) -> Stats:
        spread = min(stats.std, 2.0) / count
        return Stats(1 / count, spread, spread * min(1.0, stats.signal / max(stats.std, 1e-9)), (axis,))

    return effect


def spread(count: int) -> Effect:
    """Variance of `count` elements."""
    return lambda s: Stats(s.std**2, s.std**2 * 1.4 / math.sqrt(count), s.signal * s.std * 1.4 / math.sqrt(count))


def shifted(std: float) -> Effect:
    """A sum with constants of this spread, which sums that were constant do not notice."""
    return lambda s: Stats(s.mean, hypot(s.std, std), s.signal, s.flat)


def joined(other: float = 1.0) -> Effect:
    """A sum with a value of spread `other`."""
    return lambda s: Stats(s.mean, hypot(s.std, other), hypot(s.signal, other * 0.5))


def fixed(mean: float, std: float, keep: float = 0.5) -> Effect:
    """The step sets its own scale; `keep` is the share of the spread that still comes from the inputs."""
    return lambda s: Stats(mean, std, std * keep * min(1.0, s.signal / max(s.std, 1e-9)))


def gated(std: float, gain: float) -> Effect:
    """A recurrent state: bounded, and only a part of it from the inputs."""
    return lambda s: Stats(0.0, std, min(0.7 * std, gain * s.signal))


def squared_error(stats: Stats) -> Stats:
    """The square of a difference of values of this spread."""
    power = stats.mean**2 + stats.std**2
    return Stats(power, power, 2 * stats.signal * max(stats.std, abs(stats.mean)))


def surprise(stats: Stats) -> Stats:
    """A logistic loss: log 2 and a little more."""
    return Stats(0.7 + 0.1 * abs(stats.mean), 0.35 * stats.std, 0.3 * stats.signal)


def similarity(count: int) -> Effect:
    """Products of all rows with each other, divided by the root of their length."""

    def effect(stats: Stats) -> Stats:
        mean, std, signal = stats.mean, stats.std, stats.signal
        drift = math.sqrt(count) * mean * mean
        return Stats(drift, std * std + 2 * abs(mean) * std, signal * (std + 2 * abs(mean)))

    return effect


def products(gain: float) -> Effect:
    """Products of pairs of weighted sums, each scaled by `gain`."""

    def effect(stats: Stats) -> Stats:
        size = gain * hypot(stats.mean, stats.std)
        return Stats(0.0, size * size, gain * stats.signal * size)

    return effect
