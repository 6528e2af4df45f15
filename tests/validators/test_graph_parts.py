"""Whose parts are found in whom: graphs laid over larger ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from test_graph import CHAIN, told
from torch import nn

from validators.contamination import graphs, packs, parts


def _loose(function: Callable[..., Any], **modules: nn.Module) -> parts.Graph:
    return parts.hashed(told(function, **modules)["loose"])


def test_a_graph_is_found_inside_a_larger_one_and_not_where_an_operator_differs() -> None:
    def fusion(x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(F.softmax(x, 1)) * 2 + x

    part = _loose(lambda _, x: fusion(x))
    inside = _loose(
        lambda m, x: (m.conv(fusion(m.pre(x).relu())) + 1).cumsum(1), pre=nn.Conv2d(6, 6, 1), conv=nn.Conv2d(6, 2, 3)
    )
    assert parts.contains(inside, part) and parts.contains(part, part)
    other = _loose(lambda m, x: m.conv(torch.tanh(F.log_softmax(x.relu(), 1)) * 2 + x), conv=nn.Conv2d(6, 2, 3))
    unscaled = _loose(lambda m, x: m.conv(torch.tanh(F.softmax(x.relu(), 1)) + x), conv=nn.Conv2d(6, 2, 3))
    assert not parts.contains(other, part) and not parts.contains(unscaled, part) and not parts.contains(part, inside)


def _dense(depth: int) -> dict[str, Any]:
    """Layers that each read what all before them made."""
    convs = {f"conv{at}": nn.Conv2d(6 * (at + 1), 6, 3, padding=1) for at in range(depth)}

    def forward(m: Any, x: torch.Tensor) -> torch.Tensor:
        for name in convs:
            x = torch.cat([x, torch.sin(getattr(m, name)(F.gelu(x)))], 1)
        return x

    return told(forward, **convs)


def test_a_network_with_fewer_layers_is_a_piece_of_the_problem_unless_it_is_a_small_one() -> None:
    known = packs.Packs()
    known.add("Own", graphs.fingerprint(packs.Problem("3/1", 3), _dense(8)))
    assert [f.tier for f in graphs.check(_dense(6), known, 0.8)] == ["T2 part"]
    assert not any(f.score == 1 for f in graphs.check(_dense(3), known, 0.8))


def test_a_sum_of_many_like_terms_is_compared_at_once() -> None:
    def total(terms: int, last: str) -> list[tuple[str, str, tuple[int, ...]]]:
        like = [("sin", "", (parts.INPUT,)), ("cos", "", (0,))]
        nodes = [*like * terms, (last, "", (parts.INPUT,)), ("=add", "", (*range(1, 2 * terms, 2), 2 * terms))]
        return [
            (op, own, tuple(2 * (at // 2) if op == "cos" else o for o in of)) for at, (op, own, of) in enumerate(nodes)
        ]

    assert parts.contains(total(30, "exp"), total(20, "exp"))
    assert not parts.contains(total(30, "exp"), total(20, "log"))  # each way to pair them off was tried before


def test_a_network_of_hundreds_of_layers_is_laid_over_another() -> None:
    # Each layer a sum of two, whose order says nothing: the deepest search there is.
    def deep(last: str) -> parts.Graph:
        rows: list[tuple[str, str, tuple[int, ...]]] = [("exp", "", (-1,))]
        for _ in range(graphs.MAX_NODES // 2 - 1):
            rows += [("sin", "", (len(rows) - 1,)), ("~matmul", "", (len(rows) - 1, len(rows)))]
        return parts.hashed([*rows, (last, "", (len(rows) - 1,))])

    assert parts.contains(deep("exp"), deep("exp"))
    assert not parts.contains(deep("log"), deep("exp"))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, len(CHAIN) - 1), min_size=3, max_size=5),
    st.lists(st.integers(0, len(CHAIN) - 1), max_size=4),
    st.lists(st.integers(0, len(CHAIN) - 1), max_size=4),
)
def test_whatever_stands_before_and_after_a_chain_is_found(
    chain: list[int], before: list[int], after: list[int]
) -> None:
    def run(order: list[int]) -> Callable[..., torch.Tensor]:
        def forward(_: Any, x: torch.Tensor) -> torch.Tensor:
            for index in order:
                x = CHAIN[index](x)
            return x

        return forward

    # A neighbour may complete a formula (the square root of a sum of squares, say), so none here are made of parts.
    assert parts.contains(_loose(run([*before, *chain, *after])), _loose(run(chain)))
