# KernelBench level 2 problem 41, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class TabularRegressor(nn.Module):
    """Numeric columns are joined with an embedded category before a normalised hidden layer."""

    def __init__(self, n_numeric, n_categories, width):
        super().__init__()
        self.table = nn.Embedding(n_categories, 8)
        self.hidden = nn.Linear(n_numeric + 8, width)
        self.stats = nn.BatchNorm1d(width)
        self.out = nn.Linear(width, 1)

    def forward(self, numeric, category):
        joined = torch.cat((numeric, self.table(category)), dim=-1)
        h = self.stats(self.hidden(joined))
        h = F.gelu(h).clamp_min(0.0)
        return self.out(h).squeeze(-1)


def get_inputs():
    return [torch.randn(32, 24), torch.randint(0, 12, (32,))]


def get_init_inputs():
    return [24, 12, 64]
