# KernelBench level 2 problem 47, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class ClipEncoder(nn.Module):
    """Encodes a short clip; the middle convolution is smooth and bounded."""

    def __init__(self, colours=3, width=6, code=10):
        super().__init__()
        self.down = nn.Conv3d(colours, width, 3, stride=2, padding=1)
        self.norm = nn.GroupNorm(2, width)
        self.mid = nn.Conv3d(width, width * 2, 3)
        self.code = nn.Linear(width * 2, code)

    def forward(self, clip):
        h = F.silu(self.norm(self.down(clip)))
        h = torch.tanh(F.mish(self.mid(h)))
        return self.code(h.amax(dim=(2, 3, 4)))


def get_inputs():
    return [torch.rand(2, 3, 8, 16, 16)]


def get_init_inputs():
    return []
