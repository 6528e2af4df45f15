# KernelBench level 1 problem 36, rewritten
import torch
import torch.nn as nn


class ChannelRms(nn.Module):
    def __init__(self, tiny=1e-5):
        super().__init__()
        self.tiny = tiny

    def forward(self, feats):
        last = feats.movedim(1, -1)
        power = torch.linalg.vecdot(last, last).div(last.shape[-1])
        scaled = last * torch.rsqrt(power + self.tiny).unsqueeze(-1)
        return scaled.movedim(-1, 1)


def get_inputs():
    return [torch.randn(3, 24, 14, 20)]


def get_init_inputs():
    return [1e-5]
