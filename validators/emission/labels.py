"""What trainers ask to know of a pair: what its kernels are, fuse, move and compute, and how hard it is.

Everything is read from Inductor's text and graph; nothing is measured.

Counted as bytes: each pointer argument of a kernel once per way it is used (loaded, stored), with the elements it
addresses; a tensor larger than the kernel's iteration space counts one iteration space per different index expression
(a slice), as Inductor's own estimate does (`SIMDKernel.estimate_kernel_num_bytes`, torch 2.13).  Caches are ignored.

Counted as FLOPs: matrix products, convolutions and attention as `torch.utils.flop_counter` counts them (two per
multiply-add); every other ATen operator of the decomposed graph one per output element, reductions one per input
element, and none for operators that only move or make data.  An operator is charged once, to the first kernel whose
comment lists it (Inductor may compute it again, and lists what inputs came from too); a matrix product or convolution
to the kernel that computes it, where a template's are read from its sizes.

The roofline estimate is, summed over kernel launches, the larger of bytes over bandwidth and FLOPs over peak, in
microseconds: a lower bound that no launch overhead enters.

Difficulty, 1 to 5: by kernel launches (library calls included) one launch is 1, up to 4 are 2, up to 12 are 3, more
are 4; one level more where any kernel is a template, a scan, a sort, or a reduction in a loop or over several blocks.

A kernel's dtype is that of the first tensor it writes, as Triton names it (`fp32`); its rank the number of axes that it
goes over, reduced ones included, as Inductor has folded them.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from validators.emission.triton_module import extern_calls
from validators.inductor.operations import Operation


@dataclass(frozen=True)
class Peak:
    """A device's limits: bytes per second, and FLOP per second in float32 and in half precision's matrix units."""

    bandwidth: float
    single: float
    half_matrix: float


# Data sheets: NVIDIA A100 80GB SXM (2022), NVIDIA H100 SXM (2023), NVIDIA HGX B200 (2025, an eighth of the board);
# dense figures, float32 outside of the matrix units (the kernels here are written without TF32).
PEAKS: dict[str, Peak] = {
    "sm_80": Peak(2.039e12, 19.5e12, 312e12),
    "sm_90": Peak(3.35e12, 67e12, 989e12),
    "sm_100": Peak(8.0e12, 75e12, 2250e12),
}

HARD_KINDS = {"template", "reduction", "scan", "split_scan", "sort", "cooperative_reduction", "mix_order_reduction"}
_HEURISTIC = re.compile(r"^@triton_heuristics\.(\w+)\(", re.MULTILINE)
_ORIGINAL = re.compile(r"Original ATen: \[([^\]]*)\]")
_HINTS = re.compile(r"size_hints=\{([^}]*)\}")
_PROGRAM_ID = re.compile(r"tl\.program_id\((\w+)\)")
_FRAGMENT = re.compile(r"^#   %(\w+) : .* = call_function\[", re.MULTILINE)
_NAMED = r"BATCH|STEPS|UNITS|[MNK]|(?:IN|OUT|KERNEL)_[CDHW]|GROUPS"
_SIZE = re.compile(rf"^    ({_NAMED})(?: : tl\.constexpr)? = (\d+)$", re.MULTILINE)
_ITEM_BYTES = {"i1": 1, "i8": 1, "u8": 1, "fp8e4nv": 1, "fp8e5": 1, "i16": 2, "u16": 2, "fp16": 2, "bf16": 2}
_ITEM_BYTES |= {"i32": 4, "u32": 4, "fp32": 4, "i64": 8, "u64": 8, "fp64": 8}


@dataclass
class _Kernel:
    kind: str
    operators: list[str]
    nodes: list[str]
    source: str
    calls: int = 0
    bytes: int = 0
    flops: int = 0
    half: bool = False


def label(text: str, nodes: Mapping[str, Operation], target: str) -> dict[str, Any]:
    """The labels of a pair as JSON data; `text` is Inductor's, `nodes` its graph's operators."""
    kernels = _kernels(text)
    _count_bytes(text, kernels)  # and the calls
    products = _count_flops(kernels, nodes)
    externs = extern_calls(text)
    rest = sum(node.flops for node in nodes.values() if node.is_product) - products
    total_bytes = sum(k.bytes * k.calls for k in kernels.values())
    total_flops = sum(k.flops * k.calls for k in kernels.values())
    launches = sum(k.calls for k in kernels.values()) + len(externs)
    return {
        "kernels": {name: _kernel_label(kernel, target) for name, kernel in kernels.items()},
        "bytes": total_bytes,
        "flops": total_flops,
        "extern_flops": max(rest, 0) if externs else 0,
        "intensity": _ratio(total_flops, total_bytes),
        "roofline_us": round(sum(k.calls * _microseconds(k, target) for k in kernels.values()), 3),
        "launches": launches,
        "difficulty": _difficulty(launches, {k.kind for k in kernels.values()}),
    }


def _kernel_label(kernel: _Kernel, target: str) -> dict[str, Any]:
    return {
        "kind": kernel.kind,
        "operators": kernel.operators,
        "dtype": _written(kernel.source),
        "rank": _rank(kernel.source),
        "calls": kernel.calls,
        "bytes": kernel.bytes,
        "flops": kernel.flops,
        "intensity": _ratio(kernel.flops, kernel.bytes),
        "roofline_us": round(_microseconds(kernel, target), 3),
    }


def _written(source: str) -> str:
    """The element type of the first tensor that a kernel writes; "" where it takes no tensor."""
    signature = _signature(ast.parse(source))
    pointers = {name: kind[1:] for name, kind in signature.items() if kind.startswith("*")}
    written = [kind for name, kind in pointers.items() if name.startswith(("out_ptr", "in_out_ptr"))]
    return next(iter([*written, *pointers.values()]), "")


def _rank(source: str) -> int:
    """Axes of the iteration space; for kernels that do not say, templates among them, those of the grid."""
    hints = _HINTS.search(source)
    return hints[1].count(":") if hints else len(set(_PROGRAM_ID.findall(source)))


def _ratio(flops: int, moved: int) -> float:
    return round(flops / moved, 4) if moved else 0.0


def _microseconds(kernel: _Kernel, target: str) -> float:
    peak = PEAKS[target]
    rate = peak.half_matrix if kernel.half and kernel.kind == "template" else peak.single
    return 1e6 * max(kernel.bytes / peak.bandwidth, kernel.flops / rate)


def _difficulty(launches: int, kinds: set[str]) -> int:
    level = 1 if launches <= 1 else 2 if launches <= 4 else 3 if launches <= 12 else 4
    return level + bool(kinds & HARD_KINDS)


def _kernels(text: str) -> dict[str, _Kernel]:
    """Each kernel with what the comment above it says."""
    lines = text.splitlines()
    found: dict[str, _Kernel] = {}
    for statement in ast.parse(text).body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
            continue
        if ast.unparse(statement.value.func) != "async_compile.triton":
            continue
        name, source = (ast.literal_eval(argument) for argument in statement.value.args[:2])
        first = statement.lineno - 1
        while first > 0 and lines[first - 1].startswith("#"):
            first -= 1
        comment = "\n".join(lines[first : statement.lineno - 1])
        original = _ORIGINAL.search(comment)
        operators = [op.strip().split(".")[-1] for op in original.group(1).split(",")] if original else []
        found[name] = _Kernel(_kind(source), operators, _FRAGMENT.findall(comment), source)
    return found


def _kind(source: str) -> str:
    heuristic = _HEURISTIC.search(source)
    kind = heuristic.group(1) if heuristic else "unknown"
    if "tl.associative_scan(" in source and kind != "split_scan":
        return "scan"
    if "triton_helpers.sort_with_index(" in source:
        return "sort"
    return kind


def _count_flops(kernels: dict[str, _Kernel], nodes: Mapping[str, Operation]) -> int:
    """Charge the kernels; answers the FLOPs of the products that they compute."""
    claimed: set[str] = set()
    for kernel in kernels.values():
        first = {name for name in kernel.nodes if name in nodes and not nodes[name].is_product and name not in claimed}
        kernel.flops = sum(nodes[name].flops for name in first)
        claimed |= first
    total = 0
    for kernel in sorted(kernels.values(), key=lambda k: k.kind != "template"):
        listed = {name: nodes[name] for name in kernel.nodes if name in nodes}
        if kernel.kind == "template":
            product = _template_flops(kernel.source)
            claimed |= {name for name, node in listed.items() if node.is_product and node.flops == product}
        else:
            # Kernels that lay out a template's inputs or add its bias list the product too, but do not compute it.
            own = {
                name
                for name, node in listed.items()
                if node.is_product and name not in claimed and ("reduction" in kernel.kind or node.is_elementwise)
            }
            product = sum(nodes[name].flops for name in own)
            claimed |= own
        kernel.flops += product
        total += product * max(kernel.calls, 1)
    return total


def _template_flops(source: str) -> int:
    """Two per multiply-add of the product a template computes, from the sizes in its text."""
    found = {name: int(value) for name, value in _SIZE.findall(source)}
    if "STEPS" in found:  # a recurrent layer: one product a gate and step
        return 2 * found["STEPS"] * found["BATCH"] * found["UNITS"] ** 2 * source.count("tl.dot(")
    if "OUT_C" not in found:
        return 2 * found.get("BATCH", 1) * found.get("M", 0) * found.get("N", 0) * found.get("K", 0)
    transposed = "PHASES" in source
    side, inner = ("IN", "OUT_C") if transposed else ("OUT", "IN_C")
    places = math.prod(found.get(f"{side}_{axis}", 1) for axis in "CDHW")
    taps = math.prod(found.get(f"KERNEL_{axis}", 1) for axis in "DHW")
    return 2 * found["BATCH"] * places * taps * found[inner] // found["GROUPS"]


def _count_bytes(text: str, kernels: dict[str, _Kernel]) -> None:
    """Follow `call` through its buffers and add up what each launch addresses."""
    sizes: dict[str, int] = {}
    body = next((n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef) and n.name == "call"), None)
    for node in sorted((n for n in ast.walk(body) if isinstance(n, ast.stmt)), key=lambda n: n.lineno) if body else []:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            sizes[node.targets[0].id] = _elements(node.value, sizes)
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        call = node.value
        name = ast.unparse(call.func)
        if name == "assert_size_stride" and isinstance(call.args[0], ast.Name):
            sizes[call.args[0].id] = _product(call.args[1], call.args[2])
        elif name.endswith(".run") and name.removesuffix(".run") in kernels:
            kernel = kernels[name.removesuffix(".run")]
            kernel.calls += 1
            if kernel.calls == 1:
                _count_launch(kernel, [_elements(argument, sizes) for argument in call.args])


def _elements(value: ast.expr, sizes: Mapping[str, int]) -> int:
    """Elements that an expression of `call` holds; 0 where it is no tensor."""
    if isinstance(value, ast.Name):
        return sizes.get(value.id, 0)
    if isinstance(value, ast.Call):
        name = ast.unparse(value.func)
        if name.startswith("empty_strided"):
            return _product(value.args[0], value.args[1])
        if name == "reinterpret_tensor":
            return _product(value.args[1], value.args[2])
        if name in ("copy_if_misaligned", "copy_misaligned"):
            return _elements(value.args[0], sizes)
    return 0


def _product(shape: ast.expr, stride: ast.expr) -> int:
    """Elements of a tensor in memory: an axis of stride 0 is one element that is read again."""
    pairs = zip(ast.literal_eval(shape), ast.literal_eval(stride), strict=True)
    return math.prod(size if step else 1 for size, step in pairs)


def _count_launch(kernel: _Kernel, elements: list[int]) -> None:
    tree = ast.parse(kernel.source)
    function = [n for n in tree.body if isinstance(n, ast.FunctionDef)][-1]
    signature = _signature(tree)
    space = _iteration_space(function)
    names = [argument.arg for argument in function.args.args]
    body = ast.get_source_segment(kernel.source, function) or ""
    aliases = dict(re.findall(r"^\s+(\w+) = (arg_\w+)$", body, re.MULTILINE))
    for name, count in zip(names, elements, strict=False):
        kind = signature.get(name, "")
        if not kind.startswith("*") or not count:
            continue
        item = _ITEM_BYTES.get(kind[1:], 4)
        kernel.half |= kind[1:] in ("fp16", "bf16")
        called = "|".join(map(re.escape, [name, *(new for new, old in aliases.items() if old == name)]))
        for access in ("load", "store", r"atomic_\w+"):
            indices = set(re.findall(rf"tl\.{access}\((?:{called}) \+ (.*)$", body, re.MULTILINE))
            if kernel.kind == "template" and access == "load" and not indices and name.startswith("arg_"):
                indices = {""}  # templates move pointers of their own
            if indices:
                kernel.bytes += item * (count if not space or count <= space else min(count, len(indices) * space))


def _signature(tree: ast.Module) -> dict[str, str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "triton_meta" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "signature":
                    found: dict[str, str] = ast.literal_eval(value)
                    return found
    return {}


def _iteration_space(function: ast.FunctionDef) -> int:
    """The product of the kernel's static extents (`xnumel = 128` and so on); 0 where it states none."""
    extents = [
        node.value.value
        for node in function.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and re.fullmatch(r"([xyz]|r\d*_?)numel", node.targets[0].id)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, int)
    ]
    return math.prod(extents) if extents else 0
