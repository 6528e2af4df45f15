"""Recurrent layers and cells.  Sequences stay short: compilers unroll them."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import gated
from operators.spec import Arg, Form, Layout, Limits, Make, Operator, Site, Step

_SHORT = Limits(high=6, widest=64)
_HIDDEN = (12, 16, 20, 24, 32)
# Spread of a new cell's state, and the share of the input's spread that gets through its gates.
_STATE = {"RNN": (0.35, 0.45), "GRU": (0.15, 0.2), "LSTM": (0.1, 0.1)}


def _layer(cls: str) -> Callable[[Site], Step]:
    """A whole layer over (B, L, D); yields every output, or the last state as a vector."""

    def plan(site: Site) -> Step:
        rng = site.rng
        hidden = site.width(_HIDDEN)
        both = rng.random() < 0.15 and site.spatial[0] <= 4
        args = [Arg("", site.channels, "input_size"), Arg("", hidden, "hidden_size"), Arg("batch_first", True)]
        if cls == "RNN" and rng.random() < 0.3:
            args.append(Arg("nonlinearity", '"relu"'))
        if both:
            args.append(Arg("bidirectional", True))
        make = (("m", Make(f"nn.{cls}", tuple(args), cls.lower())),)
        width = hidden * (2 if both else 1)
        effect = gated(*_STATE[cls])
        if not both and site.leads_to(Layout.VECTOR, 0.4):
            state = "({hidden}, _)" if cls == "LSTM" else "{hidden}"
            forms = (
                Form(f"_, {state} = {{m}}({{x}})\n{{out}} = {{hidden}}[-1]", make),
                Form("{states}, _ = {m}({x})\n{out} = {states}[:, -1]", make),
            )
            return Step(Layout.VECTOR, (site.batch, hidden), forms, effect)
        return Step(site.layout, site.with_sizes(width), (Form("{out}, _ = {m}({x})", make),), effect)

    return plan


def _cell(cls: str) -> Callable[[Site], Step]:
    """A cell stepped over a short sequence in a Python loop, or once on a vector."""

    def plan(site: Site) -> Step:
        rng = site.rng
        hidden = site.width(_HIDDEN)
        args = (Arg("", site.channels, "input_size"), Arg("", hidden, "hidden_size"))
        make = (("m", Make(f"nn.{cls}", args, "cell")),)
        lstm = cls == "LSTMCell"
        effect = gated(*_STATE[cls.removesuffix("Cell")])
        if site.layout is Layout.VECTOR:
            forms = [Form("{out}, _ = {m}({x})" if lstm else "{m}({x})", make)]
            if not lstm and rng.random() < 0.5:
                forms = [
                    Form(
                        f"{{state}} = {{x}}.new_zeros({{x}}.size(0), {hidden})\n{{out}} = {{m}}({{x}}, {{state}})", make
                    )
                ]
            return Step(Layout.VECTOR, (site.batch, hidden), tuple(forms), effect)
        zeros = f"{{x}}.new_zeros({{x}}.size(0), {hidden})"
        if rng.random() < 0.3:
            zeros = f"torch.zeros({{x}}.size(0), {hidden}, device={{x}}.device, dtype={{x}}.dtype)"
        steps = rng.choice(("{x}.size(1)", "{x}.shape[1]"))
        start = f"{{h}} = {zeros}\n" + (f"{{c}} = {zeros}\n" if lstm else "")
        call = "    {h}, {c} = {m}({x}[:, t], ({h}, {c}))\n" if lstm else "    {h} = {m}({x}[:, t], {h})\n"
        if site.leads_to(Layout.VECTOR, 0.5):
            text = f"{start}for t in range({steps}):\n{call}{{out}} = {{h}}"
            return Step(Layout.VECTOR, (site.batch, hidden), (Form(text, make),), effect)
        collect = "    {states}.append({h})\n"
        text = (
            f"{start}{{states}} = []\nfor t in range({steps}):\n{call}{collect}{{out}} = torch.stack({{states}}, dim=1)"
        )
        return Step(site.layout, site.with_sizes(hidden), (Form(text, make),), effect)

    return plan


def _any_layer(site: Site) -> Step:
    """RNNBase is abstract: one of its subclasses stands for it."""
    return _layer(site.rng.choice(("RNN", "LSTM", "GRU")))(site)


def _any_cell(site: Site) -> Step:
    """RNNCellBase is abstract: one of its subclasses stands for it."""
    return _cell(site.rng.choice(("RNNCell", "LSTMCell", "GRUCell")))(site)


def _op(name: str, plan: Callable[[Site], Step], events: tuple[str, ...], cell: bool) -> Operator:
    layouts = (Layout.SEQUENCE, Layout.VECTOR) if cell else (Layout.SEQUENCE,)
    hint = _CELL if cell else _LAYER
    if name.endswith("Base"):
        hint = f"{name} itself is abstract; {hint}"
    exits = ((Layout.SEQUENCE, Layout.VECTOR),)
    return Operator(name, "compound", "recurrent", layouts, plan, events, _SHORT, 1, exits=exits, hint=hint)


_CELL = "steps over (B, D) values; at most 16 steps, since loops are unrolled"
_LAYER = "batch_first=True; returns (output, state); L at most 16, since it is unrolled"


OPERATORS = (
    _op("RNNCell", _cell("RNNCell"), ("M:RNNCell", "F:rnn_tanh_cell", "F:rnn_relu_cell"), True),
    _op("LSTMCell", _cell("LSTMCell"), ("M:LSTMCell", "F:lstm_cell"), True),
    _op("GRUCell", _cell("GRUCell"), ("M:GRUCell", "F:gru_cell"), True),
    _op("RNN", _layer("RNN"), ("M:RNN",), False),
    _op("LSTM", _layer("LSTM"), ("M:LSTM",), False),
    _op("GRU", _layer("GRU"), ("M:GRU",), False),
    _op("RNNBase", _any_layer, ("M:RNNBase", "M:RNN", "M:LSTM", "M:GRU"), False),
    _op("RNNCellBase", _any_cell, ("M:RNNCellBase", "M:RNNCell", "M:LSTMCell", "M:GRUCell"), True),
)
