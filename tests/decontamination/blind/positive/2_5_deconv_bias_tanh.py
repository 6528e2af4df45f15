# KernelBench level 2 problem 5, rewritten
import torch
import torch.nn as nn


class DeconvTanh(nn.Module):
    def __init__(self, cin, cout, window, stride=2, padding=1, output_padding=1):
        super().__init__()
        self.deconv = nn.ConvTranspose2d(
            cin, cout, window, stride=stride, padding=padding, output_padding=output_padding
        )
        self.threshold = nn.Parameter(torch.randn(cout, 1, 1))

    def forward(self, image):
        upsampled = self.deconv(image)
        return (upsampled - self.threshold).tanh()


def get_inputs():
    return [torch.rand(2, 6, 12, 12)]


def get_init_inputs():
    return [6, 5, 4]
