# KernelBench level 2 problem 49, rewritten
import torch
from torch import nn


class VolumeSoftLabels(nn.Module):
    def __init__(self, c_in, classes, k=3):
        super().__init__()
        self.upsample = nn.ConvTranspose3d(c_in, classes, k, stride=2, padding=k // 2, output_padding=1)

    def forward(self, latent):
        logits = self.upsample(latent)
        probs = logits.softmax(dim=1)
        return probs.sigmoid()


def get_inputs():
    return [torch.randn(2, 6, 4, 6, 6)]


def get_init_inputs():
    return [6, 5]
