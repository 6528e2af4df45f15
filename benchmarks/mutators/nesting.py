"""The model inside another one: delegated to, split in two, or a part of something larger."""

from __future__ import annotations

import ast
import copy

from benchmarks.mutators.work import (
    Tensor,
    Work,
    find_class,
    is_docstring,
    method,
    needs_import,
    parameters,
    parse,
    self_attribute,
)


def wrap(work: Work) -> None:
    """A class around the model, a Sequential around it, or two modules that share its work."""
    ways = [_split, _delegate, _sequential]
    if work.rng.random() < 0.5 or work.attempt:
        ways = [_delegate, _sequential] if work.rng.random() < 0.5 else [_sequential, _delegate]
    for way in ways:
        if way(work):
            return


def embed(work: Work) -> None:
    """Layers before and behind the model, and a way around it, in a class of its own."""
    tensors = [_layers_before(work, tensor, number) for number, tensor in enumerate(work.inputs)]
    inner, init, _ = _signature(work)
    arguments = _forward_arguments(work)
    after_init, after = _layers_after(work)
    outer = work.fresh("Larger")
    body = [
        f"class {outer}(nn.Module):",
        f"    def __init__(self{init}):",
        "        super().__init__()",
        f"        self.part = {inner}({_passed(work)})",
    ]
    lines = []
    if tensors and arguments:
        for name, (setting, step) in zip(arguments, tensors, strict=False):
            body += [f"        {line}" for line in setting]
            lines += [line.replace("INPUT", name) for line in step]
            if step:
                break  # one tensor gets layers of its own
    body += [f"        {line}" for line in after_init]
    body.append(f"    def forward(self{_forward_signature(work)}):")
    given = arguments[0] if arguments else ""
    lines += [f"outcome = self.part({', '.join(arguments)})", *[line.replace("INPUT", given) for line in after]]
    body += [f"        {line}" for line in [*lines, "return outcome"]]
    _place(work, outer, "\n".join(body))


def _layers_before(work: Work, tensor: Tensor, number: int) -> tuple[list[str], list[str]]:
    """Statements of __init__ and forward that keep the tensor's shape; none for one that is not of numbers."""
    shape, dtype = tensor
    if not dtype.startswith("float") or len(shape) < 2 or work.attempt > 1:
        return [], []
    name = f"before_{number}"
    if len(shape) in (4, 5) and work.attempt == 0:
        rank, channels = len(shape) - 2, shape[1]
        setting = [
            f"self.{name} = nn.Conv{rank}d({channels}, {channels}, 3, padding=1)",
            f"self.{name}_norm = nn.BatchNorm{rank}d({channels})",
        ]
        return setting, [f"INPUT = F.relu(self.{name}_norm(self.{name}(INPUT)))"]
    setting = [f"self.{name} = nn.Linear({shape[-1]}, {shape[-1]})", f"self.{name}_act = nn.GELU()"]
    return setting, [f"INPUT = self.{name}_act(self.{name}(INPUT))"]


def _layers_after(work: Work) -> tuple[list[str], list[str]]:
    if not work.single_output or len(work.outputs) != 1 or not work.outputs[0][1].startswith("float"):
        return [], []
    shape = work.outputs[0][0]
    around = []
    if work.inputs and work.inputs[0][1].startswith("float"):
        same = work.inputs[0][0] == shape
        around = ["outcome = outcome + INPUT" if same else "outcome = outcome + INPUT.mean()"]
    if len(shape) < 2:
        return ["self.gain = nn.Parameter(torch.ones(1))"], [*around, "outcome = torch.tanh(outcome * self.gain)"]
    if len(shape) in (4, 5):
        rank = len(shape) - 2
        setting = [f"self.after = nn.Conv{rank}d({shape[1]}, 16, 1)", "self.after_norm = nn.GroupNorm(4, 16)"]
        return setting, [*around, "outcome = F.silu(self.after_norm(self.after(outcome)))"]
    setting = [f"self.after_norm = nn.LayerNorm({shape[-1]})", f"self.after = nn.Linear({shape[-1]}, 32)"]
    return setting, [*around, "outcome = torch.sigmoid(self.after(self.after_norm(outcome)))"]


def _delegate(work: Work) -> bool:
    inner, init, _ = _signature(work)
    outer = work.fresh("Outer")
    arguments = ", ".join(_forward_arguments(work))
    _place(
        work,
        outer,
        f"""class {outer}(nn.Module):
    def __init__(self{init}):
        super().__init__()
        self.held = {inner}({_passed(work)})

    def forward(self{_forward_signature(work)}):
        return self.held({arguments})
""",
    )
    return True


def _sequential(work: Work) -> bool:
    inner, init, _ = _signature(work)
    if len(work.inputs) != 1:
        return False
    outer = work.fresh("Chain")
    given = _forward_arguments(work)[0]
    _place(
        work,
        outer,
        f"""class {outer}(nn.Module):
    def __init__(self{init}):
        super().__init__()
        self.steps = nn.Sequential(nn.Identity(), {inner}({_passed(work)}), nn.Identity())

    def forward(self, {given}):
        return self.steps({given})
""",
    )
    return True


def _signature(work: Work) -> tuple[str, str, ast.FunctionDef | None]:
    """The class, the parameters of its __init__ as text, and that method."""
    init = method(find_class(work.tree, work.entry), "__init__")
    return work.entry, _arguments_text(init), init


