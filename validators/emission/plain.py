"""Inductor's text written as plain Triton: `@triton.jit` functions at the top level, launched by `kernel[grid](...)`.

Inductor hands each kernel as a string to its own runtime, with notes for an autotuner.  Here it stands as a kernel
writer would write it, launched in the configuration that Inductor lists first (`launches`), on tensors that public
torch functions allocate.  What a kernel computes is untouched, and so is the order of launches and calls.

Gone with the runtime: streams (Triton takes torch's current one), copies of misaligned inputs (Triton looks at the
alignment itself), the guard of device 0 (any device will do).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch._inductor.select_algorithm import extern_kernels  # where Inductor's text finds library kernels

from validators.emission import launches, readable
from validators.emission.launches import Launch
from validators.emission.readable import replace_nodes

_ORIGINAL = re.compile(r"Original ATen: \[([^\]]*)\]")
# Imports of a kernel's source and what a kernel writer would import; None where the decorators alone need it.
_IMPORTS = {
    "triton_heuristics": None,
    "AutotuneHint": None,
    "ReductionHint": None,
    "TileHint": None,
    "DeviceProperties": None,
    "libdevice": "from triton.language.extra import libdevice",
    "tl_math": "from triton.language import math as tl_math",
}
_RUNTIME = {"async_compile = AsyncCompile()", "async_compile.wait(globals())", "del async_compile"}
# Statements of `call` without a meaning outside of Inductor's runtime.
_DROPPED = re.compile(r"^(raw_stream|stream)\d+ = get_raw_stream\(|^torch\.cuda\.set_device\(|^assert_alignment\(")
_MISALIGNED = re.compile(r"^(\w+) = copy_(if_)?misaligned\(\1\)$")  # torch 2.13 and 2.12; 2.11 has no such


def write(text: str, replaced: Iterable[str]) -> str:
    """Inductor's `text` as plain Triton, unformatted and with whatever it imports.

    The names in `replaced` get their values later.  Raises ValueError for a form that is not known.
    """
    text = _plain_call("\n".join(line for line in map(_comment, text.splitlines()) if line is not None) + "\n")
    tree = ast.parse(text)
    later = set(replaced)
    imports: list[str] = []
    helpers: dict[str, str] = {}
    plans: dict[str, Launch] = {}
    edits: list[tuple[ast.AST, str]] = []
    for node in tree.body:
        said = ast.unparse(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports += _single(node)
            edits.append((node, ""))
        elif said in _RUNTIME or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in later):
            edits.append((node, ""))
        elif readable.is_kernel(node):
            name, source = readable.kernel_source(node)
            plans[name] = launches.first_launch(launches.define(name, source))
            functions, more = _functions(name, source, helpers)
            edits.append((node, functions))
            imports += more
    call = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "call")
    edits += _call_edits(call, text, plans)
    return "\n".join(dict.fromkeys(imports)) + "\n\n" + replace_nodes(text, edits)


def _comment(line: str) -> str | None:
    """A comment line as it stays, None where it goes; other lines as they are."""
    stripped = line.lstrip()
    if not stripped.startswith("# "):
        return line
    original = _ORIGINAL.search(stripped)
    if original is not None:
        operators = ", ".join(op.strip().removeprefix("aten.") for op in original.group(1).split(","))
        return f"{line[: len(line) - len(stripped)]}# ATen: {operators}" if operators else None
    return None if line.startswith(("# Topologically", "# Source node", "# Graph fragment", "#   ")) else line


def _plain_call(text: str) -> str:
    """`Runner.call` as a function: the class is there for graphs that are split, and these are not."""
    tree = ast.parse(text)
    runner = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Runner"), None)
    if runner is None:
        return text
    call = next(n for n in runner.body if isinstance(n, ast.FunctionDef) and n.name == "call")
    if any(isinstance(n, ast.Name) and n.id == "self" for n in ast.walk(call)):
        raise ValueError("the graph is split into several")
    assert call.end_lineno is not None
    lines = text.splitlines()[call.lineno - 1 : call.end_lineno]
    body = "\n".join(line.removeprefix("    ") for line in lines).replace("def call(self, args)", "def call(args)", 1)
    handles = ("runner = ", "call = ", "recursively_apply_fns = ")
    drop = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n).startswith(handles)]
    return replace_nodes(text, [(runner, body), *((node, "") for node in drop)])


def _single(node: ast.Import | ast.ImportFrom) -> list[str]:
    """One statement per imported name."""
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import([alias])) for alias in node.names]
    return [ast.unparse(ast.ImportFrom(node.module, [alias], node.level)) for alias in node.names]


def _functions(name: str, source: str, helpers: dict[str, str]) -> tuple[str, list[str]]:
    """A kernel with its helper functions as plain Triton, and its imports; `helpers` has those written before.

    A helper that another kernel has too is written once; a different one of that name gets a number.
    """
    tree = ast.parse(source)
    imports = [
        written
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for said in _single(node)
        if (written := _IMPORTS.get(said.split()[-1], said)) is not None
    ]
    lines = source.splitlines()
    parts: list[str] = []
    renames: dict[str, str] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        jit = node.decorator_list[-1]
        if not ast.unparse(jit).startswith("triton.jit"):
            raise ValueError(f"{name} has a function that is not Triton's: {node.name}")
        assert node.end_lineno is not None
        function = readable.without_dead_assignments("\n".join(lines[jit.lineno - 1 : node.end_lineno]) + "\n")
        function = readable.renamed(function, renames)
        if node.name != name:
            new, number = node.name, 1
            while helpers.get(new, function) != function:
                number += 1
                new = f"{node.name}_{number}"
                function = readable.renamed(function, {node.name: new})
            if new != node.name:
                renames[node.name] = new
            if new in helpers:
                continue
            helpers[new] = function
        parts.append(function.rstrip())
    return "\n\n\n".join(parts), imports


def _call_edits(call: ast.FunctionDef, text: str, plans: dict[str, Launch]) -> list[tuple[ast.AST, str]]:
    """What becomes of the statements of Inductor's `call`."""
    lines = text.splitlines()
    writer = _Statements(plans)
    # Every tensor that is used has its strides asserted; an argument that is a number has none.
    asserted = re.search(r"^ +assert_size_stride\((\w+), .*[\"']input[\"']\)$", text, re.MULTILINE)
    unpacked = re.search(r"^    (\w+)(?:, \w+)*,? = args$", text, re.MULTILINE)
    first = asserted or unpacked
    edits: list[tuple[ast.AST, str]] = []

    def block(statements: Sequence[ast.stmt]) -> None:
        deleted: ast.Delete | None = None
        for node in statements:
            said = ast.unparse(node)
            if isinstance(node, ast.Delete) and "#" not in lines[node.lineno - 1]:
                if deleted is None:
                    deleted = node
                else:  # one line for several
                    deleted.targets += node.targets
                    edits.append((node, ""))
                continue
            if _DROPPED.match(said) or _MISALIGNED.match(said):
                edits.append((node, ""))
                continue
            if deleted is not None:
                edits.append((deleted, ast.unparse(deleted)))
                deleted = None
            if isinstance(node, ast.With):
                guard = node.items[0].context_expr
                if ast.unparse(guard).startswith("torch.cuda._DeviceGuard(") and first is not None:
                    edits.append((guard, f"torch.cuda.device_of({first[1]})"))
                block(node.body)
            elif isinstance(node, ast.For | ast.While | ast.If | ast.Try):
                raise ValueError(f"`call` has a statement of another kind: {said.splitlines()[0]}")
            elif (written := writer.written(node)) != said:  # and what is not rewritten keeps its spelling
                edits.append((node, written))
        if deleted is not None:
            edits.append((deleted, ast.unparse(deleted)))

    block(call.body)
    return edits


