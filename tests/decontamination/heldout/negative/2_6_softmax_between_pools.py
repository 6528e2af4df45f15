# near KernelBench level 2 problem 6: the softmax stands between the two pools
import torch
import torch.nn as nn
import torch.nn.functional as F


class SoftmaxBetweenPools(nn.Module):
    def __init__(self, cin, cout, k, pool):
        super().__init__()
        self.conv = nn.Conv3d(cin, cout, k)
        self.pool = nn.MaxPool3d(pool)

    def forward(self, x):
        x = self.pool(self.conv(x))
        return self.pool(F.softmax(x, dim=1))


def get_inputs():
    return [torch.randn(2, 3, 10, 14, 14)]


def get_init_inputs():
    return [3, 6, 3, 2]
