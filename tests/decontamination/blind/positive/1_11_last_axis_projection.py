# KernelBench level 1 problem 11, rewritten
import torch
import torch.nn as nn


class LastAxisMap(nn.Module):
    def forward(self, grid: torch.Tensor, basis: torch.Tensor) -> torch.Tensor:
        # collapse the leading axes, one plain gemm, restore the axes
        lead = grid.shape[:-1]
        rows = grid.reshape(-1, grid.shape[-1])
        out = rows.mm(basis)
        return out.view(*lead, basis.shape[1])


def get_inputs():
    grid = torch.rand(2, 5, 7, 12)
    basis = torch.rand(12, 20)
    return [grid, basis]


def get_init_inputs():
    return []
