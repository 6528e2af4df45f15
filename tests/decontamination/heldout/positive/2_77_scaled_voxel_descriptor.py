# KernelBench level 2 problem 77, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ScaledVoxelDescriptor(nn.Module):
    def __init__(self, in_ch: int, out_ch: int, k: int, scale: float) -> None:
        super().__init__()
        self.expand = nn.ConvTranspose3d(in_ch, out_ch, k)
        self.scale = scale
        self.norm = nn.BatchNorm3d(out_ch)

    def forward(self, voxels: torch.Tensor) -> torch.Tensor:
        grown = self.expand(voxels)
        normed = self.norm(self.scale * grown)
        return F.adaptive_avg_pool3d(normed, output_size=1)


def get_inputs():
    return [torch.randn(2, 4, 4, 6, 6)]


def get_init_inputs():
    return [4, 6, 3, 1.5]
