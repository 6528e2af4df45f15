# KernelBench level 2 problem 17, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class StandardisedMaps(nn.Module):
    def __init__(self, cin, cout, k, temperature):
        super().__init__()
        self.cin, self.k = cin, k
        self.bank = nn.Parameter(torch.randn(cout, cin, k, k) * 0.2)
        self.tilt = nn.Parameter(torch.zeros(cout))
        self.temperature = temperature

    def forward(self, img):
        rows = img.unfold(2, self.k, 1).unfold(3, self.k, 1)
        maps = torch.einsum("bchwij,ocij->bohw", rows, self.bank) + self.tilt.view(-1, 1, 1)
        b, o, h, w = maps.shape
        # a layer norm whose normalised shape is one whole map
        flat = F.layer_norm(maps.view(b, o, h * w), (h * w,))
        return flat.div(self.temperature).view(b, o, h, w)


def get_inputs():
    return [torch.randn(3, 4, 18, 18)]


def get_init_inputs():
    return [4, 7, 3, 2.0]
