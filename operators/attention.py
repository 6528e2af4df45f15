"""Attention, transformer layers and embeddings."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import fixed, joined, normalised_over, shifted
from operators.spec import Arg, Form, Layout, Limits, Make, Operand, Operator, Site, Step

_TOKENS = normalised_over((2,))  # a layer ends in a norm over the features
_SMALL = Limits(low=2, high=24, multiple=4, widest=64, least=8)


def _heads(site: Site) -> int:
    return site.rng.choice([h for h in (1, 2, 4) if site.channels % h == 0][-2:])


def _memory(site: Site) -> tuple[Operand, ...]:
    """A second sequence with the same features: another input, as an encoder's output would be."""
    length = site.rng.choice((4, 5, 6, 8, 10))
    return (Operand("memory", (site.batch, length, site.channels), "input"),)


def _seen(site: Site) -> Operand:
    """A mask of the positions that each position may attend to: itself and those before it."""
    return Operand("mask", (site.spatial[0], site.spatial[0]), "grid")


def _multihead(site: Site) -> Step:
    args = (
        Arg("", site.channels, "embed_dim"),
        Arg("", _heads(site), "num_heads"),
        *((Arg("dropout", 0.1),) if site.rng.random() < 0.3 else ()),
        Arg("batch_first", True),
    )
    make = (("m", Make("nn.MultiheadAttention", args, "attn")),)
    effect = fixed(0.0, 0.15, 0.5)
    roll = site.rng.random()
    if roll < 0.25:
        memory = _memory(site)
        text = "{out}, _ = {m}({x}, {memory}, {memory})"
        return Step(site.layout, site.shape, (Form(text, make),), effect, memory)
    if roll < 0.4:
        text = "{attended}, _ = {m}({x}, {x}, {x}, attn_mask=~{mask}, need_weights=False)\n{out} = {x} + {attended}"
        return Step(site.layout, site.shape, (Form(text, make),), joined(0.2), (_seen(site),))
    if roll < 0.7:
        text = "{attended}, _ = {m}({x}, {x}, {x}, need_weights=False)\n{out} = {x} + {attended}"
        return Step(site.layout, site.shape, (Form(text, make),), joined(0.2))
    forms = (Form("{out}, _ = {m}({x}, {x}, {x})", make),)
    return Step(site.layout, site.shape, forms, effect)


def _sdpa(site: Site) -> Step:
    """Query, key and value from one projection, one head or several."""
    c, heads = site.channels, _heads(site)
    roll = site.rng.random()
    causal = ", is_causal=True" if roll < 0.35 else ", attn_mask={mask}" if roll < 0.55 else ""
    mask = (_seen(site),) if "mask" in causal else ()
    qkv = ("m", Make("nn.Linear", (Arg("", c, "embed_dim"), Arg("", 3 * c)), "qkv"))
    simple = f"F.scaled_dot_product_attention({{x}}, {{x}}, {{x}}{causal})"
    split = (
        "{q}, {k}, {v} = {m}({x}).chunk(3, dim=-1)\n"
        f"{{out}} = F.scaled_dot_product_attention({{q}}, {{k}}, {{v}}{causal})"
    )
    size = f"{{x}}.size(0), -1, {heads}, {c // heads}"
    headed = (
        f"{{q}}, {{k}}, {{v}} = (t.view({size}).transpose(1, 2) for t in {{m}}({{x}}).chunk(3, dim=-1))\n"
        f"{{attended}} = F.scaled_dot_product_attention({{q}}, {{k}}, {{v}}{causal})\n"
        "{out} = {attended}.transpose(1, 2).reshape({x}.shape)"
    )
    forms = (Form(simple), Form(split, (qkv,), weight=2.0), Form(headed, (qkv,), weight=2.0))
    return Step(site.layout, site.shape, forms, fixed(0.0, 0.3, 0.6), mask)


def _layer_args(site: Site, extra: tuple[Arg, ...] = ()) -> tuple[Arg, ...]:
    rng = site.rng
    return (
        Arg("d_model", site.channels, "d_model"),
        Arg("nhead", _heads(site), "num_heads"),
        Arg("dim_feedforward", rng.choice((32, 48, 64, 96)), "dim_feedforward"),
        *((Arg("dropout", rng.choice((0.0, 0.1, 0.2)), "dropout"),) if rng.random() < 0.5 else ()),
        *((Arg("activation", '"gelu"'),) if rng.random() < 0.4 else ()),
        *extra,
        Arg("batch_first", True),
    )


def _encoder_layer(site: Site) -> Step:
    first = (Arg("norm_first", True),) if site.rng.random() < 0.2 else ()
    make = Make("nn.TransformerEncoderLayer", _layer_args(site, first), "encoder_layer")
    return Step(site.layout, site.shape, (Form("{m}({x})", (("m", make),), solo=True),), _TOKENS)


def _decoder_layer(site: Site) -> Step:
    make = (("m", Make("nn.TransformerDecoderLayer", _layer_args(site), "decoder_layer")),)
    if site.rng.random() < 0.4:
        return Step(site.layout, site.shape, (Form("{m}({x}, {x})", make),), _TOKENS)
    memory = _memory(site)
    return Step(site.layout, site.shape, (Form("{m}({x}, {memory})", make),), _TOKENS, memory)


