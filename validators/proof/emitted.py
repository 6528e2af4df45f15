"""A pair's text as a live module."""

from __future__ import annotations

import linecache
import sys
import types
from typing import Any

import torch

from validators.loading import PAIR_MODULE, Loaded

FILE = f"<{PAIR_MODULE}>"


def execute(text: str, **names: Any) -> types.ModuleType:
    """The text, executed as it stands, as a module that has `names` from the start.  Raises whatever it raises."""
    module = types.ModuleType(PAIR_MODULE)
    module.__file__ = FILE
    sys.modules[PAIR_MODULE] = module
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)  # triton reads its kernels there
    vars(module).update(names)
    exec(compile(text, FILE, "exec", dont_inherit=True), vars(module))
    return module


def share_globals(module: types.ModuleType, loaded: Loaded) -> None:
    """Give the pair's global tensors the program's values: it may have drawn them at random when it was imported."""
    for key, mine in vars(module).items():
        theirs = getattr(loaded.namespace, key.removesuffix("_of_program"), None)
        if isinstance(mine, torch.Tensor) and isinstance(theirs, torch.Tensor) and mine.shape == theirs.shape:
            with torch.no_grad():
                mine.copy_(theirs)


def as_program(module: types.ModuleType, loaded: Loaded) -> Loaded:
    """The Triton side as a program of its own, with the inputs of the original one."""

    def init_inputs() -> list[Any]:
        args, kwargs = loaded.init_inputs()
        return [list(args), kwargs]

    module.get_inputs = loaded.inputs  # type: ignore[attr-defined]
    module.get_init_inputs = init_inputs  # type: ignore[attr-defined]
    return Loaded(module, f"{loaded.entry_point}New")
