"""A CUDA device that is not there: what Inductor needs to know of one to write Triton code for it.

Everything here reaches into private parts of torch and triton; the rest of the project does so only in
`capture.py`.  Read in torch 2.13.0 (and 2.11.0) with triton 3.7.1 (3.6.0); `tests/validators/test_codegen.py`
fails loudly when one of them moves.
"""

from __future__ import annotations

import ctypes
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import library as torch_library

from validators.inductor import engine


@dataclass(frozen=True)
class DeviceProps:
    """The fields of `torch.cuda.get_device_properties` that Inductor's code generation reads.

    Sizes are bytes, counts are per device.  Sources: NVIDIA's CUDA C programming guide, table "Technical
    Specifications per Compute Capability", and the product data sheets for the SM counts.
    """

    name: str
    major: int
    minor: int
    multi_processor_count: int
    total_memory: int
    L2_cache_size: int
    shared_memory_per_block_optin: int
    warp_size: int = 32
    max_threads_per_block: int = 1024
    max_threads_per_multi_processor: int = 2048
    regs_per_multiprocessor: int = 65536
    shared_memory_per_block: int = 49152
    gcnArchName: str = ""  # noqa: N815 - torch's own field name

    @property
    def shared_memory_per_multiprocessor(self) -> int:
        """Bytes: what one block may opt in to, and one KiB the system keeps per block."""
        return self.shared_memory_per_block_optin + 1024


DEVICE_TARGETS: dict[str, DeviceProps] = {
    "sm_80": DeviceProps("NVIDIA A100-SXM4-80GB", 8, 0, 108, 80 << 30, 40 << 20, 166_912),
    "sm_90": DeviceProps("NVIDIA H100 80GB HBM3", 9, 0, 132, 80 << 30, 50 << 20, 232_448),
    "sm_100": DeviceProps("NVIDIA B200", 10, 0, 148, 180 << 30, 126 << 20, 232_448),
}

_alive: list[Any] = []  # what torch holds bare pointers to, or registers only while it lives


def install(device_target: str) -> None:
    """Make this process take fake CUDA tensors and generate code for `device_target`.

    Raises KeyError for an unknown target and RuntimeError when torch's internals are not where they were.
    Meant for a process of its own: it cannot be undone.
    """
    props = DEVICE_TARGETS[device_target]
    if torch.version.cuda is None:
        _install_device_guard()
    else:
        # A CUDA build has the real guard; without a GPU it has to be told to use it (private, torch 2.11).
        torch._C._ensureCUDADeviceGuardSet()
    _install_device_interface(props)
    _install_triton_driver(props)
    _install_missing_meta_kernels()
    engine.install()
    _check()


def _install_device_guard() -> None:
    """Register a device guard for CUDA in a CPU build of torch, where `.to("cuda")` has none.

    c10 keeps one guard object per device type in a table of pointers (`device_guard_impl_registry`, exported by
    libc10; the meta device's guard does nothing).  We put a copy of the meta guard there whose virtual table
    answers "cuda:0" to the three questions that differ.  Slots 0 to 2 are `type`, `exchangeDevice` and
    `getDevice` in c10/core/impl/DeviceGuardImplInterface.h of torch 2.13; a `c10::Device` is two int8 and
    returned in a register.  If the order moves, `_check` raises.
    """
    if _alive:
        return
    cuda, meta, num_device_types = 1, 14, 22  # c10/core/DeviceType.h; fixed numbers, they are serialised
    libc10 = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libc10.so"))
    try:
        registry = (ctypes.c_void_p * num_device_types).in_dll(libc10, "_ZN3c104impl26device_guard_impl_registryE")
    except ValueError as error:
        raise RuntimeError(f"torch {torch.__version__}: libc10 has no device guard table") from error
    if not registry[meta]:
        raise RuntimeError(f"torch {torch.__version__}: no device guard for the meta device to copy")
    answers_type = ctypes.CFUNCTYPE(ctypes.c_int8, ctypes.c_void_p)(lambda self: cuda)
    answers_device = ctypes.CFUNCTYPE(ctypes.c_int16, ctypes.c_void_p)(lambda self: cuda)  # index 0, type 1
    exchanges_device = ctypes.CFUNCTYPE(ctypes.c_int16, ctypes.c_void_p, ctypes.c_int16)(lambda self, d: cuda)
    num_slots = 40  # the interface has 26; what lies behind them is never called
    source = ctypes.c_void_p.from_address(registry[meta] or 0).value
    assert source is not None
    table = (ctypes.c_void_p * num_slots)()
    ctypes.memmove(table, source, ctypes.sizeof(ctypes.c_void_p) * 26)
    for slot, callback in enumerate((answers_type, exchanges_device, answers_device)):
        table[slot] = ctypes.cast(callback, ctypes.c_void_p).value
    impl = ctypes.c_void_p(ctypes.addressof(table))
    _alive.extend((table, impl, answers_type, answers_device, exchanges_device))
    registry[cuda] = ctypes.addressof(impl)


