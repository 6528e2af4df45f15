# KernelBench level 1 problem 7, rewritten
import torch
import torch.nn as nn

ROWS, COLS, INNER = 96, 80, 6


class ThinInnerGemm(nn.Module):
    """
    (rows, inner) x (inner, cols) with a tiny inner dimension, done as a sum of
    rank-one updates.
    """

    def forward(self, tall, wide):
        acc = tall.new_zeros(tall.shape[0], wide.shape[1])
        for u, v in zip(tall.unbind(dim=1), wide.unbind(dim=0), strict=False):
            acc = torch.addr(acc, u, v)
        return acc


def get_inputs():
    return [torch.rand(ROWS, INNER), torch.rand(INNER, COLS)]


def get_init_inputs():
    return []
