# KernelBench level 1 problem 38, rewritten
import torch
import torch.nn as nn


class MeanAbsScale(nn.Module):
    def forward(self, rows):
        magnitude = rows.abs().mean(1, keepdim=True)
        return rows.div(magnitude)


def get_inputs():
    return [torch.rand(50, 321)]


def get_init_inputs():
    return []
