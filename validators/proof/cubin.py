"""Stage COMPILED: every Triton kernel of a pair to PTX and cubin for the device targets, without a device.

What is compiled is what a launch of the text would compile (`recording`): each kernel as its arguments specialise it,
with the block sizes and options of the launch.  Triton's own pipeline and the ptxas that its wheel carries; nothing is
loaded or run.  What ptxas and Triton say about the result (registers, spills, shared memory) is recorded, and the
occupancy that CUDA's rules make of it.

The AMD backend of the same wheel works the same way (`gfx942`): Triton's code generator and linker for it need no
ROCm.  The text for CUDA runs through it, so it is offered as a further target; its launches are still the ones chosen
for CUDA.

There is no cache.  Of the 1,907 kernels of 200 built-in programs none repeats within its program and 6.6 % repeat
another program's (names and tiling scores aside), and what children of untrusted programs write no other may read.

Private, read in triton 3.7.1 and 3.6.0 (`tests/validators/test_cubin.py` fails when they move):
  `triton.runtime.jit.create_function_from_signature`, `JITFunction._pack_args`, `.signature`, `.params`: what a launch
      makes of its arguments;
  `triton.compiler.compiler.make_backend`, `ASTSource.make_ir`, `backend.add_stages` and its neighbours: the body of
      `triton.compile` without its disk cache, which is most of what it adds.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from triton import knobs
from triton._C.libtriton import ir
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.compiler.compiler import make_backend
from triton.runtime.jit import create_function_from_signature

from validators.errors import describe
from validators.inductor.offline_cuda import DEVICE_TARGETS, DeviceProps
from validators.loading import Loaded, Refused
from validators.proof import recording
from validators.proof.recording import Recorded
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


@dataclass(frozen=True)
class _Pointer:
    """What a launch looks at in a tensor that it is given."""

    dtype: torch.dtype
    offset: int  # bytes behind the start of its memory, which any allocator aligns to 16
    size: int  # bytes of its memory

    def data_ptr(self) -> int:
        return self.offset

    def ptr_range(self) -> int:
        return self.size


def check(pair: Pair, loaded: Loaded, settings: Settings) -> tuple[Verdict, Pair]:
    """Compile the pair's kernels for each of `settings.device_targets`; `evidence["compiled"]` says what came of it.

    Metrics, over all targets: `registers` and `spill_bytes` of the worst kernel, `occupancy` of the least occupied (AMD
    aside).  Raises Refused(KERNEL_REJECTED), whose detail names kernel and target.
    """
    return judged(pair, compile_or_refuse(pair.triton_code, loaded, settings.device_targets))


def compile_or_refuse(triton_code: str, loaded: Loaded, targets: Sequence[str]) -> dict[str, dict[str, Compiled]]:
    """`compile_text`, where a kernel that does not compile is a reason to turn the pair down.  Raises Refused."""
    try:
        return compile_text(triton_code, loaded, targets)
    except KernelError as error:
        raise Refused(Reason.KERNEL_REJECTED, str(error)) from error


def judged(pair: Pair, compiled: dict[str, dict[str, Compiled]]) -> tuple[Verdict, Pair]:
    """The verdict on a pair whose kernels all compiled, and the pair with the evidence."""
    kernels = [kernel for found in compiled.values() for kernel in found.values()]
    metrics = {
        "registers": max(k.registers for k in kernels),
        "spill_bytes": max(k.spill_bytes for k in kernels),
        "occupancy": min(k.occupancy for k in kernels if k.occupancy is not None),
    }
    evidence = {name: {key: asdict(k) for key, k in found.items()} for name, found in compiled.items()}
    return Verdict(Stage.COMPILED, True, metrics=metrics), replace(
        pair, evidence=pair.evidence | {"compiled": evidence}
    )


def compile_text(triton_code: str, loaded: Loaded, targets: Sequence[str]) -> dict[str, dict[str, Compiled]]:
    """Every kernel that `<entry_point>New` of the text launches, for each target (`sm_80`, ..., `gfx942`), by name.

    `loaded` is the program of the pair; a launch that specialises its kernel in another way than the ones before has
    the kernel's name with `#2`, `#3`, ... behind it.  Raises KernelError for a text that cannot be run or launches
    nothing and for the first kernel that does not compile, KeyError for an unknown target.
    """
    try:
        launches = recording.record(triton_code, loaded)
    except Exception as error:
        raise KernelError(f"the text cannot be run: {describe(error, MAX_MESSAGE)}") from error
    if not launches:
        raise KernelError("the text launches no Triton kernel")
    return {target: _compile_all(launches, target) for target in targets}


def _compile_all(launches: Sequence[Recorded], target: str) -> dict[str, Compiled]:
    gpu = _gpu_target(target)
    found: dict[str, Compiled] = {}
    known: set[str] = set()
    calls: dict[str, int] = {}
    for launch in launches:
        name = launch.kernel.__name__
        try:
            source, options = _specialised(launch, make_backend(gpu))
            key = repr((name, source.signature, source.constants, source.attrs, options))
            if key in known:
                continue
            known.add(key)
            calls[name] = calls.get(name, 0) + 1
            blocks = {k: v for k, v in launch.keywords.items() if k in launch.kernel.arg_names and isinstance(v, int)}
            label = name if calls[name] == 1 else f"{name}#{calls[name]}"
            found[label] = _compile(source, options, blocks, target, gpu)
        except Exception as error:  # Triton's and MLIR's errors have no common base
            raise KernelError(f"{name} for {target}: {_trimmed(error)}") from error
    return found


def _specialised(launch: Recorded, backend: Any) -> tuple[ASTSource, Any]:
    """The kernel's source with the types and constants that the launch gives it, and the compiler's options."""
    kernel = launch.kernel
    keywords = {key: _seen(value) for key, value in launch.keywords.items()}
    keywords["debug"] = False  # as Triton without TRITON_DEBUG; device assertions are for the prover
    binder = create_function_from_signature(kernel.signature, kernel.params, backend)
    bound, specialization, options = binder(*map(_seen, launch.arguments), **keywords)
    options, signature, constants, attributes = kernel._pack_args(backend, keywords, bound, specialization, options)
    return ASTSource(kernel, signature, constants, attributes), options


def _seen(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    offset = int(value.storage_offset()) * value.element_size()
    return _Pointer(value.dtype, offset, int(value.untyped_storage().nbytes()))


def _gpu_target(target: str) -> GPUTarget:
    if target in AMD_TARGETS:
        return GPUTarget("hip", target, 64)
    props = DEVICE_TARGETS[target]
    return GPUTarget("cuda", 10 * props.major + props.minor, props.warp_size)


def _compile(source: ASTSource, options: Any, blocks: dict[str, int], target: str, gpu: GPUTarget) -> Compiled:
    backend = make_backend(gpu)
    parsed = backend.parse_options(options.__dict__ | source.parse_options())
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
        occupied = occupancy(DEVICE_TARGETS[target], parsed.num_warps, registers, shared)
    return Compiled(parsed.num_warps, parsed.num_stages, blocks, registers, spill_bytes, shared, occupied, len(module))


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
