"""Other names, other text: what a reader sees changes, the syntax tree does not."""

from __future__ import annotations

import ast
import re

from benchmarks.mutators.work import Work, classes, is_docstring, self_attribute

_WORDS = ("alpha", "block", "core", "delta", "field", "gate", "head", "item", "joint", "knot", "lane", "mesh", "node")
_KEPT = {"self", "forward", "get_inputs", "get_init_inputs", "cls", "_"}


def rename(work: Work) -> None:
    """Classes, functions, attributes, variables and arguments; a later attempt leaves attributes alone."""
    attributes = _attributes(work.tree) if work.attempt == 0 else set()
    defined = _defined(work.tree)
    words = list(_WORDS)
    work.rng.shuffle(words)
    new: dict[str, str] = {}
    for number, name in enumerate(sorted(defined | attributes)):
        word = f"{words[number % len(words)]}{number}"
        new[name] = word.capitalize() if name[:1].isupper() and len(name) > 1 else word
    _Renamer(new, defined, attributes).visit(work.tree)
    work.entry = new.get(work.entry, work.entry)


def _imported(tree: ast.Module) -> set[str]:
    return {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _defined(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    in_classes = {
        target.id
        for owner in classes(tree)
        for node in owner.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    methods = {
        node.name for owner in classes(tree) for node in owner.body if isinstance(node, ast.FunctionDef)
    }  # reached as attributes
    kept = _KEPT | in_classes | (methods - _attributes(tree)) | _imported(tree)
    return {name for name in found - kept if not name.startswith("__")}


def _attributes(tree: ast.Module) -> set[str]:
    """Attributes that the program itself gives its modules."""
    found = set()
    for node in ast.walk(tree):
        name = self_attribute(node)
        if name and isinstance(getattr(node, "ctx", None), ast.Store):
            found.add(name)
        if isinstance(node, ast.Call) and _by_string(node):
            found.add(str(node.args[_by_string(node) - 1].value))  # type: ignore[attr-defined]
    return {name for name in found - _KEPT if not name.startswith("__")}


def _by_string(call: ast.Call) -> int:
    """The place, from 1, of an argument that names an attribute; 0 for none."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = {"register_buffer": 1, "register_parameter": 1, "hasattr": 2, "getattr": 2, "setattr": 2}.get(name, 0)
    if place and len(call.args) >= place:
        given = call.args[place - 1]
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            return place
    return 0


class _Renamer(ast.NodeTransformer):
    def __init__(self, new: dict[str, str], defined: set[str], attributes: set[str]) -> None:
        self.new, self.defined, self.attributes = new, defined, attributes

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.defined:
            node.id = self.new[node.id]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.generic_visit(node)
        if node.arg in self.defined:
            node.arg = self.new[node.arg]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        ours = self_attribute(node) in self.attributes
        others = node.attr in self.attributes and node.attr not in _TORCH_ATTRIBUTES
        self.generic_visit(node)
        if ours or others:
            node.attr = self.new[node.attr]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.new.get(node.name, node.name) if node.name in self.defined else node.name
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.new[node.name] if node.name in self.defined else node.name
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        place = _by_string(node)
        if place and node.args[place - 1].value in self.attributes:  # type: ignore[attr-defined]
            name = node.args[place - 1].value  # type: ignore[attr-defined]
            node.args[place - 1] = ast.Constant(self.new[name])
        callee = node.func.id if isinstance(node.func, ast.Name) else self_attribute(node.func) or ""
        own = callee in self.defined or callee in self.attributes or "super()" in ast.unparse(node.func)
        if own or self_attribute(node.func):
            for keyword in node.keywords:
                if keyword.arg in self.defined:
                    keyword.arg = self.new[keyword.arg]
        self.generic_visit(node)
        return node


#: of tensors and modules; those a benchmark's programs reach on something that is not self
_TORCH_NAMES = """
    T data device dim dtype shape size view weight bias mean std norm scale softmax transpose relu add mul sub
    div sum flatten linear dropout layer_norm conv1d conv2d conv3d groups stride padding max min clamp tanh
    sigmoid matmul bmm split unfold expand float sin cos exp pool
    """
_TORCH_ATTRIBUTES = frozenset(_TORCH_NAMES.split())


def reformat(work: Work) -> None:
    """Docstrings, comments, annotations, imports, quotes, indentation and blank lines."""
    rng = work.rng
    for node in ast.walk(work.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            node.body = [item for item in node.body if not is_docstring(item)] or [ast.Pass()]
            if rng.random() < 0.4:
                node.body.insert(0, ast.Expr(ast.Constant(rng.choice(_PROSE))))
        if isinstance(node, ast.FunctionDef):
            _annotate(node, rng.random() < 0.5)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super":
            node.args = []
    imports = {
        "import torch.nn as nn": "from torch import nn",
        "import torch.nn.functional as F": "from torch.nn import functional as F",
    }
    width, seed = rng.choice((2, 3, 4)), rng.random()

    def edit(text: str) -> str:
        lines = []
        for number, line in enumerate(text.splitlines()):
            line = imports.get(line, line)
            stripped = line.lstrip()
            line = " " * ((len(line) - len(stripped)) // 4 * width) + stripped
            if '"""' not in line and "'" in line and '"' not in line and "\\" not in line:
                line = line.replace("'", '"')
            if (number * 7 + int(seed * 100)) % 11 == 0 and stripped and '"""' not in line:
                line += "  # " + _PROSE[number % len(_PROSE)].lower()
            lines.append(line)
        joined = "# -*- coding: utf-8 -*-\n" + "\n".join(lines) + "\n"
        return re.sub(r"\n\n+", "\n\n\n", joined)

    work.edits.append(edit)


_PROSE = ("Part of the network.", "See above.", "Kept small on purpose.", "Works on batches.", "Plain version.")


def _annotate(function: ast.FunctionDef, with_hints: bool) -> None:
    for argument in function.args.args:
        if argument.arg == "self":
            continue
        argument.annotation = ast.parse("torch.Tensor", mode="eval").body if with_hints else None
        if function.name != "forward":
            argument.annotation = None
    function.returns = ast.Constant(None) if with_hints and function.name == "__init__" else None
