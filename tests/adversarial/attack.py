"""What an attack is made of."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from validators.containment.layers import Tier
from validators.verdict import Reason

HELD = (Tier.CONTAINED, Tier.CONFINED)
ALL = (Tier.CONTAINED, Tier.CONFINED, Tier.GUARDED)
REACHED = "REACHED"  # an attack that got through says so in the error it raises

_PROGRAM = """
import torch
import torch.nn as nn
import torch.nn.functional as F
{extra}

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        {init}

    def forward(self, x):
        {forward}


def get_inputs():
    {inputs}


def get_init_inputs():
    return [], {{}}
"""


def program(
    forward: str = "return torch.relu(self.linear(x)) + 1",
    extra: str = "",
    init: str = "self.linear = nn.Linear(6, 5)",
    inputs: str = "return [torch.randn(4, 6)]",
) -> str:
    """A program that is an honest one where nothing else is given."""
    parts = {"forward": textwrap.indent(forward, " " * 8).lstrip(), "init": textwrap.indent(init, " " * 8).lstrip()}
    return _PROGRAM.format(extra=extra, inputs=textwrap.indent(inputs, " " * 4).lstrip(), **parts)


@dataclass(frozen=True)
class Attack:
    """A program, the reasons it may be turned down for (None: it is judged as if it had not tried), and where.

    `unheld` says that it gets through, and does no lasting harm, where nothing but limits holds it.
    """

    name: str
    source: str
    reasons: frozenset[Reason | None]
    tiers: tuple[Tier, ...] = ALL
    unheld: bool = False
    heavy: bool = False
    seconds: float = 10.0  # of CPU; three times as long by the clock, enough where other attacks fill the disk


def attack(name: str, source: str, *reasons: Reason | None, heavy: bool = False) -> Attack:
    """One that limits, the judge or the honesty checks see to, so that it fails in every tier."""
    return Attack(name, source, frozenset(reasons), heavy=heavy)


_REACH = """
import ctypes, glob, mmap, os, socket, struct, subprocess, sys, tempfile, time
libc = ctypes.CDLL(None, use_errno=True)

def attempt():
{body}

try:
    result = attempt()
except (OSError, ImportError, LookupError, ValueError, subprocess.SubprocessError):
    result = None
if result:
    raise RuntimeError("REACHED " + str(result)[:80])
"""


def reach(name: str, body: str, unheld: bool = True, tiers: tuple[Tier, ...] = HELD) -> Attack:
    """One that reaches for something outside when it is imported; `body` returns something true where it got it."""
    extra = _REACH.format(body=textwrap.indent(textwrap.dedent(body).strip(), " " * 4))
    return Attack(name, program(extra=extra), frozenset({None}), tiers, unheld)
