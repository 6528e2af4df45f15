"""The command line: the original's `.command key=value`, or Fire's `command --key=value`, over python-fire.

Names are checked before Fire sees them, so that a slip is answered with the nearest name; Fire then reads the
values as it always does (numbers, lists, booleans), and each is checked against its rule.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from synth import help as teach
from synth import values
from synth.commands import COMMANDS, Command
from synth.errors import DONE, FAILED, INTERRUPTED, USAGE, CommandError, UsageError, nearest

_HELP = {"--help", "-h", "help", "-help"}


def main(argv: Sequence[str]) -> int:
    """Runs one command; the exit code."""
    try:
        code = _main(list(argv))
        sys.stdout.flush()  # here, where its failure can be told
        return code
    except CommandError as error:
        print(f"synth: {error}", file=sys.stderr)
        if error.exit_code == USAGE and (not argv or argv[0].lstrip(".") not in COMMANDS):
            print("synth: `python -m synth` lists the commands.", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("synth: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`); nothing is left to tell it, also not at interpreter exit.
        _silence()
        return DONE
    except OSError as error:  # a full disk behind standard output, say
        print(f"synth: cannot go on: {error}", file=sys.stderr)
        _silence()
        return FAILED


def _silence() -> None:
    """Standard output goes nowhere from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _main(argv: list[str]) -> int:
    if not argv or argv[0] in _HELP:
        print(teach.overview() if not argv[1:] else teach.of_command(_command(argv[1])))
        return DONE
    command = _command(argv[0])
    if _HELP & set(argv[1:]):
        print(teach.of_command(command))
        return DONE
    typed = _split(command, argv[1:])
    rules = {param.name: param.rule for param in command.params}
    parsed = _parse_with_fire(command, typed, rules)
    given = {key: values.check(key, value, rules[key]) for key, value in parsed.items()}
    return command.call(given)


def _command(word: str) -> Command:
    name = word.removeprefix(".").replace("-", "_")
    if name not in COMMANDS:
        raise UsageError(f"unknown command {word}.{nearest(name, COMMANDS)}")
    return COMMANDS[name]


def _split(command: Command, words: list[str]) -> dict[str, str | list[str]]:
    """Each key with the text typed for it, whichever way it was typed; bare words are a list where several may be."""
    names = {param.name for param in command.params}
    typed: dict[str, str | list[str]] = {}
    pending = list(words)
    while pending:
        word = pending.pop(0)
        key, equals, value = word.removeprefix("--").partition("=")
        dashed = word.startswith("--")
        if not dashed and not equals:
            if command.several and command.positional is not None:
                listed = typed.setdefault(command.positional, [])
                if not isinstance(listed, list):
                    raise UsageError(f"{word}: {command.positional}= is given as well; write all as one list.")
                listed.append(word)
                continue
            if command.positional is None or command.positional in typed:
                raise UsageError(f"{word}: write key=value; .{command.name} --help lists the keys.")
            key, value = command.positional, word
        key = key.replace("-", "_") if dashed else key
        if key not in names:
            raise UsageError(f"unknown key {key} for .{command.name}.{nearest(key, names)}")
        if key in typed:
            raise UsageError(f"{key} is given twice.")
        if dashed and not equals:
            # `--key value`, or a bare `--flag`
            follows = pending and not pending[0].startswith("--")
            value = pending.pop(0) if follows else "True"
        typed[key] = value
    return typed


def _parse_with_fire(
    command: Command, typed: dict[str, str | list[str]], rules: dict[str, values.Rule]
) -> dict[str, Any]:
    if not typed:
        return {}
    import fire

    caught: dict[str, Any] = {}

    def receive(**parsed: Any) -> None:
        caught.update(parsed)

    # Text keys are quoted, or Fire would read output_dir=007 as a number; "--" keeps Fire's own flags out.
    words = [f"--{key}={repr(text) if rules[key].literal else text}" for key, text in typed.items()]
    fire.Fire(receive, command=words, name=f"synth .{command.name}")
    return caught
