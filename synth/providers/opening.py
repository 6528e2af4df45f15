"""From `name[:argument]` to a provider: the built-in ones, and others' by entry point.

An installed package adds a provider with an entry point in the group `synth.providers`: its name is the provider's,
its value a callable `(argument: str, options: Options) -> Provider`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from synth.errors import CommandError, UsageError, nearest
from synth.providers.interface import About, Options, Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "synth.providers"
ALLOWED = "builtin, replay:FILE, gemini[:MODEL], openai[:MODEL] or local[:MODEL]"

Opener = Callable[[str, Options], Provider]


def open_provider(model_name: str, options: Options | None = None) -> Provider:
    """The provider of one specification such as `builtin`, `replay:FILE` or `gemini:gemini-2.5-flash`.

    Raises UsageError when there is no such provider, or what it needs (a key, a file, a server) is missing.
    """
    kind, _, argument = model_name.partition(":")
    opener = _BUILT_IN.get(kind) or _plugin(kind, model_name)
    return opener(argument, options or Options())


def _builtin(argument: str, options: Options) -> Provider:
    if argument:
        raise UsageError(f"model_name=builtin:{argument}: builtin takes no argument.")
    from synth.providers.builtin import Builtin

    return Builtin()


def _replay(argument: str, options: Options) -> Provider:
    from synth.providers.replay import Replay

    return Replay.open(argument)


def _gemini(argument: str, options: Options) -> Provider:
    from synth.providers.gemini import open_gemini

    return open_gemini(argument, options)


def _openai(argument: str, options: Options) -> Provider:
    from synth.providers.openai import open_openai

    return open_openai(argument, options)


def _local(argument: str, options: Options) -> Provider:
    from synth.providers.local import open_local

    return open_local(argument, options)


_BUILT_IN: dict[str, Opener] = {
    "builtin": _builtin,
    "replay": _replay,
    "gemini": _gemini,
    "openai": _openai,
    "local": _local,
}


def _plugin(kind: str, model_name: str) -> Opener:
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP)
    named = [point for point in found if point.name == kind]
    if not named:
        others = sorted({point.name for point in found} - _BUILT_IN.keys())
        allowed = ALLOWED + (f"; installed: {', '.join(others)}" if others else "")
        raise UsageError(f"model_name={model_name}: allowed is {allowed}.{nearest(kind, [*_BUILT_IN, *others])}")
    if len({point.value for point in named}) > 1:
        raise UsageError(f"model_name={model_name}: {' and '.join(map(_where, named))} both provide {kind}.")
    return _guarded(named[0], model_name)


def _guarded(point: EntryPoint, model_name: str) -> Opener:
    """An opener of others: whatever is wrong with it is told as its fault, in one line."""
    blame = f"model_name={model_name}: the provider {_where(point)}"

    def open_it(argument: str, options: Options) -> Provider:
        try:
            opener: Any = point.load()
        except Exception as error:
            raise UsageError(f"{blame} cannot be loaded ({type(error).__name__}: {_line(error)}).") from error
        try:
            provider: Any = opener(argument, options)
        except CommandError:
            raise
        except Exception as error:
            raise UsageError(f"{blame} cannot be opened ({type(error).__name__}: {_line(error)}).") from error
        if not isinstance(getattr(provider, "about", None), About):
            raise UsageError(f"{blame} gave {type(provider).__name__}, which has no About as `about`.")
        for method in ("answer", "aclose"):
            if not callable(getattr(provider, method, None)):
                raise UsageError(f"{blame} gave {type(provider).__name__}, which has no `{method}`.")
        checked: Provider = provider
        return checked

    return open_it


def _where(point: EntryPoint) -> str:
    return f"{point.value}{f' of {point.dist.name}' if point.dist else ''}"


def _line(error: Exception) -> str:
    from synth.providers.keys import redact

    return redact(" ".join(str(error).split()))[:200]
