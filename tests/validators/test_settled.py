"""Which programs have one settled form, and which near ones have not: constants, maxima, windows, masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from test_graph import X, root_of, told
from torch import nn

Forward = Callable[[Any, torch.Tensor], torch.Tensor]


class _Parameters(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.dense = nn.Conv2d(6, 6, 3), nn.BatchNorm2d(6), nn.Linear(8, 5)
        self.wide, self.each = nn.Conv1d(6, 4, 3), nn.Conv2d(6, 6, 3, groups=6)
        self.b, self.c = (nn.Parameter(torch.randn(6, 1, 1)) for _ in range(2))


def _settled(forward: Forward) -> str:
    return str(told(lambda m, x: forward(m.p, x), p=_Parameters())["settled"])


def _taps(x: torch.Tensor, weigh: Callable[[int, int, torch.Tensor], torch.Tensor]) -> torch.Tensor:
    total = torch.zeros(())
    for i in range(3):
        for j in range(3):
            total = total + weigh(i, j, x[:, :, i : i + 6, j : j + 6])
    return total


#: a program, another way to write it, and one that is not the same
LAWS: dict[str, tuple[Forward, Forward, Forward]] = {
    "merged biases": (
        lambda p, x: (p.conv(x) + p.b).sin(),
        lambda p, x: F.conv2d(x, p.conv.weight, p.conv.bias + p.b.flatten()).sin(),
        lambda p, x: (p.conv(x) * p.b).sin(),
    ),
    "scaled filters": (
        lambda p, x: (p.conv(x) * 2).amin(1),
        lambda p, x: F.conv2d(x, 2 * p.conv.weight, 2 * p.conv.bias).amin(1),
        lambda p, x: p.conv(x).amin(1),
    ),
    "a scale of what a layer reads": (
        lambda p, x: p.dense(x * 3).sin(),
        lambda p, x: (F.linear(x, p.dense.weight) * 3 + p.dense.bias).sin(),
        lambda p, x: p.dense(x).sin(),
    ),
    "statistics folded into a scale and a shift": (
        lambda p, x: p.norm(x).sin(),
        lambda p, x: (x * (p.b / (p.norm.running_var.view(-1, 1, 1) + 1e-5).sqrt()) + p.c).sin(),
        lambda p, x: (x * p.b).sin(),
    ),
    "an increasing function after a maximum": (
        lambda p, x: F.max_pool2d(p.conv(x).tanh(), 2),
        lambda p, x: F.max_pool2d(p.conv(x), 2).tanh(),
        lambda p, x: F.max_pool2d(p.conv(x), 2).cos(),
    ),
    "not one that falls, too": (
        lambda p, x: F.max_pool2d(p.conv(x).cos(), 2),
        lambda p, x: F.max_pool2d(p.conv(x).cos(), 2),
        lambda p, x: F.max_pool2d(p.conv(x), 2).cos(),
    ),
    "a shift after a maximum": (
        lambda p, x: F.max_pool2d(p.conv(x).tanh() * 2 + p.b, 2),
        lambda p, x: F.max_pool2d(2 * p.conv(x).tanh(), 2) + p.b,
        lambda p, x: F.max_pool2d(2 * p.conv(x).tanh(), 2) * p.b,
    ),
    "a bias after a maximum": (
        lambda p, x: F.max_pool2d(p.conv(x), 2).tanh(),
        lambda p, x: (F.max_pool2d(F.conv2d(x, p.conv.weight), 2) + p.conv.bias.view(-1, 1, 1)).tanh(),
        lambda p, x: (F.max_pool2d(F.conv2d(x, p.conv.weight), 2)).tanh(),
    ),
    "a number in the bounds of a clamp": (
        lambda p, x: torch.clamp(p.conv(x), min=-1) / 2,
        lambda p, x: (p.conv(x) / 2).clamp_min(-0.5),
        lambda p, x: p.conv(x).clamp_min(-0.5),
    ),
    "the mean of a scale and a shift": (
        lambda p, x: (x.sin() * p.b + p.c).mean((2, 3)),
        lambda p, x: x.sin().mean((2, 3)) * p.b.flatten() + p.c.flatten(),
        lambda p, x: x.sin().mean((2, 3)) * p.b.flatten(),
    ),
    "a number before a softmax": (
        lambda p, x: F.softmax(p.conv(x).sin(), 1),
        lambda p, x: F.softmax(p.conv(x).sin() + 3, 1),
        lambda p, x: F.softmax(p.conv(x).sin() * p.b, 1),
    ),
    "a scale before a normalization": (
        lambda p, x: F.layer_norm(x.sin(), (8,)),
        lambda p, x: F.layer_norm(x.sin() / 4 - 1, (8,)),
        lambda p, x: F.layer_norm(x.sin() * p.b, (8,)),
    ),
    "a factor that all terms share": (
        lambda p, x: x.sin() + x.sin() * torch.tanh(p.conv(x)).mean() + x.sin() * x.cos(),
        lambda p, x: x.sin() * (1 + torch.tanh(p.conv(x)).mean() + x.cos()),
        lambda p, x: x.cos() + x.sin() * torch.tanh(p.conv(x)).mean() + x.sin() * x.cos(),
    ),
    "the mean of what weights made": (
        lambda p, x: F.avg_pool2d(p.conv(x), 2).sin(),
        lambda p, x: F.conv2d(x, F.interpolate(p.conv.weight, size=4), p.conv.bias, stride=2).sin(),
        lambda p, x: F.max_pool2d(p.conv(x), 2).sin(),
    ),
    "a number for all as a bias": (
        lambda p, x: (F.linear(x, p.dense.weight) + 2).sin(),
        lambda p, x: p.dense(x).sin(),
        lambda p, x: (F.linear(x, p.dense.weight) * 2).sin(),
    ),
    "a number through several pools": (
        lambda p, x: F.max_pool2d(p.conv(x) / 2, 2).mean((2, 3)).sin(),
        lambda p, x: (F.max_pool2d(p.conv(x), 2).mean((2, 3)) * 0.5).sin(),
        lambda p, x: (F.max_pool2d(p.conv(x), 2).mean((2, 3)) * p.b.flatten()).sin(),
    ),
    "a maximum over unfolded windows": (
        lambda p, x: F.max_pool2d(x.sin(), 3, 1),
        lambda p, x: F.unfold(x.sin().view(12, 1, 8, 8), 3).amax(1),
        lambda p, x: F.unfold(x.sin().view(12, 1, 8, 8), 3).mean(1),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_makes_one_form_of_two_programs_and_leaves_a_third_alone(name: str) -> None:
    one, same, other = map(_settled, LAWS[name])
    assert one == same
    assert one != other


def test_sums_of_weighted_slices_are_convolutions() -> None:
    p, halves = _Parameters(), ((0, 0, 3), (1, 3, 6))
    dense = root_of(lambda m, x: F.conv2d(x, m.p.conv.weight).sin(), p=p)
    each = root_of(lambda m, x: F.conv2d(x, m.p.each.weight, groups=6).sin(), p=p)

    def mixed(m: Any, x: torch.Tensor) -> torch.Tensor:
        return _taps(x, lambda i, j, w: torch.einsum("oc,bchw->bohw", m.p.conv.weight[:, :, i, j], w)).sin()

    def apart(m: Any, x: torch.Tensor) -> torch.Tensor:
        return _taps(x, lambda i, j, w: w * m.p.each.weight[:, 0, i, j].view(-1, 1, 1)).sin()

    def of_channels(m: Any, x: torch.Tensor) -> torch.Tensor:
        return sum((torch.einsum("oc,bchw->bohw", m.p.conv.weight[:, :3, 0, k], x[:, i:j]) for k, i, j in halves)).sin()

    assert told(mixed, p=p)["plain"] == dense
    assert told(apart, p=p)["plain"] == each
    assert told(of_channels, p=p)["plain"] not in (dense, each)


def test_a_sum_of_convolutions_of_slices_is_one_with_an_axis_more() -> None:
    p, shape = nn.Conv3d(3, 5, 3, bias=False), (2, 3, 6, 8, 8)

    def slice_by_slice(m: Any, x: torch.Tensor) -> torch.Tensor:
        total = torch.zeros(())
        for t in range(3):
            frames = x[:, :, t : t + 4].transpose(1, 2).reshape(8, 3, 8, 8)
            total = total + F.conv2d(frames, m.p.weight[:, :, t])
        return total.unflatten(0, (2, 4)).transpose(1, 2).sin()

    def one_slice(m: Any, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x[:, :, 1], m.p.weight[:, :, 1]).sin()

    x = torch.rand(shape)
    torch.testing.assert_close(slice_by_slice(nn.ModuleDict({"p": p}), x), p(x).sin(), atol=1e-4, rtol=1e-4)
    whole = told(lambda m, x: m.p(x).sin(), shape, p=p)["plain"]
    assert told(slice_by_slice, shape, p=p)["plain"] == whole
    assert told(one_slice, shape, p=p)["plain"] != whole


def test_every_other_element_of_unfolded_windows_is_a_dilated_convolution() -> None:
    shape, p = (2, 6, 40), _Parameters()

    def by_hand(m: Any, x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("bctk,ock->bot", x.unfold(2, 5, 1)[..., ::2], m.p.wide.weight).sin()

    assert root_of(by_hand, shape, p=p) == root_of(
        lambda m, x: F.conv1d(x, m.p.wide.weight, dilation=2).sin(), shape, p=p
    )
    assert root_of(by_hand, shape, p=p) != root_of(lambda m, x: F.linear(x, torch.ones(4, 40)).sin(), shape, p=p)


def test_a_grouped_convolution_of_one_element_is_a_product_for_each_group() -> None:
    shape, p = (2, 6, 8), nn.Module()
    p.c = nn.Conv1d(6, 9, 1, groups=3)  # type: ignore[assignment]

    def by_hand(m: Any, x: torch.Tensor) -> torch.Tensor:
        made = torch.einsum("bgil,goi->bgol", x.view(2, 3, 2, 8), m.p.c.weight.view(3, 3, 2))
        return (made.reshape(2, 9, 8) + m.p.c.bias[:, None]).sin()

    assert root_of(by_hand, shape, p=p) == root_of(lambda m, x: m.p.c(x).sin(), shape, p=p)
    wide = nn.Conv1d(6, 9, 3, groups=3)
    assert root_of(by_hand, shape, p=p) != root_of(lambda m, x: m.p(x).sin(), shape, p=wide)


def test_a_mask_that_is_given_is_a_factor() -> None:
    def prefix(_: Any, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return torch.where(mask != 0, x, torch.zeros_like(x)).cumsum(1)

    def other(_: Any, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return torch.where(mask != 0, x, torch.ones_like(x)).cumsum(1)

    product = root_of(lambda _, x, mask: (x * mask).cumsum(1), X, X)
    assert root_of(prefix, X, X) == product
    assert root_of(other, X, X) != product
