"""The built-in synthesizer: from an operator pattern to a program, without torch and without a model."""

from synth.synthesizer.program import write_checked_program, write_program

__all__ = ["write_checked_program", "write_program"]
