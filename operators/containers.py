"""Containers and parameters: modules that hold other modules, really called."""

from __future__ import annotations

import math
from collections.abc import Callable

from operators.effects import kept, mixed, pointwise, scaled
from operators.spec import ANY, Arg, Effect, Form, Layout, Limits, Make, Operator, Shape, Site, Step, param, shape_of

_ACTS = ("nn.ReLU", "nn.GELU", "nn.SiLU", "nn.Tanh", "nn.Sigmoid", "nn.ELU", "nn.Mish", "nn.Softsign")


def _act(site: Site) -> Make:
    return Make(site.rng.choice(_ACTS), (), "act")


def _mixer(site: Site, out: int) -> Make:
    """A layer that mixes features in this layout and leaves positions alone."""
    if site.layout in (Layout.VECTOR, Layout.SEQUENCE):
        args = (Arg("", site.channels, "in_features"), Arg("", out, "out_features"))
        return Make("nn.Linear", args, "proj")
    kernel = site.rng.choice((1, 3)) if site.channels * out * 3**site.rank < 150_000 else 1
    tail = (Arg("kernel_size", kernel), *((Arg("padding", 1),) if kernel == 3 else ()))
    args = (Arg("", site.channels, "in_channels"), Arg("", out, "out_channels"), *tail)
    return Make(f"nn.Conv{site.rank}d", args, "proj")


def _norm(site: Site) -> Make:
    if site.layout in (Layout.VECTOR, Layout.SEQUENCE):
        return Make("nn.LayerNorm", (Arg("", site.channels, "in_features"),), "norm")
    return Make(f"nn.BatchNorm{site.rank}d", (Arg("", site.channels, "in_channels"),), "norm")


def _sequential(site: Site) -> Step:
    out = site.width()
    parts = [_mixer(site, out), _act(site)]
    if site.rng.random() < 0.4:
        parts.insert(0, _norm(site))
    make = Make("nn.Sequential", tuple(Arg("", p) for p in parts), "block")
    return Step(site.layout, site.with_sizes(out), (Form("{m}({x})", (("m", make),)),), mixed(axis=site.feature_axis))


def _module_list(site: Site) -> Step:
    """A loop over equal layers; each keeps the shape."""
    count = site.rng.choice((2, 2, 3))
    layer = _mixer(site, site.channels)
    layers: list[object] = [layer] * count
    make = (("m", Make("nn.ModuleList", (Arg("", layers),), "layers")),)
    act = site.rng.choice(("F.relu", "F.gelu", "torch.tanh", "F.silu"))
    if site.rng.random() < 0.5:
        text = f"{{h}} = {{x}}\nfor layer in {{m}}:\n    {{h}} = {{h}} + {act}(layer({{h}}))\n{{out}} = {{h}}"
        return Step(site.layout, site.shape, (Form(text, make),), scaled(1.2))
    loop = f"for i, layer in enumerate({{m}}):\n    {{h}} = {act}(layer({{h}})) + {{h}} / (i + 1)"
    text = f"{{h}} = {{x}}\n{loop}\n{{out}} = {{h}}"
    return Step(site.layout, site.shape, (Form(text, make),), scaled(0.8))


def _module_dict(site: Site) -> Step:
    out = site.width()
    entries: dict[str, object] = {"proj": _mixer(site, out), "act": _act(site)}
    make = (("m", Make("nn.ModuleDict", (Arg("", entries),), "layers")),)
    nested = Form('{m}["act"]({m}["proj"]({x}))', make)
    lines = Form('{h} = {m}["proj"]({x})\n{out} = {m}["act"]({h})', make)
    return Step(site.layout, site.with_sizes(out), (nested, lines), mixed(axis=site.feature_axis))


def _per_channel(site: Site) -> Shape:
    return shape_of(site.layout, 1, site.channels, (1,) * site.rank)[1:]


def _parameter(shape: Shape, init: str) -> Make:
    return param("", shape, init)


def _parameter_list(site: Site) -> Step:
    shape = _per_channel(site)
    items: list[object] = [_parameter(shape, "torch.ones({})"), _parameter(shape, "torch.randn({}) * 0.1")]
    make = (("m", Make("nn.ParameterList", (Arg("", items),), "params")),)
    if site.rng.random() < 0.5:
        form = Form("{x} * {m}[0] + {m}[1]", make, loose=True)
        return Step(site.layout, site.shape, (form,), kept)
    loop = Form("{h} = {x}\nfor p in {m}:\n    {h} = torch.tanh({h} + p)\n{out} = {h}", make)
    return Step(site.layout, site.shape, (loop,), pointwise(lambda v: math.tanh(math.tanh(v + 1))))


