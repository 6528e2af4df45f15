"""Layers as functions and functions as layers, containers unrolled: the same computation, written the other way."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

from benchmarks.mutators.work import Work, expression, library, module_classes, needs_import, parse, self_attribute


@dataclass(frozen=True)
class _Stateless:
    """A layer without parameters: its function and the names of its constructor's arguments in order."""

    function: str
    arguments: tuple[str, ...] = ()


_POOLED = ("kernel_size", "stride", "padding")
_STATELESS = {
    "ReLU": _Stateless("F.relu", ("inplace",)),
    "ReLU6": _Stateless("F.relu6", ("inplace",)),
    "Sigmoid": _Stateless("torch.sigmoid"),
    "Tanh": _Stateless("torch.tanh"),
    "GELU": _Stateless("F.gelu", ("approximate",)),
    "LeakyReLU": _Stateless("F.leaky_relu", ("negative_slope", "inplace")),
    "ELU": _Stateless("F.elu", ("alpha", "inplace")),
    "SELU": _Stateless("F.selu", ("inplace",)),
    "Softplus": _Stateless("F.softplus", ("beta", "threshold")),
    "Softsign": _Stateless("F.softsign"),
    "SiLU": _Stateless("F.silu", ("inplace",)),
    "Mish": _Stateless("F.mish", ("inplace",)),
    "Hardswish": _Stateless("F.hardswish", ("inplace",)),
    "Hardsigmoid": _Stateless("F.hardsigmoid", ("inplace",)),
    "Hardtanh": _Stateless("F.hardtanh", ("min_val", "max_val", "inplace")),
    "Softmax": _Stateless("F.softmax", ("dim",)),
    "LogSoftmax": _Stateless("F.log_softmax", ("dim",)),
    "AdaptiveAvgPool1d": _Stateless("F.adaptive_avg_pool1d", ("output_size",)),
    "AdaptiveAvgPool2d": _Stateless("F.adaptive_avg_pool2d", ("output_size",)),
    "AdaptiveAvgPool3d": _Stateless("F.adaptive_avg_pool3d", ("output_size",)),
    **{f"MaxPool{n}d": _Stateless(f"F.max_pool{n}d", (*_POOLED, "dilation")) for n in (1, 2, 3)},
    **{f"AvgPool{n}d": _Stateless(f"F.avg_pool{n}d", (*_POOLED, "ceil_mode")) for n in (1, 2, 3)},
}
_CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias")
_TRANSPOSED = (*_CONV[:5], "output_padding", "groups", "bias", "dilation")
_NORM = ("num_features", "eps", "momentum", "affine", "track_running_stats")


def to_functions(work: Work) -> int:
    """Layers that an __init__ makes and only this class's methods call become function calls; how many did."""
    done = 0
    for owner, init, _ in module_classes(work.tree):
        for statement in list(init.body):
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                continue
            name = self_attribute(statement.targets[0])
            if name is None or not isinstance(statement.value, ast.Call):
                continue
            home, layer = library(statement.value.func)
            calls = _calls(owner, name)
            if home != "nn" or not calls or (work.attempt and work.rng.random() < 0.5):
                continue
            made = _as_function(work, name, layer, statement.value)
            if made is None:
                continue
            setting, call = made
            position = init.body.index(statement)
            init.body[position : position + 1] = parse(setting)
            for use in calls:
                new = expression(call, INPUT=use.args[0])
                use.func, use.args, use.keywords = new.func, new.args, new.keywords  # type: ignore[attr-defined]
                use.done = True  # type: ignore[attr-defined]
            done += 1
    return done


def _calls(owner: ast.ClassDef, name: str) -> list[ast.Call]:
    """Calls of that layer with one argument; none if anything else is done with it."""
    calls = [
        node
        for node in ast.walk(owner)
        if isinstance(node, ast.Call)
        and self_attribute(node.func) == name
        and len(node.args) == 1
        and not node.keywords
    ]
    uses = [node for node in ast.walk(owner) if self_attribute(node) == name]
    return calls if len(uses) == len(calls) + 1 else []


