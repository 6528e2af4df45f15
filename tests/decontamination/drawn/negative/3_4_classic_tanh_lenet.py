# near KernelBench level 3 problem 4: tanh and average pooling, a convolutional third stage and one hidden layer
import torch
from torch import nn


class ClassicLeNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 120, 5),
            nn.Tanh(),
        )
        self.hidden = nn.Linear(120, 84)
        self.out = nn.Linear(84, classes)

    def forward(self, x):
        x = self.features(x).flatten(1)
        return self.out(torch.tanh(self.hidden(x)))


def get_inputs():
    return [torch.rand(4, 1, 32, 32)]


def get_init_inputs():
    return [10]
