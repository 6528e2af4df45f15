# near KernelBench level 2 problem 9: absolute value instead of ReLU
import torch
import torch.nn as nn


class Deviation(nn.Module):
    def __init__(self, n_in, n_out, subtract_value, multiply_value):
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.subtract_value = subtract_value
        self.multiply_value = multiply_value

    def forward(self, x):
        x = self.linear(x) - self.subtract_value
        x = x * self.multiply_value
        return torch.abs(x)


def get_inputs():
    return [torch.randn(48, 40)]


def get_init_inputs():
    return [40, 60, 0.5, 1.5]
