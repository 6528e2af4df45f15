"""The Triton side's own part, run once with a stand-in for the kernels before the pair is kept.

The class is written from the program's syntax tree, and Python has more forms than such a rewriting can know.  So what
was written is executed: its constructor, its `forward`, the arguments it hands to the kernels, what it returns.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from validators.emission import binding
from validators.errors import describe
from validators.inductor.capture import Capture
from validators.loading import PAIR_MODULE, Loaded, Refused
from validators.verdict import Reason


def rehearse(
    own: str,
    loaded: Loaded,
    build: Callable[[Loaded], tuple[nn.Module, list[Any]]],
    found: Capture,
    arguments: list[str],
    output: Any,
) -> None:
    """Run `own`, the text of class `<entry_point>New`, and compare with what was captured from the program.

    `build` makes model and inputs as they were made for the capture; `arguments` are the expressions the class
    evaluates, `output` what the program returned for `found.results`.  Raises Refused(UNSUPPORTED_FORM).
    """
    try:
        given: list[Any] = []
        model, inputs = build(_emitted(own, loaded, found, given))
        names = binding.name_tensors(model, inputs)
        returned = model(*inputs)
    except Exception as error:
        raise _refused(f"it raised {describe(error, 300)}") from error
    if len(given) != len(found.arguments):
        raise _refused(f"it gives {len(given)} arguments, the kernels take {len(found.arguments)}")
    for index, (want, got) in enumerate(zip(found.arguments, given, strict=True)):
        # Plain attributes are moved by an expression, which may make another tensor of the same geometry.
        named = arguments[index].endswith(".cuda()") or _expression(names, got) == arguments[index]
        if not _alike(want, got) or (isinstance(want, torch.Tensor) and not named):
            raise _refused(f"argument {index} is not {arguments[index]} of the program")
    if not _same_output(output, returned, {id(result) for result in found.results}):
        raise _refused("it returns something else")


def _expression(names: dict[int, binding.Named], value: Any) -> str:
    return names[id(value)].expression if id(value) in names else ""


def _emitted(own: str, loaded: Loaded, found: Capture, given: list[Any]) -> Loaded:
    """The Triton side as a program of its own, with the inputs of the original one; `given` gets `call`'s arguments."""
    module = types.ModuleType(PAIR_MODULE)

    def call(args: list[Any]) -> list[Any]:
        given[:] = args
        return list(found.results)

    vars(module).update(call=call, torch=torch)
    sys.modules[PAIR_MODULE] = module
    exec(compile(own, f"<{loaded.entry_point}New>", "exec", dont_inherit=True), vars(module))
    module.get_inputs = loaded.namespace.get_inputs  # type: ignore[attr-defined]
    module.get_init_inputs = loaded.namespace.get_init_inputs  # type: ignore[attr-defined]
    return Loaded(module, f"{loaded.entry_point}New")


def _refused(what: str) -> Refused:
    return Refused(Reason.UNSUPPORTED_FORM, f"the Triton side was run and {what}")


def _alike(want: Any, got: Any) -> bool:
    if not isinstance(want, torch.Tensor):
        return type(want) is type(got) and bool(want == got)
    return (
        isinstance(got, torch.Tensor)
        and want.shape == got.shape
        and want.stride() == got.stride()
        and want.dtype == got.dtype
        and want.device.type == got.device.type
    )


def _same_output(want: Any, got: Any, computed: set[int]) -> bool:
    """The same structure; the very tensors that the kernels computed in the same places."""
    if isinstance(want, torch.Tensor):
        return want is got if id(want) in computed else _alike(want, got)
    if type(want).__name__ != type(got).__name__:
        return False
    if isinstance(want, dict):
        return list(want) == list(got) and all(_same_output(want[key], got[key], computed) for key in want)
    if isinstance(want, list | tuple):
        pairs = zip(want, got, strict=False)
        return len(want) == len(got) and all(_same_output(a, b, computed) for a, b in pairs)
    return bool(want == got) or (want != want and got != got)
