# KernelBench level 2 problem 66, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class NoisyClassifier(nn.Module):
    def __init__(self, d_in, classes, rate):
        super().__init__()
        self.scores = nn.Linear(d_in, classes)
        self.rate = rate

    def forward(self, batch):
        z = F.dropout(self.scores(batch), p=self.rate, training=self.training)
        z = torch.exp(z - z.max(dim=1, keepdim=True).values)
        return z / z.sum(dim=1, keepdim=True)


def get_inputs():
    return [torch.randn(6, 14)]


def get_init_inputs():
    return [14, 10, 0.2]
