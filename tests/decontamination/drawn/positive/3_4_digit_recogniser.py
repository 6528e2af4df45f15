# KernelBench level 3 problem 4, rewritten
import torch
from torch import nn


class DigitRecogniser(nn.Module):
    """LeNet-5 with rectifiers and max pooling, for 32 x 32 grey images."""

    def __init__(self, classes=10):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(400, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, classes),
        )

    def forward(self, digits):
        return self.layers(digits)


def get_inputs():
    return [torch.rand(8, 1, 32, 32)]


def get_init_inputs():
    return [10]
