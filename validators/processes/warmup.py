"""Exercises eager torch, Dynamo and Inductor on small graphs of many kinds, so that forked programs find caches warm.

What a program costs is mostly first times: lazy imports, sympy's and Inductor's caches, decomposition tables.  Each
graph below is here because it reaches code the others do not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from validators.fake import FakeMode
from validators.inductor.capture import capture
from validators.inductor.templates import writing
from validators.loading import load, without_fused_transformers
from validators.verdict import Program, Settings, Stage


class _Graph(nn.Module):
    def __init__(self, layers: list[nn.Module], function: Callable[..., object]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> object:
        return self.function(*self.layers, *inputs)


Case = tuple[Callable[[], list[nn.Module]], Callable[..., object], list[tuple[int, ...]]]

CASES: list[Case] = [
    (
        lambda: [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.MaxPool2d(2)],
        lambda conv, norm, pool, x: pool(F.gelu(norm(conv(x)))) + 1,
        [(2, 3, 16, 16)],
    ),
    (
        lambda: [nn.Conv1d(4, 8, 3), nn.GroupNorm(2, 8), nn.AvgPool1d(2), nn.ReflectionPad1d(1)],
        lambda conv, norm, pool, pad, x: pad(pool(F.silu(norm(conv(x))))),
        [(2, 4, 33)],
    ),
    (
        lambda: [nn.ConvTranspose3d(2, 4, 2), nn.InstanceNorm3d(4), nn.AdaptiveAvgPool3d(2)],
        lambda conv, norm, pool, x: pool(F.leaky_relu(norm(conv(x)))).flatten(1),
        [(2, 2, 5, 5, 5)],
    ),
    (
        lambda: [nn.Linear(20, 32), nn.LayerNorm(32), nn.MultiheadAttention(32, 4, batch_first=True)],
        lambda linear, norm, attention, x: attention(norm(linear(x)), norm(linear(x)), norm(linear(x)))[0].softmax(-1),
        [(2, 7, 20)],
    ),
    (lambda: [nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)], lambda layer, x: layer(x), [(2, 5, 16)]),
    (lambda: [nn.LSTM(8, 8, batch_first=True)], lambda lstm, x: lstm(x)[0].tanh(), [(2, 3, 8)]),
    (lambda: [nn.GRUCell(8, 8)], lambda cell, x: cell(x).sigmoid(), [(4, 8)]),
    (
        lambda: [nn.Embedding(10, 8)],
        lambda table, x: table((x.abs() * 3).long().clamp(0, 9)).cumsum(1).amax(1),
        [(3, 6)],
    ),
    (
        lambda: [nn.Bilinear(6, 5, 7)],
        lambda layer, x, y: torch.where(layer(x, y) > 0, 1.0, layer(x, y)).log1p(),
        [(4, 6), (4, 5)],
    ),
    (
        lambda: [nn.ConvTranspose2d(8, 4, 3, 2), nn.Conv2d(4, 4, 3, dilation=2), nn.Conv2d(4, 4, 3, groups=4)],
        lambda up, wide, deep, x: deep(F.relu(wide(up(x)))).topk(2)[0],
        [(2, 8, 6, 6)],
    ),
    (
        lambda: [nn.PixelShuffle(2), nn.CircularPad2d(1)],
        lambda shuffle, pad, x: F.interpolate(pad(shuffle(x)), scale_factor=2, mode="bilinear"),
        [(2, 8, 6, 6)],
    ),
    (
        lambda: [nn.Unfold(3), nn.AdaptiveMaxPool2d(3), nn.LPPool2d(2, 2)],
        lambda unfold, adaptive, norm, x: (unfold(x).mean(-1).logsumexp(-1), adaptive(x).std((2, 3)), norm(x)),
        [(2, 3, 9, 9)],
    ),
    (
        list,
        lambda x, y: (torch.sort(x, -1)[0] @ y).prod(-1) + torch.cat([x, x * 2], 1).var(-1, keepdim=True),
        [(4, 12), (12, 5)],
    ),
]


# A template, a reduction, a pointwise kernel.
PROGRAM = Program(
    """import torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(16, 32)

    def forward(self, x, y):
        return self.linear(x).softmax(-1), y.sin() + y.transpose(0, 1)

def get_inputs():
    return [torch.randn(8, 16), torch.randn(24, 24)]

def get_init_inputs():
    return []
""",
    "Model",
)


def run(settings: Settings) -> None:
    """Run each case eagerly on CPU and through Inductor for the offline device, as `settings` say.

    One program goes all the way to a pair, and to cubins where stage COMPILED is asked for.
    """
    without_fused_transformers()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for make, function, shapes in CASES:
            _Graph(make(), function).eval()(*(torch.randn(shape) for shape in shapes))
            with FakeMode():
                with torch.device("cuda"):
                    model, inputs = _Graph(make(), function).eval(), [torch.randn(shape) for shape in shapes]
                with writing(settings):
                    capture(model, inputs)
    from validators import codegen  # imported here so that no child has to
    from validators.proof import cubin

    loaded = load(PROGRAM)
    _, pair = codegen.check(loaded, PROGRAM, settings)
    if Stage.COMPILED in settings.stages:
        cubin.check(pair, loaded, settings)
    torch._dynamo.reset()
