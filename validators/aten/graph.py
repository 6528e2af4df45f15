"""What a recorded forward pass is made of.  Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Number = int | float | bool


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One value: the result of an ATen operator, or a leaf.

    Attributes:
        op: the operator without overload and in-place mark (`addmm`); "input" for a tensor that the forward pass is
            given, "zeros" or "constant" for any other one that is not made of others (parameters, buffers, new ones).
        inputs: the tensors it was made of, in the order of its arguments; None for one that was not given.
        numbers: its other numeric arguments in order, lists flattened; of a "constant", the value of all its elements
            where it is known.
        output: which of the operator's results it is.
        shape: of the result, as the operator made it.
        elements: in the tensor, as views of it have it.
        strict: what the exact graph hashes to from here down, 16 bytes.
        varies: whether it depends on a tensor that the forward pass is given.
    """

    op: str
    inputs: tuple[Node | None, ...]
    numbers: tuple[Number, ...]
    output: int
    shape: tuple[int, ...]
    elements: int
    strict: bytes
    varies: bool


@dataclass(frozen=True)
class Recorded:
    """A forward pass: its outputs, and how many tensors it was given and owns."""

    outputs: tuple[Node, ...]
    inputs: int
    parameters: int


def reachable(outputs: Sequence[Node]) -> Iterator[Node]:
    """Every node that an output depends on, arguments before what is made of them."""
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(node, False) for node in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.inputs) if child is not None)
