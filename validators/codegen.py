"""Stage TRITON: Inductor's Triton code for the device target, bound to the module it belongs to."""

from __future__ import annotations

import ast
import inspect
import math
import warnings
from typing import Any

import torch
import torch._dynamo.exc
import triton
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from validators.emission import binding, labels, readable, triton_module
from validators.emission.rehearsal import rehearse
from validators.errors import describe, is_out_of_memory
from validators.fake import FakeMode
from validators.inductor.capture import Capture, CaptureError, DataDependentError, SeveralGraphsError, capture
from validators.inductor.offline_cuda import DEVICE_TARGETS
from validators.inductor.templates import writing
from validators.loading import Loaded, Refused, duplicate, map_tensors, tensors
from validators.verdict import Pair, Program, Reason, Settings, Stage, Verdict

MAX_CONSTANT_ELEMENTS = 4096  # tensor constants are written into the text as lists


def check(loaded: Loaded, program: Program, settings: Settings) -> tuple[Verdict, Pair]:
    """Compile the program for `settings.device_target` and write its Triton side.

    Metrics: `kernels` and `extern_calls` (counts).  Raises Refused.
    """
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        pair = _make_pair(loaded, program, settings)
    metrics = {"kernels": len(pair.kernels), "extern_calls": len(pair.evidence["extern_calls"])}
    return Verdict(Stage.TRITON, True, metrics=metrics), pair


def _make_pair(loaded: Loaded, program: Program, settings: Settings) -> Pair:
    with FakeMode():
        with torch.device("cuda"):
            model, inputs, init_lines = on_fake_cuda(loaded)
        _refuse_what_would_mislead(model, inputs, program)
        names = binding.name_tensors(model, inputs)  # before the run, which may put new tensors into attributes
        found, output = _capture(model, inputs, settings)
        kernels = triton_module.kernel_names(found.text)
        externs = triton_module.extern_calls(found.text)
        if not kernels:
            raise Refused(Reason.NO_TRITON_KERNEL, f"library calls only: {', '.join(dict.fromkeys(externs)) or 'none'}")
        if externs and settings.templates == "triton":
            raise Refused(Reason.EXTERN_KERNEL_LEFT, ", ".join(dict.fromkeys(externs)))
        arguments = binding.write_arguments(found.arguments, names)
        result = binding.free_name("output", model)
        returned = binding.write_output(output, found.results, names, result)
        variables = [binding.free_name(f"arg{index}_1", model) for index in range(len(arguments))]
        constants = _constants(
            {key: t for key, t in found.constants.items() if triton_module.uses_constant(found.text, key)}
        )
        note = f"Inductor's kernels for {settings.device_target}; the forward of {program.entry_point} in eval mode."
        bound = triton_module.Binding(variables, arguments, result, returned, constants, init_lines, note)
        names_said = readable.new_names(found.text)
        text = readable.renamed(found.text, names_said)
        try:
            written = triton_module.assemble(text, program.source, program.entry_point, bound)
        except ValueError as error:
            raise Refused(Reason.UNSUPPORTED_FORM, f"as plain Triton: {describe(error)}") from error
        labelled = labels.label(found.text, found.operations, settings.device_target)
        labelled["kernels"] = {names_said[name]: value for name, value in labelled["kernels"].items()}
        rehearse(written.own, loaded, _rebuilt, found, arguments, output)
    return Pair(
        triton_code=written.text,
        original_triton_code=triton_module.original(found.text),
        kernels=tuple(names_said[name] for name in kernels),
        device_target=settings.device_target,
        evidence={
            "torch": torch.__version__,
            "triton": triton.__version__,
            "device": DEVICE_TARGETS[settings.device_target].name,
            "mode": "eval",
            "arguments": arguments,
            "output": returned,
            "extern_calls": list(externs),
            "labels": labelled,
        },
    )


def _rebuilt(emitted: Loaded) -> tuple[nn.Module, list[Any]]:
    with torch.device("cuda"):
        model, inputs, _ = on_fake_cuda(emitted)
    return model, inputs