def _install_device_interface(props: DeviceProps) -> None:
    """Tell Dynamo and Inductor about the device through their own registry (torch 2.13: private module)."""
    from torch._dynamo import device_interface as registry

    class OfflineCuda(registry.CudaInterface):
        """The device interface of a CUDA device known only by its properties."""

        class Worker:
            @staticmethod
            def set_device(device: int) -> None:
                pass

            @staticmethod
            def current_device() -> int:
                return 0

            @staticmethod
            def get_device_properties(device: Any = None) -> DeviceProps:
                return props

        current_device = staticmethod(lambda: 0)
        set_device = staticmethod(lambda device: None)
        maybe_exchange_device = staticmethod(lambda device: 0)
        exchange_device = staticmethod(lambda device: 0)
        device_count = staticmethod(lambda: 1)
        is_available = staticmethod(lambda: True)
        get_raw_stream = staticmethod(lambda device: 0)
        synchronize = staticmethod(lambda device=None: None)
        get_device_properties = staticmethod(lambda device=None: props)  # type: ignore[assignment]
        get_compute_capability = staticmethod(lambda device=None: 10 * props.major + props.minor)
        is_bf16_supported = staticmethod(lambda including_emulation=False: True)
        is_triton_capable = staticmethod(lambda device=None: True)
        raise_if_triton_unavailable = staticmethod(lambda device=None: None)

    list(registry.get_registered_device_interfaces())  # fills the registry, which would overwrite ours later
    registry.register_interface_for_device("cuda", OfflineCuda)
    registry.register_interface_for_device("cuda:0", OfflineCuda)
    # Inductor also asks torch.cuda directly in a few lowerings.  `is_available` stays False: a True makes
    # Dynamo ask for the CUDA generator's state.
    torch.cuda.get_device_properties = lambda device=None: props  # type: ignore[assignment,return-value]
    torch.cuda.get_device_capability = lambda device=None: (props.major, props.minor)
    torch.cuda.current_device = lambda: 0
    # C++ calls this by name before it makes a CUDA tensor from numbers, also a fake one.
    torch.cuda._lazy_init = lambda: None
    # A CUDA build would lay a recurrent module's weights out for cuDNN, on the device.
    torch.backends.cudnn.is_acceptable = lambda tensor: False


def _install_triton_driver(props: DeviceProps) -> None:
    """Give triton an active driver, so that asking for the current target does not look for a GPU."""
    import torch._inductor.runtime.hints  # bound before the patches below
    import torch._inductor.scheduler
    import torch.utils._triton
    from triton.backends.compiler import GPUTarget
    from triton.runtime.driver import driver

    class OfflineDriver:
        """The questions triton and Inductor put to a driver while code is generated."""

        def get_current_target(self) -> GPUTarget:
            return GPUTarget("cuda", 10 * props.major + props.minor, 32)

        def get_current_device(self) -> int:
            return 0

        def get_active_torch_device(self) -> torch.device:
            return torch.device("cuda", 0)

    driver.set_active(OfflineDriver())
    # Cached answers from before the patches would stand.
    torch.utils._triton.has_triton.cache_clear()
    torch._inductor.runtime.hints.DeviceProperties.create.cache_clear()


def _install_missing_meta_kernels() -> None:
    """Shapes of CUDA-only operators that torch 2.13 has no meta kernel for.

    With a GPU the fake tensor mode runs such an operator on zeros to see what comes out; without one it can't.
    `nn.GRUCell` is the one module that reaches such an operator.  Shapes: RNN.cu in ATen/native/cuda.
    """

    def fused_gru_cell(
        input_gates: torch.Tensor,
        hidden_gates: torch.Tensor,
        hx: torch.Tensor,
        input_bias: torch.Tensor | None = None,
        hidden_bias: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.empty_like(hx), hx.new_empty((hx.size(0), hx.size(1) * 5))

    import torch._prims
    from torch._guards import detect_fake_mode
    from torch.fx.experimental import proxy_tensor

    tensor_meta = torch._prims.TensorMeta

    def fake_tensor_meta(*args: Any, **kwargs: Any) -> Any:
        # Moving a tensor constant to the device makes its result outside of the fake mode, on a real device.
        mode = detect_fake_mode()
        with mode if mode is not None and torch.device(kwargs.get("device") or "cpu").type == "cuda" else nullcontext():
            return tensor_meta(*args, **kwargs)

    torch._prims.TensorMeta = fake_tensor_meta
    # The tracer also computes with one-element constants as it goes, on the device they are moved to.
    proxy_tensor.CONSTANT_NUMEL_LIMIT = 0

    name = "_thnn_fused_gru_cell"
    if not torch._C._dispatch_has_kernel_for_dispatch_key(f"aten::{name}", "Meta"):
        registrations = torch_library.Library("aten", "IMPL")
        registrations.impl(name, fused_gru_cell, "Meta")
        _alive.append(registrations)  # they end with it


def _check() -> None:
    """Fail now rather than with wrong code later."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils._triton import has_triton

    with FakeTensorMode(), torch.no_grad():
        moved = torch.empty(2, 3).to("cuda").uniform_()
        copied = torch.empty(2, 3, device="cuda").copy_(moved)
        product = torch.nn.Linear(3, 4, device="cuda")(copied)
    if product.device != torch.device("cuda", 0) or not has_triton():
        raise RuntimeError(
            f"torch {torch.__version__} does not take the offline CUDA device: a fake tensor sent to 'cuda' is on "
            f"'{product.device}', has_triton() is {has_triton()}"
        )
