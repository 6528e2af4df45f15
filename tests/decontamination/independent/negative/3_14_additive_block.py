# near KernelBench level 3 problem 14: new features are added to the running sum, nothing is concatenated
import torch
import torch.nn as nn


class AdditiveBlock(nn.Module):
    def __init__(self, num_layers, channels):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(channels),
                nn.ReLU(),
                nn.Conv2d(channels, channels, 3, padding=1, bias=False),
                nn.Dropout(0.0),
            )
            for _ in range(num_layers)
        )

    def forward(self, x):
        total = x
        for i, layer in enumerate(self.layers):
            total = total + layer(total) / (i + 1)
        return total


def get_inputs():
    return [torch.rand(2, 12, 20, 20)]


def get_init_inputs():
    return [4, 12]