class _Statements(ast.NodeTransformer):
    """Rewrites the expressions of `call`, statement by statement in their order."""

    def __init__(self, plans: dict[str, Launch]) -> None:
        self.plans = plans
        self.fresh: set[str] = set()  # tensors that begin where their memory does

    def written(self, node: ast.stmt) -> str:
        """The statement as plain Triton and torch."""
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = ast.unparse(node.value.func).removesuffix(".run")
            if name in self.plans:
                return self._launch(name, [self.visit(argument) for argument in node.value.args])
        new = self.visit(node)
        if isinstance(new, ast.Assign) and isinstance(new.targets[0], ast.Name):
            value = ast.unparse(new.value)
            is_fresh = value.startswith("torch.empty_strided(") or value in self.fresh
            (self.fresh.add if is_fresh else self.fresh.discard)(new.targets[0].id)
        return ast.unparse(new)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = ast.unparse(node.func)
        if name in ("empty_strided_cuda", "empty_strided_cpu"):
            size, stride, dtype = node.args
            place = ast.Constant(name.removeprefix("empty_strided_"))
            options = [ast.keyword("dtype", dtype), ast.keyword("device", place)]
            return ast.Call(_expression("torch.empty_strided"), [size, stride], options)
        if name == "reinterpret_tensor":
            tensor, size, stride, *offset = node.args
            where = int(ast.literal_eval(offset[0])) if offset else 0
            arguments = [size, stride]
            if where:
                base = ast.unparse(tensor)
                arguments.append(
                    _expression(str(where) if base in self.fresh else f"{base}.storage_offset() + {where}")
                )
            return ast.Call(ast.Attribute(tensor, "as_strided"), arguments, [])
        if name.startswith("extern_kernels."):
            public = name.removeprefix("extern_kernels.")
            if getattr(torch, public, None) is getattr(extern_kernels, public):
                node.func = _expression(f"torch.{public}")
        return node

    def _launch(self, name: str, arguments: list[ast.expr]) -> str:
        plan = self.plans[name]
        names = [*plan.parameters, *plan.extra]
        if len(names) != len(arguments):
            raise ValueError(f"{name} is launched with {len(arguments)} arguments and takes {len(names)}")
        numbers = {
            key: value
            for key, argument in zip(names, arguments, strict=True)
            if isinstance(argument, ast.Constant) and isinstance(value := argument.value, int)
        }
        given = [ast.unparse(argument) for argument in arguments[: len(plan.parameters)]]
        given += [f"{key}={value!r}" for key, value in {**plan.constants, **plan.options}.items()]
        return f"{name}[{plan.grid_text(numbers)}]({', '.join(given)})"


def _expression(text: str) -> Any:
    return ast.parse(text, mode="eval").body
