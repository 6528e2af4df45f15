"""Makes this process one in which the Triton side of pairs can be executed on CPU.  It cannot be undone."""

from __future__ import annotations

from triton import knobs


def install() -> None:
    """Put every stand-in in place.

    Raises RuntimeError where `TRITON_INTERPRET=1` was not in the environment before triton was imported, and where one
    of torch's or triton's private names is not where it was.
    """
    if not knobs.runtime.interpret:
        raise RuntimeError("TRITON_INTERPRET=1 has to be set before triton is imported")
    from validators.proof import grids
    from validators.proof.interpreter import (
        arrays,
        assembly,
        externs,
        host,
        kernels,
        language,
        lockstep,
        memory,
        operators,
        reduce,
    )

    memory.install()
    arrays.install()
    reduce.install()
    kernels.install()
    lockstep.install()
    operators.install()
    language.install()
    assembly.install()
    externs.install()
    host.install()
    grids.install()
