"""Runs the Triton side of a pair on CPU: Triton's interpreter, with stand-ins for what only a GPU has.

The exact text of `triton_code` is executed.  Nothing in it is rewritten; the names it imports from torch and triton are
given stand-ins, in a process of its own (`setup.install` cannot be undone).

    setup     the one-time replacements, and the check that the process is fit for them
    memory    kernel arguments as buffers with virtual addresses; every access is checked before it happens
    arrays    the interpreter's arithmetic where NumPy's is slow or wrong
    reduce    reductions, scans and sorts as whole-array operations
    libdevice CUDA's math functions
    operators `tl.tensor`'s operators where nothing has to be decided
    lockstep  many programs of a grid in one pass of a kernel's code
    blocks    block sizes for kernels of Inductor's text, which has none
    kernels   what takes the place of Inductor's heuristics and of its compiler
    host      what takes the place of the CUDA device in the wrapper's Python code
    externs   library kernels that have no CPU implementation
"""
