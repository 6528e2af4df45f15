"""What `python -m synth` and `--help` teach."""

from __future__ import annotations

from typing import Any

from synth.commands import COMMANDS, Command, Param
from synth.errors import EXIT_CODES

_HEAD = """\
synth makes corpora of verified PyTorch programs, each paired with the Triton code Inductor writes for it.

usage: python -m synth .COMMAND key=value key=[1,5] ...   (or: COMMAND --key=value)
       python -m synth .COMMAND --help
"""


def overview() -> str:
    """All commands, one example each."""
    lines = [_HEAD, "commands:"]
    for command in COMMANDS.values():
        lines += [f"  .{command.name:13} {command.summary}", f"  {'':14} {command.examples[0]}"]
    lines += ["", "exit codes:"]
    lines += [f"  {code:<4} {meaning}" for code, meaning in EXIT_CODES.items()]
    return "\n".join(lines)


def of_command(command: Command) -> str:
    """One command: examples, then keys with default and what is allowed."""
    lines = [f".{command.name}: {command.summary}", ""]
    lines += [f"  {example}" for example in command.examples]
    lines += ["", "keys (key=value):"]
    width = max(len(param.name) for param in command.params) + 2
    for param in command.params:
        lines.append(f"  {param.name:{width}}{param.doc}")
        lines.append(f"  {'':{width}}{param.rule.allowed}{_otherwise(param)}")
    return "\n".join(lines)


def _otherwise(param: Param) -> str:
    """What holds where the key is not given, unless `doc` has told it."""
    if param.required:
        return "; required"
    return "" if param.default is None and "default " in param.doc else f"; default {_default(param.default)}"


def _default(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ",".join(map(str, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