def _stack(kind: str) -> Callable[[Site], Step]:
    """A TransformerEncoder or TransformerDecoder of one layer."""

    def plan(site: Site) -> Step:
        layer = Make(f"nn.Transformer{kind}Layer", _layer_args(site), "layer")
        args: tuple[Arg, ...] = (Arg("", layer), Arg("num_layers", 1, "num_layers"))
        if kind == "Encoder":
            args = (*args, Arg("enable_nested_tensor", False))
        make = (("m", Make(f"nn.Transformer{kind}", args, kind.lower())),)
        if kind == "Encoder":
            return Step(site.layout, site.shape, (Form("{m}({x})", make, solo=True),), _TOKENS)
        memory = _memory(site)
        return Step(site.layout, site.shape, (Form("{m}({x}, {memory})", make),), _TOKENS, memory)

    return plan


def _transformer(site: Site) -> Step:
    depth = (Arg("num_encoder_layers", 1), Arg("num_decoder_layers", 1))
    args = _layer_args(site)
    make = (("m", Make("nn.Transformer", (*args[:2], *depth, *args[2:]), "transformer")),)
    if site.rng.random() < 0.4:
        return Step(site.layout, site.shape, (Form("{m}({x}, {x})", make),), _TOKENS)
    memory = _memory(site)
    return Step(site.layout, site.shape, (Form("{m}({memory}, {x})", make),), _TOKENS, memory)


def _table(site: Site, rows: int, cls: str = "nn.Embedding", *extra: Arg) -> tuple[tuple[str, Make], ...]:
    args = (Arg("", rows, "num_embeddings"), Arg("", site.channels, "embedding_dim"), *extra)
    return (("m", Make(cls, args, "embedding")),)


def _embedding(site: Site) -> Step:
    """Rows of a table picked by token ids (a new input) or by position, added to the values."""
    rng = site.rng
    if site.layout is Layout.SEQUENCE and rng.random() < 0.35:
        table = _table(site, site.spatial[0])
        text = "{positions} = torch.arange({x}.size(1), device={x}.device)\n{out} = {x} + {m}({positions})"
        return Step(site.layout, site.shape, (Form(text, table),), shifted(1.0))
    rows = rng.choice((10, 16, 20, 32, 50, 64, 100))
    shape = site.shape[:2] if site.layout is Layout.SEQUENCE else site.shape[:1]
    ids = (Operand("ids", shape, "ids", rows),)
    table = _table(site, rows)
    lookup = Form("{x} + F.embedding({ids}, {w})", (("w", _weight(rows, site.channels)),), loose=True)
    forms = (
        Form("{x} + {m}({ids})", table, loose=True, weight=5.0),
        lookup,
        Form("{x} * (1.0 + {m}({ids}))", table, loose=True),
    )
    return Step(site.layout, site.shape, forms, joined(), ids)


def _weight(rows: int, width: int) -> Make:
    return Make("nn.Parameter", (Arg("", f"torch.randn({rows}, {width})"),), "table")


def _embedding_bag(site: Site) -> Step:
    """The mean (or sum) of a bag of rows, added to a vector."""
    rng = site.rng
    rows, mode = rng.choice((16, 20, 32, 50, 64)), rng.choice(("mean", "sum", "max"))
    ids = (Operand("ids", (site.batch, rng.choice((3, 4, 6, 8))), "ids", rows),)
    table = _table(site, rows, "nn.EmbeddingBag", Arg("mode", f'"{mode}"'))
    return Step(site.layout, site.shape, (Form("{x} + {m}({ids})", table, loose=True),), joined(), ids)


def _op(
    name: str,
    plan: Callable[[Site], Step],
    events: str,
    family: str = "transformer",
    layouts: tuple[Layout, ...] = (Layout.SEQUENCE,),
    limits: Limits = _SMALL,
    hint: str = "",
) -> Operator:
    return Operator(name, "compound", family, layouts, plan, tuple(events.split()), limits, 1, hint=hint)


_HEADS = "batch_first=True, D divisible by the number of heads"
_MEMORY = f"{_HEADS}; called with target and memory"


OPERATORS = (
    _op("Embedding", _embedding, "M:Embedding F:embedding", "embedding", (Layout.SEQUENCE, Layout.VECTOR),
        Limits(widest=256), "looks up ids: torch.randint below num_embeddings, or torch.arange of positions"),
    _op("EmbeddingBag", _embedding_bag, "M:EmbeddingBag F:embedding_bag", "embedding", (Layout.VECTOR,),
        Limits(widest=256), "reduces ids of shape (B, n), torch.randint below num_embeddings, to (B, F)"),
    _op("MultiheadAttention", _multihead, "M:MultiheadAttention F:multi_head_attention_forward", "attention",
        hint=f"{_HEADS}; returns (output, weights)"),
    _op("ScaledDotProductAttention", _sdpa, "F:scaled_dot_product_attention M:MultiheadAttention", "attention"),
    _op("TransformerEncoderLayer", _encoder_layer, "M:TransformerEncoderLayer", hint=_HEADS),
    _op("TransformerDecoderLayer", _decoder_layer, "M:TransformerDecoderLayer", hint=_MEMORY),
    _op("TransformerEncoder", _stack("Encoder"), "M:TransformerEncoder",
        hint=f"{_HEADS}; enable_nested_tensor=False, num_layers=1 or 2"),
    _op("TransformerDecoder", _stack("Decoder"), "M:TransformerDecoder", hint=f"{_MEMORY}; num_layers=1 or 2"),
    _op("Transformer", _transformer, "M:Transformer",
        hint=f"{_HEADS}; one or two layers each; called with source and target"),
)  # fmt: skip
