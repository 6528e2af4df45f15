"""Renames the entry class of a program through its syntax tree.

Only the exact spans of names that refer to the class change; comments, strings, formatting and everything
else stay byte for byte.  A name that merely looks the same (a parameter, a local, an attribute) is left.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def rename_class(source: str, old: str, new: str) -> str | None:
    """`source` with top-level class `old` called `new`, or None when that cannot be done faithfully."""
    if old == new:
        return source
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    if any(_mentions(node, new) for node in ast.walk(tree)):
        return None  # the new name is taken: two things would become one
    try:
        references = list(_references(tree, old, shadowed=False))
    except RecursionError:  # an expression nested a thousand deep
        return None
    data = source.encode("utf-8")
    starts = _line_starts(data)
    spans: set[tuple[int, int]] = set()
    for node in references:
        span = _span_of(node, old, data, starts)
        if span is None:
            return None
        spans.add(span)
    for start, end in sorted(spans, reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data.decode("utf-8")


def _mentions(node: ast.AST, name: str) -> bool:
    """Whether this node binds or reads `name`."""
    if isinstance(node, ast.Name):
        return node.id == name
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name == name
    if isinstance(node, ast.alias):
        return (node.asname or node.name.split(".")[0]) == name
    return isinstance(node, ast.arg) and node.arg == name


def _references(node: ast.AST, name: str, shadowed: bool) -> Iterator[ast.AST]:
    """Nodes below `node` that name the module-level `name`."""
    is_class = isinstance(node, ast.ClassDef) and node.name == name
    is_name = isinstance(node, ast.Name) and node.id == name
    is_global = isinstance(node, ast.Global) and name in node.names
    if is_global or ((is_class or is_name) and not shadowed):
        yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        # Defaults, decorators and annotations belong to the scope outside.
        inside = node.body if isinstance(node.body, list) else [node.body]
        hidden = _binds(node, name, shadowed)
        for child in ast.iter_child_nodes(node):
            yield from _references(child, name, hidden if child in inside else shadowed)
    elif isinstance(node, _COMPREHENSIONS):
        targets = [t for g in node.generators for t in ast.walk(g.target)]
        hidden = shadowed or any(isinstance(t, ast.Name) and t.id == name for t in targets)
        for child in ast.iter_child_nodes(node):
            yield from _references(child, name, hidden)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _references(child, name, shadowed)


def _binds(function: _Scope, name: str, shadowed: bool) -> bool:
    """Whether `name` is a local inside `function` (or stays one from outside)."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    if any(argument is not None and argument.arg == name for argument in every):
        return True
    if isinstance(function, ast.Lambda):
        return shadowed
    pending: list[ast.AST] = list(function.body)
    bound = False
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Global) and name in node.names:
            return False
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound |= node.name == name
            continue
        if isinstance(node, ast.Lambda):
            continue
        stored = isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        imported = isinstance(node, ast.alias) and (node.asname or node.name.split(".")[0]) == name
        caught = isinstance(node, ast.ExceptHandler) and node.name == name
        bound |= stored or imported or caught
        pending.extend(ast.iter_child_nodes(node))
    return bound or shadowed


def _line_starts(data: bytes) -> list[int]:
    """Byte offset of each line, as the parser counts lines: ends are \\n, \\r\\n and \\r."""
    return [0] + [match.end() for match in re.finditer(rb"\r\n|\n|\r", data)]


def _span_of(node: ast.AST, name: str, data: bytes, starts: list[int]) -> tuple[int, int] | None:
    start = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
    token = re.escape(name.encode())
    if isinstance(node, ast.ClassDef):
        found = re.compile(rb"class(?:[ \t\f]|\\\r?\n)+(" + token + rb")\b").match(data, start)
    elif isinstance(node, ast.Global):
        found = re.compile(rb"[^\n#;]*?\b(" + token + rb")\b").match(data, start)
    else:
        # Python 3.11 misplaces some names inside f-strings; then there is nothing exact to edit.
        found = re.compile(rb"(" + token + rb")(?![\w])").match(data, start)
    return found.span(1) if found else None