def _parameter_dict(site: Site) -> Step:
    shape = _per_channel(site)
    entries: dict[str, object] = {
        "scale": _parameter(shape, "torch.ones({})"),
        "shift": _parameter(shape, "torch.zeros({})"),
    }
    make = (("m", Make("nn.ParameterDict", (Arg("", entries),), "affine")),)
    form = Form('{x} * {m}["scale"] + {m}["shift"]', make, loose=True)
    other = Form('torch.addcmul({m}["shift"], {x}, {m}["scale"])', make)
    return Step(site.layout, site.shape, (form, other), scaled(1.0))


_GATE = '''class {cls}(nn.Module):
    """Scales features by a gate computed from themselves."""

    def __init__(self, channels: int):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        shape = [1] * x.dim()
        shape[AXIS] = -1
        return x * torch.sigmoid(self.gain.view(shape) * x + self.shift.view(shape))
'''

_GATES = {1: _GATE.replace("AXIS", "1"), 2: _GATE.replace("AXIS", "-1")}  # by the axis that holds features

_MLP = '''class {cls}(nn.Module):
    """Two linear layers around a GELU, added to the input."""

    def __init__(self, dim: int, hidden: int):
        super().__init__()
        self.up = nn.Linear(dim, hidden)
        self.down = nn.Linear(hidden, dim)

    def forward(self, x):
        return x + self.down(F.gelu(self.up(x)))
'''

_SQUEEZE = '''class {cls}(nn.Module):
    """Channel attention: what is in a channel on the whole decides how much of it passes."""

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.reduce = nn.Linear(channels, hidden)
        self.expand = nn.Linear(hidden, channels)

    def forward(self, x):
        pooled = x.flatten(2).mean(dim=-1)
        gate = torch.sigmoid(self.expand(F.relu(self.reduce(pooled))))
        return x * gate.reshape(gate.shape + (1,) * (x.dim() - 2))
'''


def _submodule(site: Site) -> Step:
    """A block of the program's own, as a class beside the main one."""
    hidden = max(4, site.channels // site.rng.choice((1, 2, 4)))
    gate = Make("FeatureGate", (Arg("", site.channels, "channels"),), "gate", helper=_GATES[site.feature_axis])
    effect: Effect = scaled(0.6)
    if site.layout in (Layout.VECTOR, Layout.SEQUENCE):
        other = Make("FeedForward", (Arg("", site.channels, "dim"), Arg("", hidden, "hidden_dim")), "ffn", helper=_MLP)
    else:
        args = (Arg("", site.channels, "channels"), Arg("", hidden, "hidden_channels"))
        other = Make("ChannelAttention", args, "attention", helper=_SQUEEZE)
    forms = tuple([Form("{m}({x})", (("m", make),), solo=True) for make in (gate, other)])
    return Step(site.layout, site.shape, forms, effect)


def _container(site: Site) -> Step:
    """Container is gone from torch; its heirs stand for it."""
    return site.rng.choice((_sequential, _module_list, _module_dict))(site)


_WIDE = Limits(widest=256)


def _op(name: str, plan: Callable[[Site], Step], *events: str, hint: str = "") -> Operator:
    return Operator(name, "compound", "containers", ANY, plan, events, _WIDE, 1, hint=hint)


_HOLDERS = ("M:Sequential", "M:ModuleList", "M:ModuleDict")
_USED = "what it holds is used in forward"

OPERATORS = (
    _op("Module", _submodule, "M:Module", hint="a helper nn.Module class of your own, called in forward"),
    _op("Container", _container, *_HOLDERS, hint=f"torch has no nn.Container any more; {_USED}"),
    _op("Sequential", _sequential, "M:Sequential", hint="called as a whole"),
    _op("ModuleList", _module_list, "M:ModuleList", hint=_USED),
    _op("ModuleDict", _module_dict, "M:ModuleDict", hint=_USED),
    _op("ParameterList", _parameter_list, "M:ParameterList", hint=_USED),
    _op("ParameterDict", _parameter_dict, "M:ParameterDict", hint=_USED),
)
