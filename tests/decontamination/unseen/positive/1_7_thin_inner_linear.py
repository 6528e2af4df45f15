# KernelBench level 1 problem 7, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class ThinProduct(nn.Module):
    def forward(self, tall, wide):
        return F.linear(tall, wide.transpose(0, 1))


ROWS, COLS, INNER = 96, 80, 4


def get_inputs():
    return [torch.randn(ROWS, INNER), torch.randn(INNER, COLS)]


def get_init_inputs():
    return []
