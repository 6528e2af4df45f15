# KernelBench level 2 problem 79, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class GatedVolumePeaks(nn.Module):
    """Collapses a volume to its strongest channel response.

    The same learned channel gate is applied before the instance statistics are removed and again after clipping.
    """

    def __init__(self, c_in, c_out, k, bound=1.0):
        super().__init__()
        self.conv = nn.Conv3d(c_in, c_out, k)
        self.gate = nn.Parameter(torch.randn(c_out))
        self.bound = bound

    def _apply_gate(self, t):
        return t * self.gate.view(-1, 1, 1, 1)

    def forward(self, vol):
        t = self._apply_gate(self.conv(vol))
        t = F.instance_norm(t)
        t = t.clamp(-self.bound, self.bound)
        t = self._apply_gate(t)
        return t.amax(dim=1)


def get_inputs():
    return [torch.rand(2, 3, 8, 12, 12)]


def get_init_inputs():
    return [3, 6, 3, 0.8]
