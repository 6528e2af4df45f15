"""A pair's text as a live module."""

from __future__ import annotations

import linecache
import sys
import types
from typing import Any

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


def as_program(module: types.ModuleType, loaded: Loaded) -> Loaded:
    """The Triton side as a program of its own, with the inputs of the original one."""

    def init_inputs() -> list[Any]:
        args, kwargs = loaded.init_inputs()
        return [list(args), kwargs]

    module.get_inputs = loaded.inputs  # type: ignore[attr-defined]
    module.get_init_inputs = init_inputs  # type: ignore[attr-defined]
    return Loaded(module, f"{loaded.entry_point}New")