def _given(call: ast.Call, order: tuple[str, ...]) -> dict[str, str] | None:
    """The constructor's arguments by name, as text; None where they are not all known."""
    if any(keyword.arg is None for keyword in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    if len(call.args) > len(order):
        return None
    given = {name: ast.unparse(value) for name, value in zip(order, call.args, strict=False)}
    return given | {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords}


def _as_function(work: Work, name: str, layer: str, call: ast.Call) -> tuple[str, str] | None:
    if layer in _STATELESS:
        known = _STATELESS[layer]
        given = _given(call, known.arguments)
        if given is None:
            return None
        given.pop("inplace", None)
        if not given:
            return "pass", _activation(work, layer) or f"{known.function}(INPUT)"
        options = ", ".join(f"{key}={value}" for key, value in given.items())
        return f"self.{name}_options = dict({options})", f"{known.function}(INPUT, **self.{name}_options)"
    if layer == "Linear":
        return _linear(work, name, _given(call, ("in_features", "out_features", "bias")))
    if layer in ("Conv1d", "Conv2d", "Conv3d"):
        return _conv(name, int(layer[-2]), _given(call, _CONV), transposed=False)
    if layer in ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"):
        return _conv(name, int(layer[-2]), _given(call, _TRANSPOSED), transposed=True)
    if layer in ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"):
        return _batch_norm(name, _given(call, _NORM))
    if layer == "GroupNorm":
        return _group_norm(name, _given(call, ("num_groups", "num_channels", "eps", "affine")))
    if layer == "LayerNorm":
        return _layer_norm(name, _given(call, ("normalized_shape", "eps", "elementwise_affine", "bias")))
    if layer in ("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"):
        given = _given(call, _NORM)
        if given is None or given.keys() & {"affine", "track_running_stats"}:
            return None
        return f"self.{name}_eps = {given.get('eps', '1e-5')}", f"F.instance_norm(INPUT, eps=self.{name}_eps)"
    return None


def _activation(work: Work, layer: str) -> str | None:
    """One of the other spellings of an activation without arguments."""
    spellings = {
        "ReLU": (
            "torch.relu(INPUT)",
            "INPUT.relu()",
            "INPUT.clamp(min=0)",
            "torch.clamp(INPUT, min=0.0)",
            "F.relu(INPUT)",
        ),
        "Sigmoid": ("INPUT.sigmoid()", "torch.sigmoid(INPUT)", "F.sigmoid(INPUT)"),
        "Tanh": ("INPUT.tanh()", "torch.tanh(INPUT)", "F.tanh(INPUT)"),
        "ReLU6": ("F.relu6(INPUT)", "INPUT.clamp(0, 6)", "F.hardtanh(INPUT, 0.0, 6.0)"),
    }
    return work.rng.choice(spellings[layer]) if layer in spellings else None


def _bias(name: str, size: str, flag: str | None) -> str:
    made = f"nn.Parameter(torch.zeros({size}))"
    if flag in (None, "True"):
        return f"self.{name}_bias = {made}"
    return f"self.{name}_bias = None" if flag == "False" else f"self.{name}_bias = {made} if {flag} else None"


def _linear(work: Work, name: str, given: dict[str, str] | None) -> tuple[str, str] | None:
    if given is None or not {"in_features", "out_features"} <= given.keys() <= {"in_features", "out_features", "bias"}:
        return None
    rows, columns, flag = given["out_features"], given["in_features"], given.get("bias")
    bias = _bias(name, rows, flag)
    plain = f"F.linear(INPUT, self.{name}_weight, self.{name}_bias)"
    setting = f"self.{name}_weight = nn.Parameter(torch.randn({rows}, {columns}) * 0.02)\n{bias}"
    if flag not in (None, "True", "False") or work.rng.random() < 0.5:
        return setting, plain
    product = work.rng.choice((f"torch.matmul(INPUT, self.{name}_weight.t())", f"INPUT @ self.{name}_weight.T"))
    if flag == "False":
        return setting, f"torch.matmul(INPUT, self.{name}_weight.t())"
    return setting, f"torch.add({product}, self.{name}_bias)"


def _conv(name: str, rank: int, given: dict[str, str] | None, transposed: bool) -> tuple[str, str] | None:
    known = set(_TRANSPOSED if transposed else _CONV)
    if given is None or not {"in_channels", "out_channels", "kernel_size"} <= given.keys() <= known:
        return None
    groups = given.get("groups", "1")
    first, second = given["out_channels"], given["in_channels"]
    if transposed:
        first, second = second, first
    setting = (
        f"{name}_extent = {given['kernel_size']}\n"
        f"{name}_extent = {name}_extent if isinstance({name}_extent, tuple) else ({name}_extent,) * {rank}\n"
        f"self.{name}_weight = nn.Parameter(torch.randn({first}, ({second}) // ({groups}), *{name}_extent) * 0.02)\n"
        f"{_bias(name, given['out_channels'], given.get('bias'))}\n"
    )
    options = {key: given[key] for key in ("stride", "padding", "output_padding", "dilation", "groups") if key in given}
    setting += f"self.{name}_options = dict({', '.join(f'{key}={value}' for key, value in options.items())})"
    function = f"F.conv_transpose{rank}d" if transposed else f"F.conv{rank}d"
    return setting, f"{function}(INPUT, self.{name}_weight, self.{name}_bias, **self.{name}_options)"


def _batch_norm(name: str, given: dict[str, str] | None) -> tuple[str, str] | None:
    if given is None or not {"num_features"} <= given.keys() <= {"num_features", "eps", "momentum"}:
        return None
    size = given["num_features"]
    setting = (
        f"self.{name}_weight = nn.Parameter(torch.ones({size}))\nself.{name}_bias = nn.Parameter(torch.zeros({size}))\n"
        f"self.register_buffer('{name}_mean', torch.zeros({size}))\n"
        f"self.register_buffer('{name}_var', torch.ones({size}))\n"
        f"self.{name}_eps = {given.get('eps', '1e-5')}"
    )
    call = (
        f"F.batch_norm(INPUT, self.{name}_mean, self.{name}_var, weight=self.{name}_weight, bias=self.{name}_bias, "
        f"training=self.training, eps=self.{name}_eps)"
    )
    return setting, call


def _group_norm(name: str, given: dict[str, str] | None) -> tuple[str, str] | None:
    if given is None or not {"num_groups", "num_channels"} <= given.keys() <= {"num_groups", "num_channels", "eps"}:
        return None
    size = given["num_channels"]
    setting = (
        f"self.{name}_weight = nn.Parameter(torch.ones({size}))\nself.{name}_bias = nn.Parameter(torch.zeros({size}))\n"
        f"self.{name}_groups, self.{name}_eps = ({given['num_groups']}, {given.get('eps', '1e-5')})"
    )
    return setting, f"F.group_norm(INPUT, self.{name}_groups, self.{name}_weight, self.{name}_bias, self.{name}_eps)"


def _layer_norm(name: str, given: dict[str, str] | None) -> tuple[str, str] | None:
    if given is None or not {"normalized_shape"} <= given.keys() <= {"normalized_shape", "eps"}:
        return None
    setting = (
        f"{name}_over = {given['normalized_shape']}\n"
        f"self.{name}_over = ({name}_over,) if isinstance({name}_over, int) else tuple({name}_over)\n"
        f"self.{name}_weight = nn.Parameter(torch.ones(self.{name}_over))\n"
        f"self.{name}_bias = nn.Parameter(torch.zeros(self.{name}_over))\nself.{name}_eps = {given.get('eps', '1e-5')}"
    )
    return setting, f"F.layer_norm(INPUT, self.{name}_over, self.{name}_weight, self.{name}_bias, self.{name}_eps)"


_LAYERS = {
    "relu": ("nn.ReLU", ()),
    "sigmoid": ("nn.Sigmoid", ()),
    "tanh": ("nn.Tanh", ()),
    "gelu": ("nn.GELU", ()),
    "mish": ("nn.Mish", ()),
    "selu": ("nn.SELU", ()),
    "softplus": ("nn.Softplus", ()),
    "hardswish": ("nn.Hardswish", ()),
    "hardsigmoid": ("nn.Hardsigmoid", ()),
    "leaky_relu": ("nn.LeakyReLU", ("negative_slope",)),
    "elu": ("nn.ELU", ("alpha",)),
    "hardtanh": ("nn.Hardtanh", ("min_val", "max_val")),
    "softmax": ("nn.Softmax", ("dim",)),
    "log_softmax": ("nn.LogSoftmax", ("dim",)),
    "adaptive_avg_pool2d": ("nn.AdaptiveAvgPool2d", ("output_size",)),
    "max_pool2d": ("nn.MaxPool2d", _POOLED),
}


def to_layers(work: Work) -> int:
    """Function calls of a forward whose options are literal become layers of the class; how many did."""
    done = 0
    for _, init, forward in module_classes(work.tree):
        for node in ast.walk(forward):
            home, name = library(node.func) if isinstance(node, ast.Call) else ("", "")
            if home not in ("F", "torch") or name not in _LAYERS or hasattr(node, "done"):
                continue
            assert isinstance(node, ast.Call)
            layer, order = _LAYERS[name]
            given = _given(node, ("input", *order))
            if given is None or not node.args or not _all_literal(node):
                continue
            given.pop("input")
            given.pop("inplace", None)
            if not given.keys() <= set(order):
                continue
            attribute = work.fresh(f"{name}_layer")
            options = ", ".join(f"{key}={value}" for key, value in given.items())
            init.body += parse(f"self.{attribute} = {layer}({options})")
            node.func, node.args, node.keywords = expression(f"self.{attribute}"), node.args[:1], []
            done += 1
    return done


def _all_literal(call: ast.Call) -> bool:
    options = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    return all(not any(isinstance(item, ast.Name) for item in ast.walk(option)) for option in options)


def unroll_containers(work: Work) -> int:
    """Sequentials become their layers one by one, or a loop over a ModuleList where those are not written out."""
    done = 0
    for owner, init, _ in module_classes(work.tree):
        for statement in list(init.body):
            made = statement.value if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
            if not isinstance(made, ast.Call) or library(made.func) != ("nn", "Sequential") or made.keywords:
                continue
            name = self_attribute(statement.targets[0])  # type: ignore[attr-defined]
            calls = _calls(owner, name) if name else []
            if not calls or name is None:
                continue
            position = init.body.index(statement)
            if any(isinstance(layer, ast.Starred) for layer in made.args):
                made.func, made.args = expression("nn.ModuleList"), [ast.List(made.args, ast.Load())]
                needs_import(work.tree, "import functools")
                form = f"functools.reduce(lambda value, step: step(value), self.{name}, INPUT)"
            else:
                parts = [f"{name}_{number}" for number in range(len(made.args))]
                new = [parse(f"self.{part} = None")[0] for part in parts]
                for target, layer in zip(new, made.args, strict=True):
                    target.value = layer  # type: ignore[attr-defined]
                init.body[position : position + 1] = new
                form = "INPUT"
                for part in parts:
                    form = f"self.{part}({form})"
            for use in calls:
                replaced = expression(form, INPUT=use.args[0])
                use.func, use.args, use.keywords = replaced.func, replaced.args, replaced.keywords  # type: ignore[attr-defined]
            done += 1
    return done


def join_into_sequential(work: Work) -> int:
    """Two layers that follow one another in a forward are called as one Sequential; how many pairs were."""
    done = 0
    for owner, init, forward in module_classes(work.tree):
        made = {
            name
            for item in init.body
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call) and library(item.value.func)[0] == "nn"
            for target in item.targets
            if (name := self_attribute(target))
        }
        index = 0
        while index + 1 < len(forward.body):
            first, second = _step(forward.body[index]), _step(forward.body[index + 1])
            index += 1
            if first is None or second is None or first[0] != second[0] or not {first[2], second[2]} <= made:
                continue
            if second[1] != first[0] or not (_calls(owner, first[2]) and _calls(owner, second[2])):
                continue
            joined = work.fresh("joined")
            init.body += parse(f"self.{joined} = nn.Sequential(self.{first[2]}, self.{second[2]})")
            new = parse(f"{first[0]} = self.{joined}({first[1]})")
            forward.body[index - 1 : index + 1] = new
            done += 1
    return done


def _step(node: ast.stmt) -> tuple[str, str, str] | None:
    """Target, argument and layer of `x = self.layer(x)`."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        call = node.value
        if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
            layer, given = self_attribute(call.func), call.args[0]
            if layer and isinstance(given, ast.Name):
                return node.targets[0].id, given.id, layer
    return None


def rewrite(work: Work) -> None:
    """All of this, then other spellings of what is left: `spelling.respell`."""
    from benchmarks.mutators.spelling import respell

    before = copy.deepcopy(work.tree)
    needs_import(work.tree, "import torch.nn.functional as F")
    if work.rng.random() < 0.3 and work.attempt == 0:
        changed = join_into_sequential(work) + to_layers(work)
    else:
        changed = unroll_containers(work) + to_functions(work) + to_layers(work)
    changed += respell(work) if work.attempt < 2 else 0
    if not changed:
        work.tree = before
