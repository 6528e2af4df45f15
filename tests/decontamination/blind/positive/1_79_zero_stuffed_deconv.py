# KernelBench level 1 problem 79, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ZeroStuffDeconv(nn.Module):
    """
    1-D transposed convolution as: insert (stride - 1) zeros between samples,
    then correlate with the mirrored kernel.
    """

    def __init__(self, c_in, c_out, taps, stride=1, trim=0, dilation=1):
        super().__init__()
        self.stride = stride
        self.dilation = dilation
        self.edge = dilation * (taps - 1) - trim
        self.kernel = nn.Parameter(torch.randn(c_in, c_out, taps) / (c_in * taps) ** 0.5)

    def _stuff(self, seq):
        n, c, length = seq.shape
        sparse = seq.new_zeros(n, c, (length - 1) * self.stride + 1)
        sparse[:, :, :: self.stride] = seq
        return sparse

    def forward(self, seq):
        mirrored = self.kernel.flip(-1).transpose(0, 1)
        return F.conv1d(self._stuff(seq), mirrored, padding=self.edge, dilation=self.dilation)


def get_inputs():
    return [torch.rand(3, 5, 60)]


def get_init_inputs():
    return [5, 9, 3, 2, 1, 2]
