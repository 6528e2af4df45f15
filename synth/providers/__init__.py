"""Who answers: providers behind one small interface, found by `model_name`.

Providers import nothing of the orchestrator.  Adding one here is a file and a line in `opening.py`; anyone else adds
one by an entry point.  SDKs are imported when a provider of theirs is opened.
"""

from __future__ import annotations

from synth.providers.choice import Choice, open_choice
from synth.providers.interface import About, Answer, Failure, FailureKind, Message, Options, Provider, Request, Usage
from synth.providers.opening import open_provider

__all__ = [
    "About",
    "Answer",
    "Choice",
    "Failure",
    "FailureKind",
    "Message",
    "Options",
    "Provider",
    "Request",
    "Usage",
    "open_choice",
    "open_provider",
]
