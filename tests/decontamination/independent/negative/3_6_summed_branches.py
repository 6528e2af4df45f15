# near KernelBench level 3 problem 6: dilated branches that are summed, average pooling, sigmoids between
import torch
import torch.nn as nn


class SummedBranches(nn.Module):
    def __init__(self, cin, mid, cout):
        super().__init__()
        self.branch1 = nn.Conv2d(cin, cout, 1)
        self.branch3 = nn.Sequential(
            nn.Conv2d(cin, mid, 1), nn.Sigmoid(), nn.Conv2d(mid, cout, 3, padding=2, dilation=2)
        )
        self.branch5 = nn.Sequential(
            nn.Conv2d(cin, mid, 1), nn.Sigmoid(), nn.Conv2d(mid, cout, 3, padding=4, dilation=4)
        )
        self.branch_pool = nn.Sequential(nn.AvgPool2d(3, 1, 1), nn.Conv2d(cin, cout, 1))

    def forward(self, x):
        return self.branch1(x) + self.branch3(x) + self.branch5(x) + self.branch_pool(x)


def get_inputs():
    return [torch.rand(2, 16, 20, 20)]


def get_init_inputs():
    return [16, 6, 12]
