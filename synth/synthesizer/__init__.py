"""The built-in synthesizer: from an operator pattern to a program, without torch and without a model."""

from synth.synthesizer.program import Draft, draft_program, write_checked_program, write_program

__all__ = ["Draft", "draft_program", "write_checked_program", "write_program"]