def _refuse_what_would_mislead(model: nn.Module, inputs: list[Any], program: Program) -> None:
    """Forms whose Triton side would be wrong without anything noticing.  Raises Refused(UNSUPPORTED_FORM)."""
    if type(model).__call__ is not nn.Module.__call__:
        raise Refused(Reason.UNSUPPORTED_FORM, "the module overrides __call__")
    given = [id(tensor) for tensor in tensors(inputs)]
    if len(set(given)) != len(given):
        raise Refused(Reason.UNSUPPORTED_FORM, "one tensor is given as several inputs")
    written = triton_module.forward_parameters(ast.parse(program.source), program.entry_point)
    function = ast.parse(f"def forward({written}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    arguments = function.args
    own = [a.arg for a in [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs] if a][1:]
    real = [p.name for p in inspect.signature(model.forward).parameters.values() if p.kind is not p.VAR_KEYWORD]
    if own != real:
        raise Refused(Reason.UNSUPPORTED_FORM, f"forward({', '.join(real)}) is not written in the class itself")
    if {"call", "torch"} & set(real):
        raise Refused(Reason.UNSUPPORTED_FORM, "a parameter of forward is named call or torch")


def _capture(model: nn.Module, inputs: list[Any], settings: Settings) -> tuple[Capture, Any]:
    """Compile as a user with the model on the device would; where that leaves work on the CPU, once more.

    A program written for CPU may make tensors without naming a device.  `torch.device` as a context puts those on the
    device too, but it is a function mode, under which Dynamo (torch 2.13) cannot trace `Tensor.unflatten` and others:
    so it comes second.
    """
    refused: Refused | None = None
    try:
        found, output = _captured(model, inputs, settings)
        if not triton_module.has_cpu_kernel(found.text):
            return found, output
    except Refused as error:
        if error.reason is Reason.OUT_OF_MEMORY:
            raise
        refused = error
    try:
        with torch.device("cuda"):
            found, output = _captured(model, inputs, settings)
    except Refused as error:
        raise refused or error from error
    if triton_module.has_cpu_kernel(found.text):
        raise Refused(Reason.COMPILE_ERROR, "part of the forward pass stays on the CPU")
    return found, output


def _captured(model: nn.Module, inputs: list[Any], settings: Settings) -> tuple[Capture, Any]:
    try:
        with writing(settings):
            return capture(model, inputs)
    except torch._dynamo.exc.Unsupported as error:
        raise Refused(Reason.GRAPH_BREAK, describe(error)) from error
    except SeveralGraphsError as error:
        raise Refused(Reason.GRAPH_BREAK, describe(error)) from error
    except CaptureError as error:
        raise Refused(Reason.NO_TRITON_KERNEL, describe(error)) from error
    except DataDependentError as error:
        raise Refused(Reason.DATA_DEPENDENT_SHAPE, describe(error)) from error
    except Exception as error:
        reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.COMPILE_ERROR
        raise Refused(reason, describe(error)) from error


def on_fake_cuda(loaded: Loaded) -> tuple[nn.Module, list[Any], list[str]]:
    """Model and inputs as fake CUDA tensors, and what the Triton side's constructor must do besides.

    What needs real values while being built is built on CPU first.
    """
    try:
        model, inputs, lines = loaded.build(), loaded.inputs(), []
    except Refused as refused:
        if refused.reason is Reason.OUT_OF_MEMORY:
            raise
        model, inputs, lines = for_real(lambda: _builtfor_real(loaded))
    except Exception:
        model, inputs, lines = for_real(lambda: _builtfor_real(loaded))
    moved: dict[int, torch.Tensor] = {}
    _move_module(model, moved)
    for key, value in binding.global_tensors(model).items():
        vars(loaded.namespace)[key] = map_tensors(lambda t: moved_to_cuda(t, moved), value)
    return model, map_tensors(lambda t: moved_to_cuda(t, moved), inputs), lines


def _builtfor_real(loaded: Loaded) -> tuple[nn.Module, list[Any], list[str]]:
    model, inputs = loaded.build(), loaded.inputs()
    lazy = [m for m in model.modules() if isinstance(m, LazyModuleMixin) and m.has_uninitialized_params()]
    if not lazy:
        return model, inputs, []
    # A lazy module learns its sizes in its first forward pass, which the Triton side never makes.
    shapes: dict[int, list[int]] = {}
    for module in lazy:
        module.register_forward_pre_hook(
            lambda m, args, kwargs: shapes.update({id(m): list(next(tensors([args, kwargs])).shape)}), with_kwargs=True
        )
    model(*map_tensors(duplicate, inputs))
    names = binding.name_modules(model)
    lines = [f"{names[key]}.initialize_parameters(torch.empty({shape}))" for key, shape in shapes.items()]
    return model, inputs, lines


def for_real(make: Any) -> Any:
    """What `make` returns on CPU, outside of the fake mode."""
    from torch.utils._python_dispatch import _disable_current_modes  # private, torch 2.13: leaves the fake mode

    with _disable_current_modes(), torch.device("cpu"):
        return make()


def moved_to_cuda(tensor: torch.Tensor, moved: dict[int, torch.Tensor]) -> torch.Tensor:
    """A fake CUDA tensor of the same geometry; the same one for the same tensor, so that ties stay ties."""
    if tensor.device.type == "cuda":
        return tensor
    if id(tensor) not in moved:
        empty = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cuda")
        is_parameter = isinstance(tensor, nn.Parameter)
        moved[id(tensor)] = nn.Parameter(empty, tensor.requires_grad) if is_parameter else empty
    return moved[id(tensor)]


def _move_module(model: nn.Module, moved: dict[int, torch.Tensor]) -> None:
    for module in model.modules():
        for held in (module._parameters, module._buffers):
            for key, tensor in held.items():
                if tensor is not None:
                    held[key] = moved_to_cuda(tensor, moved)  # type: ignore[assignment]
        for key, value in list(vars(module).items()):
            # Plain attributes too; recurrent modules keep their weights in a list besides.
            if key not in binding.REGISTERED and any(True for _ in tensors(value)):
                vars(module)[key] = map_tensors(lambda t: moved_to_cuda(t, moved), value)
        for cls, key, value in binding.class_tensors(module):
            setattr(cls, key, map_tensors(lambda t: moved_to_cuda(t, moved), value))
        if isinstance(module, nn.RNNBase):
            module._init_flat_weights()  # or its forward would notice that they moved


def _constants(constants: dict[str, torch.Tensor]) -> dict[str, str]:
    """Tensors that the compiler lifted out of `forward`, written as expressions."""
    written: dict[str, str] = {}
    for name, tensor in constants.items():
        value = getattr(tensor, "constant", None)
        value = tensor if value is None else value
        if type(value) is not torch.Tensor or value.numel() > MAX_CONSTANT_ELEMENTS:
            raise Refused(
                Reason.UNBOUND_ARGUMENT, f"the constant {name} (shape {list(tensor.shape)}) has no value to write"
            )
        written[name] = f"torch.tensor({_values(value.tolist())}, dtype={value.dtype}, device='{tensor.device}')"
    return written


def _values(value: Any) -> str:
    """A nest of numbers as an expression; NaN and infinities have no literal."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_values, value)) + "]"
    if isinstance(value, complex):
        return f"complex({_values(value.real)}, {_values(value.imag)})"
    return repr(value) if math.isfinite(value) else f"float('{value}')"
