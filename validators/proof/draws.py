"""Values for parameters, buffers and inputs that the program has never seen and that suit it.

A value is made of the program's own ones: shuffled, and mixed pairwise, so that signs, ranges and roughly the
distribution stay (a variance stays positive, a probability below one), while no element is where it was.  What the
program made constant is spread, since a bias of zeros would hide a bias that is never added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn

from validators.loading import duplicate, map_tensors

MIX = 0.25  # the largest share of the second of two mixed elements
SPREAD = 0.5  # of a constant, relative to it
MANY, WIDTH = 1 << 20, 4093  # elements from which on only rows of so many (a prime) and columns are shuffled
SMALL = 0.1  # standard deviation of what was constant zero

State = dict[str, torch.Tensor]


def seed_of(source: str, seed: int, draw: int) -> int:
    """A seed that follows from the program and the run, and is not told to the program."""
    digest = hashlib.blake2b(f"{seed}/{draw}\n{source}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


def values(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """New values in the place of `tensor`'s, which is left as it is: the same geometry, dtype and range."""
    flat = tensor.detach().reshape(-1)
    if flat.numel() == 0:
        return tensor.detach().clone()
    if bool((flat == flat[0]).all()):
        drawn = _spread(flat, generator)
    else:
        drawn = shuffled(flat, generator)
        if _is_continuous(flat):
            other = shuffled(flat, generator)
            share = torch.rand(flat.shape, generator=generator).to(flat.real.dtype if flat.is_complex() else flat.dtype)
            drawn = drawn + (other - drawn) * (share * MIX)
    made = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype) if _is_dense(tensor) else None
    shaped = drawn.reshape(tensor.shape)
    return shaped.clone() if made is None else made.copy_(shaped)


def shuffled(flat: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The elements in another order: any order, or one of rows and columns where there are too many for that."""
    if flat.numel() <= MANY:
        return flat[torch.randperm(flat.numel(), generator=generator)]
    rows = flat.numel() // WIDTH
    table = flat[: rows * WIDTH].view(rows, WIDTH)[torch.randperm(rows, generator=generator)]
    table = table[:, torch.randperm(WIDTH, generator=generator)]
    return torch.cat([table.reshape(-1), flat[rows * WIDTH :]])


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether no two elements share memory."""
    return all(n <= 1 or s != 0 for n, s in zip(tensor.shape, tensor.stride(), strict=True))


def _is_continuous(flat: torch.Tensor) -> bool:
    """Real numbers, as against a mask or indices kept in a float tensor."""
    if flat.is_complex():
        return bool(torch.isfinite(flat).all())
    return flat.is_floating_point() and bool(torch.isfinite(flat).all()) and bool((flat != flat.round()).any())


def _spread(flat: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    first = flat[0]
    if not flat.is_floating_point() or not bool(torch.isfinite(first)):
        return flat.clone()
    if float(first) == 0:
        return (torch.randn(flat.shape, generator=generator) * SMALL).to(flat.dtype)
    # What is below one may be a share or a probability, and stays one.
    above = min(SPREAD, 1 / abs(float(first)) - 1) if abs(float(first)) < 1 else SPREAD
    factors = 1 - SPREAD + (SPREAD + above) * torch.rand(flat.shape, generator=generator)
    return first * factors.to(flat.dtype)


def _is_sequence(tensor: torch.Tensor) -> bool:
    """Integers in order: offsets, lengths, positions.  Out of order they would mean nothing."""
    flat = tensor.reshape(-1)
    return not tensor.is_floating_point() and flat.numel() > 1 and bool((flat[1:] >= flat[:-1]).all())


def inputs(given: list[Any], generator: torch.Generator, scale: float = 1.0) -> list[Any]:
    """New inputs in the place of `given`; real numbers `scale` times as large as the program's."""

    def drawn(tensor: torch.Tensor) -> torch.Tensor:
        constant = tensor.numel() == 0 or bool((tensor == tensor.reshape(-1)[0]).all())
        if (constant and not tensor.is_floating_point()) or _is_sequence(tensor):
            return duplicate(tensor.detach())
        return _scaled(values(tensor, generator), scale)

    return list(map_tensors(drawn, given))


def _scaled(tensor: torch.Tensor, scale: float) -> torch.Tensor:
    return duplicate(tensor).mul_(scale) if scale != 1 and _is_continuous(tensor.reshape(-1)) else tensor


def state(own: Iterable[tuple[str, torch.Tensor, bool]], generator: torch.Generator, scale: float = 1.0) -> State:
    """New values for what `held` lists: every parameter, and buffers that are constant (running statistics).

    Parameters are `scale` times as large as the program's.  Other buffers (tables, masks, counts) mean what they hold
    and are kept.
    """
    drawn: State = {}
    seen: dict[int, torch.Tensor] = {}
    for name, tensor, is_parameter in own:
        if id(tensor) not in seen:
            constant = tensor.numel() > 0 and bool((tensor == tensor.reshape(-1)[0]).all())
            new = is_parameter or (constant and tensor.is_floating_point() and tensor.dim() > 0)
            made = values(tensor, generator) if new else tensor.detach().clone()
            seen[id(tensor)] = _scaled(made, scale) if is_parameter else made
        drawn[name] = seen[id(tensor)]
    return drawn


def held(model: nn.Module) -> Iterator[tuple[str, torch.Tensor, bool]]:
    """Name and tensor of every parameter and buffer, and whether it is a parameter; tied ones under each name."""
    yield from ((name, p, True) for name, p in model.named_parameters(remove_duplicate=False))
    yield from ((name, b, False) for name, b in model.named_buffers(remove_duplicate=False))


def assign(model: nn.Module, drawn: State) -> None:
    """Write `drawn` into the model.  Raises KeyError or RuntimeError where it holds other tensors."""
    with torch.no_grad():
        own = {name: tensor for name, tensor, _ in held(model)}
        if own.keys() != drawn.keys():
            raise KeyError(f"parameters and buffers differ: {sorted(own.keys() ^ drawn.keys())[:5]}")
        for name, tensor in own.items():
            if _is_dense(tensor):
                tensor.copy_(drawn[name])
