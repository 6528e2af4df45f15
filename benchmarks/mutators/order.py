"""The same statements and operands in another order, wherever the order says nothing."""

from __future__ import annotations

import ast
import random

from benchmarks.mutators.work import Work, classes, dotted, is_docstring, library, self_attribute

_BARRIERS = (ast.Return, ast.Raise, ast.Global, ast.Nonlocal, ast.Break, ast.Continue, ast.Yield, ast.Lambda)
_COMMUTATIVE_CALLS = {"add", "mul", "multiply", "maximum", "minimum"}


def reorder(work: Work) -> None:
    """Statements, methods, classes, functions, keyword arguments and operands of commutative operators."""
    rng = work.rng
    for owner in classes(work.tree):
        for item in owner.body:
            if isinstance(item, ast.FunctionDef):
                item.body = _shuffled(item.body, rng)
                if item.name != "__init__":
                    _swap(item, rng)
        first = [item for item in owner.body if not isinstance(item, ast.FunctionDef) or item.decorator_list]
        methods = [item for item in owner.body if item not in first]
        rng.shuffle(methods)
        owner.body = [*first, *methods]
    for node in ast.walk(work.tree):
        if isinstance(node, ast.Call) and all(keyword.arg for keyword in node.keywords):
            rng.shuffle(node.keywords)
    work.tree.body = _shuffled_top(work.tree.body, rng)


def _shuffled_top(body: list[ast.stmt], rng: random.Random) -> list[ast.stmt]:
    """Imports first; then what is read while the module is executed comes before what reads it."""
    head = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom) or is_docstring(node)]
    rest = [node for node in body if node not in head]
    needs = []
    for node in rest:
        if isinstance(node, ast.FunctionDef):
            needs.append({name.id for default in node.args.defaults for name in _loads(default)})
        elif isinstance(node, ast.ClassDef):
            inner = [item for item in node.body if not isinstance(item, ast.FunctionDef)]
            defaults = [d for m in node.body if isinstance(m, ast.FunctionDef) for d in m.args.defaults]
            needs.append({name.id for part in (*node.bases, *inner, *defaults) for name in _loads(part)})
        elif isinstance(node, ast.Assign):
            needs.append({name.id for name in _loads(node)})
        else:
            return body  # a statement that does things
    gives = [_given(node) for node in rest]
    if len(set().union(*gives)) < sum(map(len, gives)):
        return body  # a name is given twice
    before = [[j for j in range(len(rest)) if j != i and gives[j] & needs[i]] for i in range(len(rest))]
    return head + [rest[i] for i in _order(before, rng)]


def _given(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return {node.name}
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}


def _loads(node: ast.AST) -> list[ast.Name]:
    return [name for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)]


def _order(before: list[list[int]], rng: random.Random) -> list[int]:
    """An order that keeps every index behind those of `before`, drawn at random."""
    placed: list[int] = []
    while len(placed) < len(before):
        ready = [i for i in range(len(before)) if i not in placed and all(j in placed for j in before[i])]
        if not ready:  # a circle: names that are read only later; the given order is right
            return list(range(len(before)))
        placed.append(rng.choice(ready))
    return placed


def _shuffled(body: list[ast.stmt], rng: random.Random) -> list[ast.stmt]:
    """Statements, each still behind those that it depends on."""
    before: list[list[int]] = []
    effects = [_effects(node) for node in body]
    for i, mine in enumerate(effects):
        depends = []
        for j in range(i):
            theirs = effects[j]
            if mine is None or theirs is None or theirs[1] & (mine[0] | mine[1]) or mine[1] & theirs[0]:
                depends.append(j)
        before.append(depends)
    return [body[i] for i in _order(before, rng)]


def _effects(node: ast.stmt) -> tuple[set[str], set[str]] | None:
    """Names read and written; None where that is not known and the statement stays where it is."""
    plain = isinstance(node, ast.Assign | ast.AnnAssign | ast.Assert) or _is_call_on_name(node)
    inner = list(ast.walk(node))
    if not plain or any(isinstance(item, _BARRIERS) for item in inner):
        return None
    if any(isinstance(item, ast.Call) and _writes_in_place(item) for item in inner):
        return None
    reads: set[str] = set()
    writes: set[str] = set()
    whole_self = 0
    for item in inner:
        name = self_attribute(item)
        if name:
            whole_self -= 1
            (writes if isinstance(item.ctx, ast.Store) else reads).add("self." + name)  # type: ignore[attr-defined]
        elif isinstance(item, ast.Name):
            whole_self += item.id == "self"
            (writes if isinstance(item.ctx, ast.Store) else reads).add(item.id)
        elif isinstance(item, ast.Subscript) and isinstance(item.ctx, ast.Store):
            return None
    reads.discard("self")
    if whole_self > 0 or any(isinstance(item, ast.Call) and self_attribute(item.func) for item in inner):
        # A method of the model or one of its modules: it may read or change anything of the model.
        own = {item.func.attr for item in inner if isinstance(item, ast.Call) and self_attribute(item.func)}  # type: ignore[attr-defined]
        return None if whole_self > 0 or any(name.startswith(("_", "register")) for name in own) else (reads, writes)
    if isinstance(node, ast.Expr):
        writes |= reads
    return reads, writes


def _is_call_on_name(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and "super" not in ast.unparse(node)


def _writes_in_place(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr.endswith("_") and not call.func.attr.endswith("__"):
        return True
    return any(keyword.arg == "inplace" for keyword in call.keywords) and library(call.func)[0] != "nn"


def _swap(function: ast.FunctionDef, rng: random.Random) -> None:
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
            sides = (node.left, node.right)
            if not any(_is_sequence(item) for side in sides for item in ast.walk(side)):
                node.left, node.right = node.right, node.left
        elif (
            isinstance(node, ast.Call)
            and dotted(node.func).removeprefix("torch.") in _COMMUTATIVE_CALLS
            and len(node.args) == 2
            and not any(isinstance(given, ast.Constant | ast.UnaryOp) for given in node.args)
        ):
            node.args.reverse()


def _is_sequence(node: ast.AST) -> bool:
    """Of something that `+` joins in order, or that might be; and of strings."""
    if isinstance(node, ast.Attribute):
        return node.attr in ("shape", "size")
    return isinstance(node, ast.List | ast.Tuple | ast.JoinedStr | ast.ListComp | ast.Lambda) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
