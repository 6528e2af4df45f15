# near KernelBench level 3 problem 3: normalised SiLU layers instead of ReLU layers
import torch
import torch.nn as nn


class SiLUTower(nn.Module):
    def __init__(self, n_in, width, depth, n_out):
        super().__init__()
        layers = []
        for i in range(depth):
            layers += [nn.Linear(width if i else n_in, width), nn.LayerNorm(width), nn.SiLU()]
        layers.append(nn.Linear(width, n_out))
        self.tower = nn.Sequential(*layers)

    def forward(self, x):
        return self.tower(x)


def get_inputs():
    return [torch.randn(4, 20)]


def get_init_inputs():
    return [20, 16, 16, 8]
