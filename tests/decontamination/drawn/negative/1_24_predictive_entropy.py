# near KernelBench level 1 problem 24: the log-probabilities are reduced to the entropy of each row
import torch
from torch import nn
from torch.nn import functional as F


class PredictiveEntropy(nn.Module):
    """Entropy, in bits, of the categorical distribution given by the logits."""

    def __init__(self, temperature=1.0):
        super().__init__()
        self.temperature = temperature

    def forward(self, logits):
        logp = F.log_softmax(logits / self.temperature, dim=-1)
        nats = -(logp.exp() * logp).sum(dim=-1)
        return nats / 0.6931471805599453


def get_inputs():
    return [torch.randn(20, 50)]


def get_init_inputs():
    return [2.0]
