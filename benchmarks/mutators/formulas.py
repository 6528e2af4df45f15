"""Operators as their definitions, and values through operations that give them back: harder than the other disguises.

Definitions are those of torch's documentation for each function.
"""

from __future__ import annotations

import ast

from benchmarks.mutators.functional import to_functions, unroll_containers
from benchmarks.mutators.spelling import Speller
from benchmarks.mutators.work import Work, classes, expression, library, needs_import, parameters

#: of functions of one tensor, called with nothing else
_DEFINITIONS = {
    "relu": ("(X + X.abs()) * 0.5", "torch.where(X > 0, X, torch.zeros_like(X))", "torch.maximum(X, X * 0)"),
    "sigmoid": ("1 / (1 + torch.exp(-X))", "(torch.tanh(X / 2) + 1) / 2"),
    "tanh": ("2 * torch.sigmoid(2 * X) - 1", "(torch.exp(2 * X) - 1) / (torch.exp(2 * X) + 1)"),
    "gelu": ("X * 0.5 * (1 + torch.erf(X * 0.7071067811865476))",),
    "mish": ("X * torch.tanh(F.softplus(X))", "X * torch.tanh(torch.log1p(torch.exp(X)))"),
    "silu": ("X * torch.sigmoid(X)", "X / (1 + torch.exp(-X))"),
    "hardswish": ("X * F.relu6(X + 3) / 6", "X * F.hardsigmoid(X)", "X * torch.clamp(X + 3, 0, 6) / 6"),
    "hardsigmoid": ("F.relu6(X + 3) / 6",),
    "relu6": ("torch.clamp(X, 0, 6)",),
    "softplus": ("torch.log1p(torch.exp(X))", "torch.log(1 + torch.exp(X))"),
    "sqrt": ("X ** 0.5", "torch.exp(0.5 * torch.log(X))"),
    "abs": ("torch.maximum(X, -X)", "X * torch.sign(X)"),
}
#: the same of functions of a tensor along a dimension
_ALONG = {
    "softmax": (
        "torch.exp(X) / torch.exp(X).sum(dim=D, keepdim=True)",
        "torch.exp(X - torch.logsumexp(X, dim=D, keepdim=True))",
        "torch.log_softmax(X, dim=D).exp()",
    ),
    "log_softmax": ("X - torch.logsumexp(X, dim=D, keepdim=True)", "torch.log(torch.softmax(X, dim=D))"),
}
_NOTHING_TO_ANY = ("X.clone()", "X.contiguous()", "X.unsqueeze(0).squeeze(0)")
_NOTHING = ("X * 1.0", "X + 0.0", "-(-X)", "X / 1", *_NOTHING_TO_ANY)


def formulas(work: Work) -> None:
    """Activations, softmaxes and products as what they are by definition; layers become functions first."""
    needs_import(work.tree, "import torch.nn.functional as F")
    unroll_containers(work)
    to_functions(work)
    for function, speller in _forwards(work):
        function.body = [_Definitions(work, speller).visit(statement) for statement in function.body]


def neutral(work: Work) -> None:
    """Results of layers and functions go through operations that change no value."""
    for function, speller in _forwards(work):
        function.body = [_Neutral(work, speller).visit(statement) for statement in function.body]


def _forwards(work: Work) -> list[tuple[ast.FunctionDef, Speller]]:
    found = []
    for owner in classes(work.tree):
        for item in owner.body:
            if isinstance(item, ast.FunctionDef) and item.name == "forward":
                speller = Speller(work, set(parameters(item)))
                speller.learn(item)
                found.append((item, speller))
    return found


class _Definitions(ast.NodeTransformer):
    def __init__(self, work: Work, speller: Speller) -> None:
        self.work, self.speller = work, speller

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        home, name = library(node.func)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        if home not in ("F", "torch") or (self.work.attempt and self.work.rng.random() < 0.5):
            return node
        if name in _DEFINITIONS and len(node.args) == 1 and keywords.keys() <= {"inplace"}:
            return expression(self.work.rng.choice(_DEFINITIONS[name]), X=node.args[0])
        along = keywords.get("dim") or (node.args[1] if len(node.args) == 2 else None)
        if name in _ALONG and along is not None and len(node.args) + len(keywords) == 2:
            return expression(self.work.rng.choice(_ALONG[name]), X=node.args[0], D=along)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        left = self.speller.is_tensor(node.left)
        self.generic_visit(node)
        if left and isinstance(node.op, ast.Div):
            form = self.work.rng.choice(("X * (Y ** -1)", "X / Y"))
            return expression(form, X=node.left, Y=node.right)
        if left and isinstance(node.op, ast.Sub):
            return expression(self.work.rng.choice(("X + (-1) * Y", "-(Y - X)", "X + (-Y)")), X=node.left, Y=node.right)
        return node


class _Neutral(ast.NodeTransformer):
    """Of assigned values that are tensors beyond doubt; inputs may be whole numbers, so they are left alone."""

    def __init__(self, work: Work, speller: Speller) -> None:
        self.work, self.speller = work, speller

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        one = len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        layer = isinstance(node.value, ast.Call) and ast.unparse(node.value.func).startswith("self.")
        if one and (layer or self.speller.is_tensor(node.value)) and self._drawn():
            node.value = self._through(node.value)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if isinstance(node.value, ast.Call | ast.BinOp | ast.Name) and self._drawn():
            node.value = self._through(node.value)
        return node

    def _drawn(self) -> bool:
        return self.work.rng.random() < (0.8 if self.work.attempt == 0 else 0.3)

    def _through(self, value: ast.expr) -> ast.expr:
        floats = all(dtype.startswith("float") for _, dtype in self.work.outputs)
        return expression(self.work.rng.choice(_NOTHING if floats else _NOTHING_TO_ANY), X=value)
