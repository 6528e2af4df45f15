# near KernelBench level 1 problem 95: each example's loss is modulated by how badly it is classified (focal loss)
import torch
from torch import nn


class FocalObjective(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, labels):
        logp = logits.log_softmax(dim=-1).gather(1, labels.unsqueeze(1)).squeeze(1)
        hardness = (1.0 - logp.exp()).pow(self.gamma)
        return -(hardness * logp).mean()


def get_inputs():
    return [torch.randn(32, 10), torch.randint(0, 10, (32,))]


def get_init_inputs():
    return [1.5]
