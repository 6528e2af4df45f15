"""Names of variables and attributes, as people give them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from operators.spec import Layout, Operator

_POOLS: dict[Layout, tuple[str, ...]] = {
    Layout.VECTOR: ("z", "vec", "feat", "pooled", "hidden", "code"),
    Layout.SEQUENCE: ("seq", "tokens", "states", "steps", "hidden"),
    Layout.SIGNAL: ("sig", "wave", "signal", "s", "feat"),
    Layout.IMAGE: ("img", "fmap", "maps", "feat", "u"),
    Layout.VOLUME: ("vol", "clip", "v", "voxels", "cube"),
}
_GENERIC = ("y", "h", "out", "a", "b", "u", "w", "branch", "res", "skip")
_INPUTS: dict[Layout, tuple[str, ...]] = {
    Layout.VECTOR: ("vec", "features", "cond", "state"),
    Layout.SEQUENCE: ("seq", "tokens", "context", "steps"),
    Layout.SIGNAL: ("signal", "wave", "audio", "series"),
    Layout.IMAGE: ("image", "frame", "picture", "maps"),
    Layout.VOLUME: ("volume", "clip", "voxels", "scan"),
}
_HINTED = {
    "target": ("target", "reference", "other", "y"),
    "ids": ("ids", "token_ids", "indices", "labels"),
    "mask": ("mask", "valid", "keep", "attn_mask"),
    "counts": ("counts", "levels", "x"),
    "bytes": ("image", "pixels", "frames", "x"),
    "memory": ("memory", "context", "encoded"),
}
_SYNONYMS = {
    "conv": ("conv", "conv", "conv_layer", "cnn"),
    "fc": ("fc", "linear", "dense", "proj"),
    "norm": ("norm", "layer_norm", "ln"),
    "bn": ("bn", "batch_norm", "norm"),
    "act": ("act", "activation", "nonlin"),
    "pool": ("pool", "downsample", "pooling"),
    "proj": ("proj", "project", "shortcut"),
    "block": ("block", "stage", "body"),
    "attn": ("attn", "attention", "self_attn"),
    "weight": ("weight", "kernel", "w"),
    "dropout": ("dropout", "drop"),
    "deconv": ("deconv", "up", "conv_transpose", "upconv"),
}


_BLOCKS = {
    Layout.VECTOR: ("DenseBlock", "FeatureBlock", "Head", "DenseStage"),
    Layout.SEQUENCE: ("SequenceBlock", "TokenMixer", "EncoderBlock", "SequenceStage"),
    Layout.SIGNAL: ("SignalBlock", "TemporalBlock", "WaveBlock", "SignalStage"),
    Layout.IMAGE: ("FeatureBlock", "SpatialBlock", "ImageStage", "Stage"),
    Layout.VOLUME: ("VolumeBlock", "VoxelBlock", "ClipBlock", "VolumeStage"),
}
_RANKED = {Layout.SIGNAL: "1d", Layout.VOLUME: "3d"}
_ACTIVATIONS = {
    "ReLU": "ReLU",
    "GELU": "GELU",
    "SiLU": "SiLU",
    "Swish": "SiLU",
    "LeakyReLU": "LeakyReLU",
    "Tanh": "Tanh",
}
_NORMS = {"BatchNorm": "BN", "BatchNorm1d": "BN", "BatchNorm2d": "BN", "BatchNorm3d": "BN", "GroupNorm": "GN",
          "InstanceNorm": "IN", "InstanceNorm1d": "IN", "InstanceNorm2d": "IN", "InstanceNorm3d": "IN",
          "LayerNorm": "LN", "RMSNorm": "RMS"}  # fmt: skip


def block_name(group: Sequence[Operator], layout: Layout, residual: bool, rng: Random) -> str:
    """What a class that holds these operators is called: after its layers where they make a known block."""
    suffix = _RANKED.get(layout, "")
    heavy = next((e for e in group if e.phase == 1), None)
    norm = next((_NORMS[e.name] for e in group if e.name in _NORMS), "")
    act = next((_ACTIVATIONS[e.name] for e in group if e.name in _ACTIVATIONS), "")
    convolution = heavy is not None and "Conv" in heavy.name
    if residual and rng.random() < 0.6:
        return rng.choice(("ResidualBlock", "ResBlock", "SkipBlock")) + (suffix if convolution else "")
    if heavy is not None and rng.random() < 0.75:
        if convolution and "Transpose" in heavy.name:
            return rng.choice(("UpBlock", "DecoderBlock", "UpsampleBlock")) + suffix
        if convolution and "Depthwise" in heavy.name:
            return rng.choice(("DepthwiseBlock", "SeparableBlock")) + suffix
        if convolution and any(e.phase == 4 for e in group) and rng.random() < 0.5:
            return rng.choice(("DownBlock", "Downsample")) + suffix
        if convolution:
            named = rng.choice((f"Conv{norm}{act}", f"Conv{'Norm' if norm else ''}{'Act' if act else ''}", "ConvBlock"))
            return (named if named != "Conv" else "ConvBlock") + suffix
        if heavy.family in ("attention", "transformer"):
            return rng.choice(("AttentionBlock", "SelfAttentionBlock", "PreNormAttention" if norm else "TokenMixer"))
        if heavy.family == "recurrent":
            return rng.choice(("RecurrentBlock", "SequenceEncoder", "TemporalEncoder"))
        if heavy.family == "linear_operators":
            return rng.choice(("MLP", "FeedForward", "MLPBlock", f"Linear{norm}{act}" if act else "ProjectionBlock"))
    return rng.choice(_BLOCKS[layout])


def fresh_name(layout: Layout, taken: set[str], rng: Random) -> str:
    """A name for a new value that is not in `taken`."""
    pool = _GENERIC if rng.random() < 0.55 else _POOLS[layout]
    start = rng.randrange(len(pool))
    for at in range(len(pool)):
        name = pool[(start + at) % len(pool)]
        if name not in taken:
            return name
    return numbered(pool[start], taken)


def numbered(name: str, taken: set[str]) -> str:
    """`name`, or `name2`, `name3` ... when it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def input_names(described: list[tuple[Layout, str]], rng: Random) -> list[str]:
    """Names of the parameters of a forward; `described` holds layouts and hints."""
    taken = {"self"}
    names: list[str] = []
    manner = rng.choice(("letters", "letters", "numbered", "words"))
    for at, (layout, hint) in enumerate(described):
        if hint:
            name = numbered(rng.choice(_HINTED.get(hint, (hint,))), taken)
        elif manner == "words" and len(described) > 1:
            name = numbered(rng.choice(_INPUTS[layout]), taken)
        elif manner == "numbered" and len(described) > 1:
            name = numbered(f"x{at + 1}", taken)
        else:
            name = next((n for n in "xyzw" if n not in taken), "") or numbered("x", taken)
        taken.add(name)
        names.append(name)
    return names


def attribute_names(hints: Sequence[str], rng: Random) -> list[str]:
    """Names on `self` in the order of `hints`: `conv` when there is one, `conv1`, `conv2` when there are more."""
    chosen: dict[str, str] = {}
    total: dict[str, int] = {}
    for hint in hints:
        name = chosen.get(hint, "")
        if not name:
            name = chosen[hint] = rng.choice(_SYNONYMS[hint]) if hint in _SYNONYMS else hint
        total[name] = total.get(name, 0) + 1
    joint = rng.choice(("", "", "_"))
    given: dict[str, int] = {}
    taken: set[str] = set()
    names = []
    for hint in hints:
        name = chosen[hint]
        if total[name] > 1:
            at = given[name] = given.get(name, 0) + 1
            name = f"{name}{joint}{at}"
        if name in taken:
            name = numbered(name, taken)
        taken.add(name)
        names.append(name)
    return names
