"""Constructor arguments: literals, or parameters of the class's own `__init__`."""

from __future__ import annotations

from operators.spec import Arg, Make
from synth.synthesizer.scope import Program

_WIDTHS = {
    "in_channels", "out_channels", "hidden_channels", "mid_channels", "in_features", "out_features",
    "hidden_features", "hidden_dim", "input_size", "hidden_size", "embed_dim", "d_model", "channels",
    "num_features", "num_channels", "embedding_dim", "normalized_size", "dim",
}  # fmt: skip
_ALTERNATIVES = {
    "out_channels": ("hidden_channels", "mid_channels", "base_channels"),
    "out_features": ("hidden_features", "hidden_dim", "mid_features"),
    "in_channels": ("input_channels",),
    "in_features": ("input_dim",),
    "hidden_size": ("state_size",),
}
_DESCRIPTIONS = {
    "in_channels": "channels of the input",
    "input_channels": "channels of the input",
    "out_channels": "channels that the convolution yields",
    "hidden_channels": "channels between the layers",
    "mid_channels": "channels of the middle stage",
    "base_channels": "channels of the first stage",
    "channels": "channels of the feature maps",
    "num_features": "features to normalise",
    "num_channels": "channels to normalise",
    "in_features": "size of each input row",
    "input_dim": "size of each input row",
    "out_features": "size of each output row",
    "hidden_features": "width of the hidden layer",
    "hidden_dim": "width of the hidden layer",
    "mid_features": "width between the two layers",
    "input_size": "features per time step",
    "hidden_size": "features of the recurrent state",
    "state_size": "features of the second recurrent state",
    "embed_dim": "features of a token",
    "d_model": "features of a token",
    "embedding_dim": "features of a row of the table",
    "num_embeddings": "rows of the table",
    "num_heads": "attention heads",
    "num_groups": "groups that are normalised together",
    "num_layers": "layers in the stack",
    "dim_feedforward": "width inside a transformer layer",
    "normalized_size": "size of the normalised axis",
    "kernel_size": "side of the convolution window",
    "stride": "step of the window",
    "padding": "zeros added on each side",
    "output_padding": "extra size on one side of the output",
    "dilation": "gap between window elements",
    "groups": "independent groups of channels",
    "pool_size": "side of the pooling window",
    "pool_stride": "step of the pooling window",
    "patch_size": "side of a patch",
    "patch_stride": "step between patches",
    "output_size": "spatial size after pooling",
    "norm_type": "exponent of the power average",
    "dropout": "probability of dropping an element",
    "negative_slope": "slope for negative inputs",
    "alpha": "scale of the negative part",
    "beta": "sharpness of the bend",
    "lambd": "values nearer to zero than this are shrunk away",
    "min_val": "lower bound",
    "max_val": "upper bound",
    "min_value": "lower bound of the clamp",
    "max_value": "upper bound of the clamp",
    "threshold": "values up to this are replaced",
    "value": "what replaces them",
    "scale_factor": "how many times larger the result is",
    "upscale_factor": "how many times larger the sides become",
    "downscale_factor": "how many times smaller the sides become",
    "pad_value": "what the border is filled with",
    "lower": "smallest random slope",
    "upper": "largest random slope",
    "lrn_size": "channels that are compared",
    "offset": "what is added everywhere",
    "factor": "what everything is multiplied by",
    "divisor": "what everything is divided by",
    "dim": "width of the block",
}


def describe(role: str) -> str:
    """What a parameter means, for docstrings."""
    return _DESCRIPTIONS.get(role) or _DESCRIPTIONS.get(role.rstrip("0123456789"), role.replace("_", " "))


class Lifter:
    """Renders constructor calls and collects the `__init__` parameters that they use."""

    def __init__(self, program: Program, rate: float) -> None:
        self.program = program
        self.random = program.rng.random
        self.rate = rate
        self.params: dict[str, int | float] = {}
        self.holding: dict[tuple[type, int | float], list[str]] = {}  # names of parameters by type and value

    def value(self, arg: Arg) -> str:
        """An argument's text."""
        value = arg.value
        if type(value) is int or type(value) is float:  # most are
            role = arg.role
            return (role and self.lift(role, value)) or repr(value)
        if isinstance(value, str):
            return value
        if isinstance(value, Make):
            return self.call(value)
        if isinstance(value, list):
            if value and all(item is value[0] for item in value) and isinstance(value[0], Make):
                return f"[{self.call(value[0])} for _ in range({len(value)})]"
            return "[" + ", ".join(self.value(Arg("", item)) for item in value) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(f'"{key}": {self.value(Arg("", item))}' for key, item in value.items()) + "}"
        return repr(value)

    def lift(self, role: str, value: int | float) -> str:
        """The parameter that stands for this value, or "" to keep the literal."""
        key, params = (type(value), value), self.params
        known = self.holding.get(key)
        if known:
            for name in known:
                if name == role or (name in _WIDTHS and role in _WIDTHS):
                    return name
        if len(params) >= 8 or self.random() >= self.rate:
            return ""
        for name in (role, *_ALTERNATIVES.get(role, ())):
            if name not in params:
                params[name] = value
                self.holding.setdefault(key, []).append(name)
                return name
        return ""

    def named(self, make: Make) -> str:
        """The class that builds it; a helper class is written out and given a name."""
        if not make.helper:
            return make.cls
        program = self.program
        program.idioms.append("helper class")
        name = program.claim(make.cls)
        program.helpers.append(make.helper.replace("{cls}", name))
        return name

    def call(self, make: Make) -> str:
        """The text that builds a module or a parameter."""
        return f"{self.named(make)}({', '.join(self.arguments(make))})"

    def arguments(self, make: Make) -> list[str]:
        """The arguments of a constructor, as written."""
        return [f"{a.name}={self.value(a)}" if a.name else self.value(a) for a in make.args]
