"""Inductor's text made readable: kernels named by what they fuse, nothing that is never used, formatted by ruff.

What the kernels compute is untouched: expressions are not rewritten, only names, unused definitions and white space.
Formatting runs once per pair: 10 ms of CPU, where a compilation takes a second.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import Any

LINE_LENGTH = 120
MAX_NAMED = 4  # operators in a kernel's name
# What a kernel's name does not need to say, unless there is nothing else.
_PLACES = {"alias", "arange", "as_strided", "clone", "copy", "detach", "empty", "expand", "full", "permute", "reshape"}
_PLACES |= {"select", "slice", "squeeze", "t", "to_copy", "transpose", "unsafe_view", "unsqueeze", "view"}
_KINDS = {"poi": "pointwise", "per": "reduction", "red": "reduction", "tem": "template", "for": "foreach"}
_KINDS |= {"spl": "scan"}
_NAME = re.compile(r"^(triton_([a-z]{3})_\w+) = async_compile\.triton\(", re.MULTILINE)
_ORIGINAL = re.compile(r"Original ATen: \[([^\]]*)\]")


def new_names(text: str) -> dict[str, str]:
    """A name for each kernel of Inductor's text that says what it fuses, unique among them."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for match in _NAME.finditer(text):
        comment = text[: match.start()].rpartition("\n# Topologically Sorted")[2]
        original = _ORIGINAL.search(comment)
        operators = original.group(1).split(",") if original else []
        said = list(dict.fromkeys(op.strip().split(".")[-1].strip("_") for op in operators if op.strip()))
        named = [op for op in said if op not in _PLACES] or said
        more = [f"and_{len(named) - MAX_NAMED}_more"] if len(named) > MAX_NAMED else []
        parts = ["triton", _KINDS.get(match.group(2), match.group(2)), *named[:MAX_NAMED], *more]
        stem = re.sub(r"\W", "_", "_".join(parts))
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        found[match.group(1)] = name
    return found


def renamed(text: str, names: dict[str, str]) -> str:
    """`text` with the kernels called by their new names, wherever they are mentioned."""
    if not names:
        return text
    known = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    return known.sub(lambda match: names[match.group(1)], text)


def is_kernel(node: ast.stmt) -> bool:
    """Whether a statement of Inductor's text hands a Triton kernel to Inductor."""
    is_call = isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    return is_call and ast.unparse(node.value.func) == "async_compile.triton"  # type: ignore[attr-defined]


def kernel_source(node: Any) -> tuple[str, str]:
    """Name and source of the kernel in a statement of that kind."""
    name, source = (ast.literal_eval(argument) for argument in node.value.args[:2])
    return name, source


def formatted(text: str) -> str:
    """The module as ruff formats it."""
    options = ["--isolated", "--no-cache", "--quiet", f"--line-length={LINE_LENGTH}", "--target-version=py311"]
    command = [_ruff_binary(), "format", *options, "-"]
    environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, env=environment, input=text.encode())
    return done.stdout.decode()


# Calls in Triton's language that only make a value.
_PURE = {"tl.arange", "tl.broadcast_to", "tl.full", "tl.program_id", "tl.where", "tl.zeros"}


def without_dead_assignments(source: str) -> str:
    """Functions of Triton without local names that nothing reads; `xnumel` and its like stay, they say the size."""
    while True:
        dead: list[tuple[ast.AST, str]] = []
        for function in (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)):
            read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            for block in ast.walk(function):
                body = getattr(block, "body", [])
                unread = [n for n in body if _assigned(n) not in read | {None}] if isinstance(body, list) else []
                dead += [(node, "") for node in unread if len(unread) < len(body)]
        if not dead:
            return source
        source = replace_nodes(source, dead)


def _assigned(node: ast.AST) -> str | None:
    """The local name a statement gives a value and does nothing besides; None for other statements."""
    target: ast.AST | None = None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    if not isinstance(target, ast.Name) or re.fullmatch(r"([xyz]|r\d+_)numel", target.id):
        return None
    calls = [ast.unparse(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)]
    return target.id if all(call in _PURE or call.endswith(".to") for call in calls) else None


def leading_imports(text: str) -> tuple[list[str], str]:
    """The import statements that `text` begins with, and the rest of it."""
    imports: list[str] = []
    last = 0
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            break
        imports.append(ast.unparse(node))
        last = node.end_lineno or last
    return imports, "\n".join(text.splitlines()[last:])


def without_unused(text: str, needed: set[str]) -> str:
    """The module without imports and plain assignments whose names are never read, nor in `needed`."""
    while True:
        tree = ast.parse(text)
        read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} | needed
        edits: list[tuple[ast.AST, str]] = []
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                kept = [a for a in node.names if (a.asname or a.name).split(".")[0] in read]
                if len(kept) < len(node.names):
                    node.names = kept
                    edits.append((node, ast.unparse(node) if kept else ""))
            elif isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                if len(names) == len(node.targets) and not read & set(names):
                    edits.append((node, ""))
        if not edits:
            return text
        text = replace_nodes(text, edits)


def replace_nodes(text: str, edits: Sequence[tuple[Any, str]]) -> str:
    """`text` with the nodes' own characters exchanged; a line that is left empty by it goes."""
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = text.encode()
    for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        if not new:
            rest = data[end : starts[node.end_lineno]]
            if not rest.strip() and not data[starts[node.lineno - 1] : start].strip():
                start, end = starts[node.lineno - 1], starts[node.end_lineno]
        data = data[:start] + new.encode() + data[end:]
    return data.decode()


@cache
def _ruff_binary() -> str:
    from ruff.__main__ import find_ruff_bin

    return os.fsdecode(find_ruff_bin())
