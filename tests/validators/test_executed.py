from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from validators.conduct.executed import record


class Block(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x) + 1


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.layers = nn.ModuleList([nn.ReLU(), Block()])
        self.unused = nn.ModuleList([nn.Tanh()])
        self.scale = nn.ParameterList([nn.Parameter(torch.ones(1))])
        self.lazy = nn.LazyLinear(5)
        self.attention = nn.MultiheadAttention(5, 1, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x)
        for layer in self.layers:
            y = layer(y)
        y = self.lazy(y.flatten(1))[:, None] * self.scale[0]
        return self.attention(y, y, y)[0]


def test_what_ran_is_counted_once_and_what_did_not_run_is_not() -> None:
    with torch.no_grad():
        output, counts, events, _ = record(Net().eval(), [torch.randn(2, 3, 6, 6)])
    assert output.shape == (2, 1, 5)
    assert counts["M:Conv2d"] == 1 and "F:conv2d" not in counts
    assert counts["M:ReLU"] == 1 and counts["F:relu"] == 1  # the module, and the function inside of Block
    assert counts["M:Module"] == 1 and counts["M:ModuleList"] == 1 and counts["M:ParameterList"] == 1
    assert counts["M:LazyLinear"] == 1 and counts["M:MultiheadAttention"] == 1 and "F:linear" not in counts
    assert "M:Tanh" not in counts
    assert events[0] == "M:Conv2d(float32[2, 3, 6, 6])"


def test_hooks_are_gone_after_an_error() -> None:
    class Fails(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError("no")

    try:
        record(Fails(), [torch.zeros(1)])
    except ValueError:
        pass
    else:
        raise AssertionError("the model's error must come through")
    assert not torch.nn.modules.module._global_forward_pre_hooks
    assert not torch.nn.modules.module._global_forward_hooks


def test_a_channel_shuffle_by_hand_counts_and_a_mere_transpose_does_not() -> None:
    class Shuffle(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            b, c, n = x.shape
            return x.view(b, 3, c // 3, n).transpose(1, 2).contiguous().view(b, c, n)

    class Other(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            b, c, n = x.shape
            y = x.view(b, 3, c // 3, n).transpose(1, 2).exp().reshape(b, c, n)
            return y + x.view(b, 3, c // 3, n).reshape(b, c, n) + x.transpose(1, 2).reshape(b, c, n)

    x = torch.randn(2, 6, 5)
    output, counts, *_ = record(Shuffle(), [x])
    assert counts["F:channel_shuffle"] == 1
    assert torch.equal(output, nn.ChannelShuffle(3)(x[..., None])[..., 0])
    assert "F:channel_shuffle" not in record(Other(), [x])[1]


def test_each_event_tells_whose_results_it_was_given() -> None:
    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            z = self.head(x)
            left, right = torch.chunk(z, 2, dim=1)
            z.mul_(2)
            return torch.cat([left, right, y], dim=1) + torch.add(input=z, other=z).sum()

    x = torch.randn(3, 4)
    with torch.no_grad():
        _, _, events, reads = record(Reads().eval(), [x, x.clone()])
    names = [event.partition("(")[0] for event in events]
    assert names == ["M:Sequential", "M:Linear", "M:ReLU", "F:chunk", "F:mul", "F:cat", "F:add", "F:sum", "F:add"]
    # Sequential's result is that of the ReLU in it; what was changed in place is by who changed it.
    assert reads == [[], [], [1], [0, 2], [0, 2], [3], [4], [6], [5, 7]]
