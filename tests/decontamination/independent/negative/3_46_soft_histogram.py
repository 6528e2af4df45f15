# near KernelBench level 3 problem 46: assigns by distance and only counts; no residuals, power normalised
import torch
import torch.nn as nn


class SoftHistogram(nn.Module):
    def __init__(self, cluster_size, feature_size):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(cluster_size, feature_size))
        self.sharpness = nn.Parameter(torch.ones(cluster_size))
        self.batch_norm = nn.BatchNorm1d(cluster_size)

    def forward(self, x):
        distance = torch.cdist(x, self.centres.expand(x.size(0), -1, -1)).square()
        share = torch.softmax(-self.sharpness * distance / x.size(-1), dim=-1)
        counts = self.batch_norm(share.sum(dim=1))
        return torch.sign(counts) * counts.abs().sqrt()


def get_inputs():
    return [torch.rand(4, 20, 24)]


def get_init_inputs():
    return [6, 24]
