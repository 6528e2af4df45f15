"""Recurrent layers that are written out gate by gate have the root of the layer, and gates alone do not make one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from validators.aten.features import features
from validators.aten.recorder import record

SEQUENCE, STATE = (5, 3, 8), (3, 4)  # steps, batch, features
Step = Callable[[Any, torch.Tensor, Any], Any]


class _Layer(nn.Module):
    """`step(self, x of one step, state)` over a sequence."""

    def __init__(self, step: Step, cells: bool, given: bool) -> None:
        super().__init__()
        self.step, self.cells, self.given = step, cells, given
        self.x, self.h, self.both = nn.Linear(8, 16), nn.Linear(4, 16), nn.Linear(12, 16)
        self.lstm, self.gru = nn.LSTMCell(8, 4), nn.GRUCell(8, 4)

    def forward(self, x: torch.Tensor, *states: torch.Tensor) -> torch.Tensor:
        h, c = states if self.given else (x.new_zeros(STATE), x.new_zeros(STATE))
        state: Any = (h, c) if self.cells else h
        outputs = []
        for at in x.unbind(0):
            state = self.step(self, at, state)
            outputs.append(state[0] if self.cells else state)
        return torch.stack(outputs)


def _chunked(m: Any, x: torch.Tensor, state: Any) -> Any:
    h, c = state
    i, f, g, o = (m.x(x) + m.h(h)).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def _joined(m: Any, x: torch.Tensor, state: Any) -> Any:
    h, c = state
    gates = m.both(torch.cat([x, h], -1))
    i, f, o = torch.sigmoid(gates[:, :12]).chunk(3, -1)
    c = torch.addcmul(f * c, i, torch.tanh(gates[:, 12:]))
    return torch.tanh(c) * o, c


def _reset_after(m: Any, x: torch.Tensor, h: torch.Tensor) -> Any:
    (r, z, n), (hr, hz, hn) = m.x(x)[:, :12].chunk(3, -1), m.h(h)[:, :12].chunk(3, -1)
    z = torch.sigmoid(z + hz)
    return (1 - z) * torch.tanh(n + torch.sigmoid(r + hr) * hn) + z * h


def _blended(m: Any, x: torch.Tensor, h: torch.Tensor) -> Any:
    (r, z, n), (hr, hz, hn) = m.x(x)[:, :12].chunk(3, -1), m.h(h)[:, :12].chunk(3, -1)
    new = torch.tanh(n + torch.sigmoid(r + hr) * hn)
    return new + torch.sigmoid(z + hz) * (h - new)


def _simple_recurrent_unit(m: Any, x: torch.Tensor, h: torch.Tensor) -> Any:
    f, value, direct = m.x(x)[:, :12].chunk(3, -1)
    f = torch.sigmoid(f)
    return f * torch.tanh(f * h + (1 - f) * value) + (1 - f) * direct


def _plain(m: Any, x: torch.Tensor, h: torch.Tensor) -> Any:
    return torch.tanh(m.x(x)[:, :4] + m.h(h)[:, :4])


def _root(model: nn.Module, *inputs: torch.Tensor) -> str:
    return str(features(record(model, list(inputs), lambda: model(*inputs)))["root"])


class _First(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> Any:
        return self.layer(x)[0]


LSTM = {"chunked": _chunked, "joined": _joined, "cell": lambda m, x, state: m.lstm(x, state)}
GRU = {"reset after": _reset_after, "blended": _blended, "cell": lambda m, x, h: m.gru(x, h)}


def _spellings() -> Iterator[Any]:
    for layer, spelled, cells in (("lstm", LSTM, True), ("gru", GRU, False)):
        for name, step in spelled.items():
            for given in (False, True):
                yield pytest.param(layer, step, cells, given, id=f"{layer} {name} {'given' if given else 'zeros'}")


@pytest.mark.parametrize(("layer", "step", "cells", "given"), list(_spellings()))
def test_gates_spell_the_layer(layer: str, step: Step, cells: bool, given: bool) -> None:
    whole = _First(nn.LSTM(8, 4, num_layers=2) if layer == "lstm" else nn.GRU(8, 4, bidirectional=True))
    states = [torch.rand(STATE), torch.rand(STATE)] if given else []
    assert _root(_Layer(step, cells, given), torch.rand(SEQUENCE), *states) == _root(whole, torch.rand(SEQUENCE))


@pytest.mark.parametrize("step", [_simple_recurrent_unit, _plain])
def test_other_recurrences_are_others(step: Step) -> None:
    found = _root(_Layer(step, False, False), torch.rand(SEQUENCE))
    for layer in (nn.LSTM(8, 4), nn.GRU(8, 4)):
        assert found != _root(_First(layer), torch.rand(SEQUENCE))


def test_the_cells_of_an_lstm_are_not_its_outputs() -> None:
    class Cells(_First):
        def forward(self, x: torch.Tensor) -> Any:
            return self.layer(x)[1][1]

    layer = nn.LSTM(8, 4)
    assert _root(Cells(layer), torch.rand(SEQUENCE)) != _root(_First(layer), torch.rand(SEQUENCE))
