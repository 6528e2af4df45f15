# near KernelBench level 1 problem 48: weighted by a padding mask and divided by the number of valid tokens
import torch
from torch import nn


class MaskedTokenMean(nn.Module):
    def forward(self, tokens, lengths):
        steps = torch.arange(tokens.shape[1])
        valid = (steps[None, :] < lengths[:, None]).to(tokens.dtype)
        summed = torch.einsum("btd,bt->bd", tokens, valid)
        return summed / valid.sum(dim=1, keepdim=True).clamp_min(1.0)


def get_inputs():
    return [torch.randn(5, 12, 8), torch.randint(1, 13, (5,))]


def get_init_inputs():
    return []
