# near KernelBench level 3 problem 5: pointwise layers after each convolution and a global-average head, no dense layers
import torch
from torch import nn


def mlpconv(c_in, c_out, k, stride, padding):
    return [
        nn.Conv2d(c_in, c_out, k, stride, padding),
        nn.ReLU(),
        nn.Conv2d(c_out, c_out, 1),
        nn.ReLU(),
        nn.Conv2d(c_out, c_out, 1),
        nn.ReLU(),
    ]


class NetworkInNetwork(nn.Module):
    def __init__(self, classes, width=12):
        super().__init__()
        self.net = nn.Sequential(
            *mlpconv(3, width, 11, 4, 2),
            nn.MaxPool2d(3, 2),
            *mlpconv(width, 2 * width, 5, 1, 2),
            nn.MaxPool2d(3, 2),
            *mlpconv(2 * width, 3 * width, 3, 1, 1),
            nn.MaxPool2d(3, 2),
            *mlpconv(3 * width, classes, 3, 1, 1),
        )

    def forward(self, images):
        return self.net(images).mean(dim=(2, 3))


def get_inputs():
    return [torch.rand(2, 3, 128, 128)]


def get_init_inputs():
    return [10]
