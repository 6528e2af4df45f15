"""Stage CONTRACT: is the text a program of the form we keep?  Torch-free, nothing is executed.

The contract: one `nn.Module` class with a `forward`, `get_inputs()` and `get_init_inputs()`, all at the top level.
"""

from __future__ import annotations

import ast

from validators.verdict import Program, Reason, Stage, Verdict

MAX_SOURCE_BYTES = 256 * 1024  # far above any module a person writes; keeps ast's recursion and memory small


def check(program: Program) -> Verdict:
    """Judge the text of `program`.  Metrics: `lines`."""

    def refuse(reason: Reason, detail: str = "") -> Verdict:
        return Verdict(Stage.CONTRACT, False, reason, detail)

    if len(program.source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        return refuse(Reason.SYNTAX_ERROR, f"the source is larger than {MAX_SOURCE_BYTES} bytes")
    try:
        tree = ast.parse(program.source)
    except SyntaxError as error:
        return refuse(Reason.SYNTAX_ERROR, f"line {error.lineno}: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return refuse(Reason.SYNTAX_ERROR, f"{type(error).__name__}: {error}")
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)} | _assigned(tree)
    if program.entry_point not in classes:
        return refuse(Reason.NO_ENTRY_POINT, f"no top-level class {program.entry_point!r}")
    if not _defines_forward(classes[program.entry_point], classes):
        return refuse(Reason.NO_FORWARD, f"class {program.entry_point!r} has no forward method")
    if "get_inputs" not in functions:
        return refuse(Reason.NO_GET_INPUTS)
    if "get_init_inputs" not in functions:
        return refuse(Reason.NO_GET_INIT_INPUTS)
    return Verdict(Stage.CONTRACT, True, metrics={"lines": program.source.count("\n") + 1})


def find_entry_point(tree: ast.Module) -> str | None:
    """The class a program is about: `Model` if there is one, else the last module class no other one uses."""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    modules = [name for name, node in classes.items() if _defines_forward(node, classes)]
    if "Model" in modules:
        return "Model"
    used = {
        name.id
        for node in classes.values()
        for name in ast.walk(ast.Module(body=list(node.body), type_ignores=[]))
        if isinstance(name, ast.Name) and name.id != node.name
    } | {base.id for node in classes.values() for base in node.bases if isinstance(base, ast.Name)}
    unused = [name for name in modules if name not in used]
    candidates = unused or modules
    return candidates[-1] if candidates else None


def _assigned(tree: ast.Module) -> set[str]:
    return {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}


def _defines_forward(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> bool:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "forward":
            return True
        if isinstance(item, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "forward" for t in item.targets):
            return True
    for base in node.bases:
        name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        if name in classes and name != node.name and _defines_forward(classes[name], classes):
            return True
        # A subclass of one of torch's own modules inherits its forward; plain Module has none.
        if name not in classes and name not in {"Module", "object", ""} and isinstance(base, ast.Attribute):
            return True
    return False
