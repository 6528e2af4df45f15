# KernelBench level 1 problem 67, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class SequenceFilterBank(nn.Module):
    def __init__(self, n_in, n_out, taps, stride=1, padding=0, dilation=1, groups=1, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_out, n_in // groups, taps))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        if bias:
            self.bias = nn.Parameter(torch.zeros(n_out))
        else:
            self.register_parameter("bias", None)
        self.opts = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def forward(self, seq):
        return F.conv1d(seq, self.weight, self.bias, **self.opts)


def get_inputs():
    return [torch.rand(3, 6, 150)]


def get_init_inputs():
    return [6, 14, 3]
