# KernelBench level 2 problem 52, rewritten
import torch
import torch.nn as nn


class NormalisedMishConv(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        layers = []
        layers.append(nn.Conv2d(cin, cout, k))
        layers.append(nn.Mish(inplace=True))
        layers.append(nn.BatchNorm2d(cout))
        self.pipeline = nn.ModuleList(layers)

    def forward(self, inp):
        history = []
        for step in self.pipeline:
            inp = step(inp)
            history.append((type(step).__name__, inp.detach().mean()))
        self.last_means = dict(history)  # for debugging; the result does not depend on it
        return inp


def get_inputs():
    return [torch.randn(4, 3, 20, 20)]


def get_init_inputs():
    return [3, 10, 5]
