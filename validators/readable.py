"""Inductor's text made readable: kernels named by what they fuse, nothing that is never used, formatted by ruff.

What the kernels compute, how they are launched and in what order is untouched: expressions are not rewritten, only
names, unused definitions, settings that repeat a default, and white space.  Formatting runs once per pair, on all its
texts together: 10 ms of CPU, where a compilation takes a second.

`inductor_meta` keeps what Inductor's launch code reads and could not default (`_DEFAULTS`, read in
`_inductor/runtime/triton_heuristics.py` of torch 2.13.0 and 2.11.0).  `tests/validators/test_readable.py` compiles the
kernels of both texts and compares configurations and results.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

LINE_LENGTH = 120
MAX_NAMED = 4  # operators in a kernel's name
# What a kernel's name does not need to say, unless there is nothing else.
_PLACES = {"alias", "arange", "as_strided", "clone", "copy", "detach", "empty", "expand", "full", "permute", "reshape"}
_PLACES |= {"select", "slice", "squeeze", "t", "to_copy", "transpose", "unsafe_view", "unsqueeze", "view"}
_KINDS = {"poi": "pointwise", "per": "reduction", "red": "reduction", "tem": "template", "for": "foreach"}
_NAME = re.compile(r"^(triton_([a-z]{3})_\w+) = async_compile\.triton\(", re.MULTILINE)
_ORIGINAL = re.compile(r"Original ATen: \[([^\]]*)\]")

# Settings that change nothing where they have these values, with what the launch code takes them for without.
_DEFAULTS: dict[str, Any] = {
    "are_deterministic_algorithms_enabled": False,
    "assert_indirect_indexing": True,
    "atomic_add_found": False,
    "autotune_hints": set(),
    "autotune_local_cache": True,
    "autotune_pointwise": True,
    "autotune_remote_cache": None,
    "batch_invariant": False,
    "deterministic": False,
    "disable_ftz": False,
    "dynamic_disable_pipelining": True,
    "dynamic_scale_rblock": True,
    "enable_fp_fusion": True,
    "force_disable_caches": False,
    "force_filter_reduction_configs": False,
    "incremental_autotune": False,
    "launch_pdl": False,
    "max_autotune": False,
    "max_autotune_pointwise": False,
    "min_split_scan_rblock": 256,
    "mix_order_reduction_allow_multi_stages": True,
    "mutated_arg_names": [],
    "native_matmul": False,
    "no_x_dim": False,
    "spill_threshold": 16,
    "store_cubin": False,
}
# Notes that only a cache or a report reads.
_NOTES = {"backend_hash", "kernel_num_gb", "kernel_flop"}


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


def cleaned(text: str, needed: Iterable[str], replaced: Iterable[str]) -> str:
    """Inductor's text without what neither it nor `needed`, names that follow it, ever uses.

    Comments are reduced to the operators of a kernel or call; the names in `replaced` get their values later.
    """
    lines = [_comment(line) for line in text.splitlines()]
    text = "\n".join(line for line in lines if line is not None) + "\n"
    text = _plain_call(text)
    tree = ast.parse(text)
    later = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) in set(replaced)]
    kernels = [(node, _kernel(node)) for node in tree.body if _is_kernel(node)]
    text = _replace(text, [*kernels, *((node, "") for node in later)])
    return _without_unused(text, set(needed))


def formatted(text: str) -> str:
    """The module with ruff's formatting, the kernels' sources within it too."""
    tree = ast.parse(text)
    kernels = [node for node in tree.body if _is_kernel(node)]
    sources = [_source(node) for node in kernels]
    *bodies, module = _ruff([*sources, text])
    nodes = [node for node in ast.parse(module).body if _is_kernel(node)]
    return _replace(module, [(node, _definition(node, body)) for node, body in zip(nodes, bodies, strict=True)])


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
        return text
    assert call.end_lineno is not None
    lines = text.splitlines()[call.lineno - 1 : call.end_lineno]
    stream = re.compile(r"^ +raw_stream\d+ = get_raw_stream\(\d+\)$")  # asked for again before every launch
    asked = {line: index for index, line in reversed(list(enumerate(lines))) if stream.match(line)}
    kept = [line for index, line in enumerate(lines) if asked.get(line, index) == index]
    body = "\n".join(line.removeprefix("    ") for line in kept).replace("def call(self, args)", "def call(args)", 1)
    handles = ("runner = ", "call = ", "recursively_apply_fns = ")
    drop = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n).startswith(handles)]
    return _replace(text, [(runner, body), *((node, "") for node in drop)])


def _is_kernel(node: ast.stmt) -> bool:
    is_call = isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    return is_call and ast.unparse(node.value.func) == "async_compile.triton"  # type: ignore[attr-defined]


def _source(node: Any) -> str:
    source: str = ast.literal_eval(node.value.args[1])
    return source


def _definition(node: Any, source: str) -> str:
    """The statement that hands a kernel's `source` to Inductor."""
    name = ast.literal_eval(node.value.args[0])
    rest = [ast.unparse(keyword) for keyword in node.value.keywords]
    quoted = source.strip("\n").replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    return f"{name} = async_compile.triton(\n    '{name}',\n    '''\n{quoted}\n''',\n    {', '.join(rest)},\n)"


def _kernel(node: Any) -> str:
    """A kernel's definition with the dead parts of its source gone."""
    source = _source(node)
    tree = ast.parse(source)
    edits: list[tuple[ast.AST, str]] = []
    for found in ast.walk(tree):
        if isinstance(found, ast.keyword) and found.arg in ("inductor_meta", "triton_meta"):
            assert isinstance(found.value, ast.Dict)
            edits.append((found.value, _without_defaults(found.value)))
    for statement in tree.body:
        if ast.unparse(statement) == "triton_helpers.set_driver_to_gpu()":
            edits.append((statement, ""))  # the launch code calls it as well
    source = _replace(source, edits)
    return _definition(node, _without_unused(_without_dead_assignments(source), set()))


def _without_defaults(given: ast.Dict) -> str:
    kept = []
    for key, value in zip(given.keys, given.values, strict=True):
        name = ast.literal_eval(key) if key is not None else None
        written = ast.unparse(value)
        if name in _NOTES or (name in _DEFAULTS and written == ast.unparse(ast.parse(repr(_DEFAULTS[name])))):
            continue
        kept.append(f"{name!r}: {written}")
    return "{" + ", ".join(kept) + "}"


# Calls in Triton's language that only make a value.
_PURE = {"tl.arange", "tl.broadcast_to", "tl.full", "tl.program_id", "tl.where", "tl.zeros"}


def _without_dead_assignments(source: str) -> str:
    """Kernels without local names that nothing reads; `xnumel` and its like stay, they say the size."""
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
        source = _replace(source, dead)


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


def _without_unused(text: str, needed: set[str]) -> str:
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
            elif isinstance(node, ast.Assign) and not _is_kernel(node):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                if len(names) == len(node.targets) and not read & set(names):
                    edits.append((node, ""))
        if not edits:
            return text
        text = _replace(text, edits)


def _replace(text: str, edits: Sequence[tuple[Any, str]]) -> str:
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


def _ruff(texts: Sequence[str]) -> list[str]:
    """Each text as ruff formats it."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory) / f"{index}.py" for index in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        options = ["--isolated", "--no-cache", "--quiet", f"--line-length={LINE_LENGTH}", "--target-version=py311"]
        environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
        command = [_ruff_binary(), "format", *options, directory]
        subprocess.run(command, check=True, capture_output=True, env=environment)
        return [path.read_text(encoding="utf-8") for path in paths]
