"""What a mutator works on, and the few questions that all of them ask of a program's syntax tree.

A mutator is a function of a `Work`: it changes the tree in place, deterministically for the work's random generator,
and returns nothing; whether it could change anything is seen from the text.  `attempt` counts from 0: a mutator whose
program did not run is asked again, and then does something smaller.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Tensor = tuple[tuple[int, ...], str]  # a tensor's shape and dtype; the dtype without "torch."


@dataclass
class Work:
    """A program being mutated; `edits` are applied to its text, in order, after the tree was written out."""

    tree: ast.Module
    entry: str
    rng: random.Random
    attempt: int = 0
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    single_output: bool = True
    edits: list[Callable[[str], str]] = field(default_factory=list)

    def text(self) -> str:
        """The program."""
        written = ast.unparse(ast.fix_missing_locations(self.tree)) + "\n"
        for edit in self.edits:
            written = edit(written)
        return written

    def fresh(self, stem: str) -> str:
        """A name that the program does not use yet."""
        used = names(self.tree)
        number = 1
        while f"{stem}_{number}" in used:
            number += 1
        return f"{stem}_{number}"


Mutator = Callable[[Work], None]


def parse(text: str) -> list[ast.stmt]:
    """Statements of a template."""
    return ast.parse(text).body


def expression(text: str, **parts: ast.expr) -> ast.expr:
    """The expression of a template; names among `parts` are replaced by copies of what is given for them."""
    root = ast.parse(text, mode="eval").body

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return copy.deepcopy(parts[node.id]) if node.id in parts else node

    filled: ast.expr = Fill().visit(root)
    return filled


def names(tree: ast.AST) -> set[str]:
    """Every identifier in the tree."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.arg | ast.keyword):
            found.add(node.arg or "")
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
    return found


def classes(tree: ast.Module) -> list[ast.ClassDef]:
    """The classes at the top level."""
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def find_class(tree: ast.Module, name: str) -> ast.ClassDef:
    """The class of that name."""
    return next(node for node in classes(tree) if node.name == name)


def method(owner: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """The class's own method of that name."""
    return next((node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == name), None)


def parameters(function: ast.FunctionDef) -> list[str]:
    """Names of the positional parameters, without self."""
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)][1:]


def self_attribute(node: ast.AST) -> str | None:
    """`name` where the node is `self.name`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return None


def dotted(node: ast.AST) -> str:
    """`torch.nn.functional.relu` as text; empty where it is no chain of names."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def library(node: ast.AST) -> tuple[str, str]:
    """Where a callee comes from, "nn", "F" or "torch", and its name there; empty strings for anything else."""
    path = dotted(node)
    for prefix, home in (("torch.nn.functional.", "F"), ("nn.functional.", "F"), ("torch.nn.", "nn"), ("F.", "F")):
        if path.startswith(prefix) and "." not in path[len(prefix) :]:
            return home, path[len(prefix) :]
    for prefix in ("nn.", "torch."):
        if path.startswith(prefix) and "." not in path[len(prefix) :]:
            return prefix[:-1], path[len(prefix) :]
    return "", ""


def is_docstring(node: ast.stmt) -> bool:
    """Whether it is a bare string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def after_super(init: ast.FunctionDef) -> int:
    """Where statements can be put into an __init__: behind the call of the base class's."""
    for index, statement in enumerate(init.body):
        if isinstance(statement, ast.Expr) and "super" in ast.unparse(statement):
            return index + 1
    return len(init.body)


def module_classes(tree: ast.Module) -> Iterator[tuple[ast.ClassDef, ast.FunctionDef, ast.FunctionDef]]:
    """Classes with an __init__ that calls its base's and a forward, with both."""
    for owner in classes(tree):
        init, forward = method(owner, "__init__"), method(owner, "forward")
        if init is not None and forward is not None and "super" in ast.unparse(init):
            yield owner, init, forward


def needs_import(tree: ast.Module, text: str) -> None:
    """Adds the import unless it is there."""
    if all(ast.unparse(node) != text for node in tree.body):
        tree.body.insert(0, parse(text)[0])
