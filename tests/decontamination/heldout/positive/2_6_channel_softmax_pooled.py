# KernelBench level 2 problem 6, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


def channel_softmax(t: torch.Tensor) -> torch.Tensor:
    shifted = t - t.amax(dim=1, keepdim=True)
    weights = shifted.exp()
    return weights / weights.sum(dim=1, keepdim=True)


class VolumeClassMaps(nn.Module):
    def __init__(self, c_in, c_out, k, pool):
        super().__init__()
        self.to_maps = nn.Conv3d(c_in, c_out, k)
        self.pool = pool

    def forward(self, vol):
        probs = channel_softmax(self.to_maps(vol))
        for _ in range(2):
            probs = F.max_pool3d(probs, self.pool)
        return probs


def get_inputs():
    return [torch.randn(2, 3, 10, 18, 18)]


def get_init_inputs():
    return [3, 6, 3, 2]
