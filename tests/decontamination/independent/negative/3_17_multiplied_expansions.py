# near KernelBench level 3 problem 17: the two expansions gate each other instead of being concatenated
import torch
import torch.nn as nn


class MultipliedExpansions(nn.Module):
    def __init__(self, cin, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(cin, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        s = torch.relu(self.squeeze(x))
        return torch.relu(self.expand1x1(s)) * torch.sigmoid(self.expand3x3(s))


def get_inputs():
    return [torch.randn(2, 8, 24, 24)]


def get_init_inputs():
    return [8, 6, 16]
