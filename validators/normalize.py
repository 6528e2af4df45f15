"""A program's source with names, constants, docstrings and formatting taken away.  Torch-free.

Two programs with the same normal form differ only in what a person would call cosmetics.
"""

from __future__ import annotations

import ast
import hashlib

# Functions that describe the program's inputs, not what it computes.
_HARNESS = {"get_inputs", "get_init_inputs"}


def source_hash(source: str, entry_point: str, keep_constants: bool = True) -> str:
    """16 bytes of blake2b in hex over the normal form.  Raises SyntaxError.

    With `keep_constants` programs that differ in a number are different; without, they are the same (sizes and
    hyperparameters do not tell a benchmark problem from its copy).
    """
    tree = ast.parse(source)
    normal = _Normal(own_names(tree), keep_constants)
    parts = [
        ast.dump(normal.visit(node), annotate_fields=False) for node in tree.body if keep_constants or is_code(node)
    ]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def is_code(node: ast.stmt) -> bool:
    """Whether a statement of a program's top level says what it computes rather than on what."""
    return isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and node.name not in _HARNESS)


def own_names(tree: ast.Module) -> set[str]:
    """Names the program binds itself, imports aside: those it may choose freely."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names - {"__init__", "forward", "self", *_HARNESS}


class _Normal(ast.NodeTransformer):
    def __init__(self, own: set[str], keep_constants: bool) -> None:
        self.own = own
        self.keep_constants = keep_constants
        self.order: dict[str, str] = {}

    def _name(self, name: str) -> str:
        if name not in self.own:
            return name
        return self.order.setdefault(name, f"n{len(self.order)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._name(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            node.attr = self._name(node.attr)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._name(node.arg)
        node.annotation = None
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not self.keep_constants and not isinstance(node.value, bool | str) and node.value is not None:
            node.value = 0
        node.kind = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._name(node.name)
        node.returns = None
        _drop_docstring(node)
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._name(node.name)
        _drop_docstring(node)
        self.generic_visit(node)
        return node


def _drop_docstring(node: ast.FunctionDef | ast.ClassDef) -> None:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        node.body = node.body[1:] or [ast.Pass()]
