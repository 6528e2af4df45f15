# KernelBench level 1 problem 100, rewritten
import torch
import torch.nn as nn


class MarginViolation(nn.Module):
    """Average amount by which signed scores miss a margin of one."""

    def forward(self, scores, labels):
        violation = (1.0 - labels * scores).relu()
        return violation.sum() / violation.numel()


def get_inputs():
    labels = torch.where(torch.rand(48) < 0.5, -1.0, 1.0)
    return [torch.randn(48, 48), labels]


def get_init_inputs():
    return []
