"""Programs the validator tests judge.  Each is a few lines that do one thing."""

from __future__ import annotations

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def program(
    forward: str,
    init: str = "self.linear = nn.Linear(6, 5)",
    inputs: str = "torch.randn(4, 6)",
    extra: str = "",
    parameters: str = "x",
) -> str:
    """A whole program around the body of `forward` (lines separated by `;` or newlines)."""
    body = "\n        ".join(forward.split("\n"))
    built = "\n        ".join(init.split("\n"))
    return f"""{HEAD}{extra}

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        {built}

    def forward(self, {parameters}):
        {body}


def get_inputs():
    return [{inputs}]


def get_init_inputs():
    return [], {{}}
"""


GOOD = program("return torch.relu(self.linear(x)) + 1")