def _arguments_text(function: ast.FunctionDef | None) -> str:
    if function is None:
        return ""
    arguments = copy.deepcopy(function.args)
    arguments.args = arguments.args[1:]
    written = ast.unparse(arguments)
    return f", {written}" if written else ""


def _passed(work: Work) -> str:
    init = method(find_class(work.tree, work.entry), "__init__")
    if init is None:
        return ""
    passed = parameters(init)
    if init.args.vararg:
        passed.append(f"*{init.args.vararg.arg}")
    passed += [f"{argument.arg}={argument.arg}" for argument in init.args.kwonlyargs]
    if init.args.kwarg:
        passed.append(f"**{init.args.kwarg.arg}")
    return ", ".join(passed)


def _forward_arguments(work: Work) -> list[str]:
    forward = method(find_class(work.tree, work.entry), "forward")
    return parameters(forward) if forward is not None else []


def _forward_signature(work: Work) -> str:
    return _arguments_text(method(find_class(work.tree, work.entry), "forward"))


def _place(work: Work, outer: str, text: str) -> None:
    """Puts the class behind the last one; it is the program's entry from now on."""
    position = 1 + max(index for index, node in enumerate(work.tree.body) if isinstance(node, ast.ClassDef))
    work.tree.body[position:position] = parse(text)
    needs_import(work.tree, "import torch.nn.functional as F")
    needs_import(work.tree, "import torch.nn as nn")
    needs_import(work.tree, "import torch")
    work.entry = outer


def _split(work: Work) -> bool:
    """The first statements of forward in one class, the rest in another; False where no place to cut is found."""
    owner = find_class(work.tree, work.entry)
    init, forward = method(owner, "__init__"), method(owner, "forward")
    if init is None or forward is None or len(forward.body) < 3:
        return False
    body = [item for item in forward.body if not is_docstring(item)]
    if not isinstance(body[-1], ast.Return) or any(
        isinstance(node, ast.Return) for item in body[:-1] for node in ast.walk(item)
    ):
        return False
    cuts = list(range(1, len(body)))
    work.rng.shuffle(cuts)
    built = _built(init)
    for cut in cuts:
        first, second = body[:cut], body[cut:]
        live = sorted(_read(second) & (_written(first) | set(parameters(forward))))
        used = [_attributes(part) for part in (first, second)]
        if not live or used[0] & used[1] & built or not (used[0] & built):
            continue
        if any(isinstance(node, ast.Call) and ast.unparse(node.func) == "self" for node in ast.walk(forward)):
            continue
        if _calls_method(owner, used[0] | used[1]):
            return False
        _write_split(work, owner, init, forward, (first, second), live, used)
        return True
    return False


def _write_split(
    work: Work,
    owner: ast.ClassDef,
    init: ast.FunctionDef,
    forward: ast.FunctionDef,
    parts: tuple[list[ast.stmt], list[ast.stmt]],
    live: list[str],
    used: list[set[str]],
) -> None:
    names = [work.fresh("FirstHalf"), work.fresh("SecondHalf")]
    built = _built(init)
    made = []
    for number, name in enumerate(names):
        part = copy.deepcopy(owner)
        part.name = name
        its_init, its_forward = method(part, "__init__"), method(part, "forward")
        assert its_init is not None and its_forward is not None
        its_init.body = [item for item in its_init.body if not (_sets(item) & built) or _sets(item) & used[number]] or [
            ast.Pass()
        ]
        its_forward.body = copy.deepcopy(parts[number])
        if number == 0:
            its_forward.body += parse(f"def f():\n    return {', '.join(live)}")[0].body  # type: ignore[attr-defined]
        else:
            its_forward.args = parse(f"def f(self, {', '.join(live)}): pass")[0].args  # type: ignore[attr-defined]
        for call in ast.walk(part):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "super":
                call.args = []
        made.append(part)
    passed = _passed(work)
    star = "*" if len(live) > 1 else ""
    arguments = ", ".join(parameters(forward))
    owner.body = parse(
        f"""class X(nn.Module):
    def __init__(self{_arguments_text(init)}):
        super().__init__()
        self.first_half = {names[0]}({passed})
        self.second_half = {names[1]}({passed})

    def forward(self{_arguments_text(forward)}):
        return self.second_half({star}self.first_half({arguments}))
"""
    )[0].body  # type: ignore[attr-defined]
    position = work.tree.body.index(owner)
    work.tree.body[position:position] = made


def _built(init: ast.FunctionDef) -> set[str]:
    """Attributes that the __init__ makes by a call: modules and parameters."""
    found = set()
    for node in ast.walk(init):
        if isinstance(node, ast.Assign) and any(isinstance(item, ast.Call) for item in ast.walk(node.value)):
            found |= _sets(node)
    return found


def _sets(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {name for target in targets if (name := self_attribute(target))}


def _attributes(body: list[ast.stmt]) -> set[str]:
    return {name for item in body for node in ast.walk(item) if (name := self_attribute(node))}


def _calls_method(owner: ast.ClassDef, used: set[str]) -> bool:
    return bool(used & {item.name for item in owner.body if isinstance(item, ast.FunctionDef)})


def _read(body: list[ast.stmt]) -> set[str]:
    return _names(body, ast.Load) - {"self"}


def _written(body: list[ast.stmt]) -> set[str]:
    return _names(body, ast.Store)


def _names(body: list[ast.stmt], context: type[ast.expr_context]) -> set[str]:
    return {
        node.id
        for item in body
        for node in ast.walk(item)
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }
