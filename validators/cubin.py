"""Stage COMPILED: every Triton kernel of a pair to PTX and cubin for the device target, without a device.

Triton's own pipeline and the ptxas that its wheel carries; nothing is loaded or run.  What ptxas and Triton say about
the result (registers, spills, shared memory) is recorded, and the occupancy that CUDA's rules make of it.

The AMD backend of the same wheel works the same way (`gfx942`): Triton's code generator and linker for it need no
ROCm.  Inductor's text for CUDA runs through it, so it is offered as a further target; its launch configuration is
still the one chosen for CUDA.

Each kernel's launch configuration is the first that Inductor's heuristics list for it: the one that runs where nothing
is tuned.  If it does not fit the device the next one is tried, as Inductor does.

There is no cache.  Of the 1,907 kernels of 200 built-in programs none repeats within its program and 6.6 % repeat
another program's (names and tiling scores aside), and what children of untrusted programs write no other may read.

Private, read in triton 3.7.1 and 3.6.0 (`tests/validators/test_cubin.py` fails when they move):
  `triton.compiler.compiler.make_backend`, `ASTSource.make_ir`, `backend.add_stages` and its neighbours: the body of
      `triton.compile` without its disk cache, which is most of what it adds;
  `torch._inductor.runtime.triton_heuristics.CachingAutotuner._create_compile_meta`, `._create_compile_options`,
      `.configs`, `.fn` (torch 2.13.0, 2.11.0): signature, constants and options as Inductor passes them on;
  `torch._inductor.runtime.triton_helpers.set_driver_to_gpu`: looks for a GPU; kernels call it when they are defined.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from unittest import mock

from torch._inductor.runtime import triton_helpers
from triton import knobs
from triton._C.libtriton import ir
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.compiler.compiler import make_backend

from validators.loading import Refused
from validators.offline_cuda import DEVICE_TARGETS, DeviceProps
from validators.verdict import Pair, Reason, Settings, Stage, Verdict

AMD_TARGETS = ("gfx942",)  # MI300X
AMD_SHARED = 64 << 10  # bytes of LDS per workgroup; AMD Instinct MI300 instruction set architecture, section 1.2
MAX_MESSAGE = 500
# Allocation units of compute capability 8.0 to 10.0: registers per warp, shared memory per block in bytes, the part
# of it that the system keeps, sub-partitions of a multiprocessor, blocks per multiprocessor.  Source: cuda_occupancy.h
# of the CUDA toolkit 12.9 and the CUDA C++ programming guide, table "Technical Specifications per Compute Capability".
REGISTER_UNIT = 256
SHARED_UNIT = 128
SHARED_RESERVED = 1024
PARTITIONS = 4
MAX_BLOCKS = 32


class KernelError(Exception):
    """Triton or ptxas does not compile a kernel; the message says which and why, in one line."""


@dataclass(frozen=True)
class Compiled:
    """One kernel for one target.  Registers are per thread, spills bytes per thread, shared memory bytes per block."""

    warps: int
    stages: int
    blocks: dict[str, int]
    registers: int
    spill_bytes: int
    shared_bytes: int
    occupancy: float | None  # share of a multiprocessor's warps that can be resident; None for AMD
    binary_bytes: int


def check(pair: Pair, settings: Settings) -> tuple[Verdict, Pair]:
    """Compile the pair's kernels for its device target; the pair comes back with `evidence["compiled"]`.

    Metrics: `registers` and `spill_bytes` of the worst kernel, `occupancy` of the least occupied.
    Raises Refused(KERNEL_REJECTED).
    """
    target = settings.device_target
    try:
        compiled = compile_kernels(pair.triton_code, [target])
    except KernelError as error:
        raise Refused(Reason.KERNEL_REJECTED, str(error)) from error
    kernels = list(compiled[target].values())
    metrics = {
        "registers": max(k.registers for k in kernels),
        "spill_bytes": max(k.spill_bytes for k in kernels),
        "occupancy": min(k.occupancy or 0.0 for k in kernels),
    }
    evidence = {name: {key: asdict(k) for key, k in found.items()} for name, found in compiled.items()}
    proved = Pair(
        pair.triton_code,
        pair.original_triton_code,
        pair.kernels,
        pair.device_target,
        pair.evidence | {"compiled": evidence},
    )
    return Verdict(Stage.COMPILED, True, metrics=metrics), proved


def compile_kernels(text: str, targets: Sequence[str]) -> dict[str, dict[str, Compiled]]:
    """Every kernel in `text`, a pair's module, for each target (`sm_80`, ..., `gfx942`), by target and name.

    Raises KernelError for the first kernel that does not compile, KeyError for an unknown target.
    """
    defined = {name: _define(name, source) for name, source in kernel_sources(text).items()}
    found: dict[str, dict[str, Compiled]] = {}
    for target in targets:
        gpu = _gpu_target(target)
        found[target] = {name: _compile(name, kernel, target, gpu) for name, kernel in defined.items()}
    return found


def kernel_sources(text: str) -> dict[str, str]:
    """The source of each kernel that a module hands to `async_compile.triton`, by name."""
    sources = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            call = node.value
            if ast.unparse(call.func) == "async_compile.triton":
                name, source = (ast.literal_eval(argument) for argument in call.args[:2])
                sources[name] = source
    return sources


def _define(name: str, source: str) -> Any:
    """Execute a kernel's source and return Inductor's autotuner around it."""
    filename = f"<{name}>"  # triton reads the function's source back through linecache
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": name, "__file__": filename}
    try:
        with mock.patch.object(triton_helpers, "set_driver_to_gpu", lambda: None):
            exec(compile(source, filename, "exec"), namespace)
    except Exception as error:
        raise KernelError(f"{name}: {_trimmed(error)}") from error
    return namespace[name]


def _gpu_target(target: str) -> GPUTarget:
    if target in AMD_TARGETS:
        return GPUTarget("hip", target, 64)
    props = DEVICE_TARGETS[target]
    return GPUTarget("cuda", 10 * props.major + props.minor, props.warp_size)


def _compile(name: str, kernel: Any, target: str, gpu: GPUTarget) -> Compiled:
    first: Exception | None = None
    for config in kernel.configs:
        try:
            return _compile_config(kernel, config, target, gpu)
        except Exception as error:  # Triton's and MLIR's errors have no common base
            first = first or error
    raise KernelError(f"{name} for {target}: {_trimmed(first)}") from first


def _compile_config(kernel: Any, config: Any, target: str, gpu: GPUTarget) -> Compiled:
    meta = kernel._create_compile_meta(config)
    options = kernel._create_compile_options(config, meta)
    if gpu.backend == "hip":
        options = {key: value for key, value in options.items() if not key.startswith("launch_")}
    source = ASTSource(kernel.fn, meta["signature"], meta["constants"], meta["configs"][0])
    backend = make_backend(gpu)
    parsed = backend.parse_options(dict(options, **source.parse_options()))
    context = ir.context()
    ir.load_dialects(context)
    backend.load_dialects(context)
    module: Any = source.make_ir(
        gpu, parsed, backend.get_codegen_implementation(parsed), backend.get_module_map(), context
    )
    stages: dict[str, Any] = {}
    backend.add_stages(stages, parsed, source.language)
    metadata: dict[str, Any] = {"target": gpu, **parsed.__dict__}
    log, assembly = io.StringIO(), ""
    with contextlib.redirect_stdout(log), knobs.nvidia.scope():
        knobs.nvidia.dump_ptxas_log = True  # ptxas runs verbosely; this is Triton's way to what it says
        for stage, lower in stages.items():
            module = lower(module, metadata)
            if stage == "amdgcn":
                assembly = module
    if gpu.backend == "hip":
        registers = _number(r"\.vgpr_count:\s+(\d+)", assembly)
        spill_bytes = 4 * _number(r"\.vgpr_spill_count:\s+(\d+)", assembly)
    else:
        registers = _number(r"Used (\d+) registers", log.getvalue())
        spill_bytes = _number(r"(\d+) bytes spill stores", log.getvalue())
    shared = int(metadata["shared"])
    limit = AMD_SHARED if gpu.backend == "hip" else DEVICE_TARGETS[target].shared_memory_per_block_optin
    if shared > limit:
        raise KernelError(f"{shared} bytes of shared memory, a block may have {limit}")
    occupied = None
    if gpu.backend == "cuda":
        occupied = occupancy(DEVICE_TARGETS[target], config.num_warps, registers, shared)
    blocks = {key: int(value) for key, value in config.kwargs.items() if isinstance(value, int)}
    return Compiled(config.num_warps, config.num_stages, blocks, registers, spill_bytes, shared, occupied, len(module))


def occupancy(device: DeviceProps, warps: int, registers: int, shared_bytes: int) -> float:
    """Resident warps as a share of what a multiprocessor can hold, for blocks of `warps` warps.

    The rules of cuda_occupancy.h: registers are allocated per warp in each of four partitions, shared memory per
    block.  Raises KernelError where not even one block fits.
    """
    max_warps = device.max_threads_per_multi_processor // device.warp_size
    per_warp = _rounded_up(registers * device.warp_size, REGISTER_UNIT)
    resident = PARTITIONS * (device.regs_per_multiprocessor // PARTITIONS // max(per_warp, 1))
    per_block = _rounded_up(shared_bytes + SHARED_RESERVED, SHARED_UNIT)
    blocks = min(
        MAX_BLOCKS,
        max_warps // warps,
        resident // warps,
        device.shared_memory_per_multiprocessor // per_block,
    )
    if not blocks:
        raise KernelError(f"no block fits: {warps} warps, {registers} registers, {shared_bytes} bytes of shared memory")
    return round(blocks * warps / max_warps, 4)


def _rounded_up(value: int, unit: int) -> int:
    return -(-value // unit) * unit


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    if found is None:
        raise KernelError(f"the compiler's report has no {pattern!r}")
    return int(found.group(1))


def _trimmed(error: BaseException | None) -> str:
    """One line of what the compiler says: ptxas's own lines where there are any, else the end, after the source."""
    text = str(error)
    said = [line.strip() for line in text.splitlines() if "error" in line.lower()]
    return f"{type(error).__name__}: {' '.join(' '.join(said or [text]).split())[-MAX_MESSAGE:]}"
