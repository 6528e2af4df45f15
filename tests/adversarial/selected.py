"""Which programs a session is about to judge: they are given to a pool all at once, so that it is never idle."""

from __future__ import annotations

from typing import Any

import pytest


def selected(request: pytest.FixtureRequest, parameter: str, **fixed: Any) -> list[Any]:
    """Values of `parameter` in the session's tests of the calling one's function where the others are as `fixed`."""
    found = []
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.originalname == request.node.originalname:
            others = item.callspec.params
            if all(others[key] == value for key, value in fixed.items()):
                found.append(others[parameter])
    return found
