# KernelBench level 1 problem 80, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class AtrousConv(nn.Module):
    def __init__(self, c_in, c_out, kernel, stride, pad, rate):
        super().__init__()
        self.kh, self.kw = kernel
        self.stride = stride
        self.pad_h, self.pad_w = pad
        self.rate_h, self.rate_w = rate
        self.w = nn.Parameter(torch.randn(self.kh, self.kw, c_out, c_in) * 0.05)

    def forward(self, x):
        x = F.pad(x, (self.pad_w, self.pad_w, self.pad_h, self.pad_h))
        oh = (x.shape[2] - self.rate_h * (self.kh - 1) - 1) // self.stride + 1
        ow = (x.shape[3] - self.rate_w * (self.kw - 1) - 1) // self.stride + 1
        acc = 0
        for i in range(self.kh):
            top = i * self.rate_h
            for j in range(self.kw):
                left = j * self.rate_w
                window = x[
                    :, :, top : top + self.stride * oh : self.stride, left : left + self.stride * ow : self.stride
                ]
                window = window[:, :, :oh, :ow]
                acc = acc + torch.einsum("oc,bchw->bohw", self.w[i, j], window)
        return acc


def get_inputs():
    return [torch.randn(1, 3, 28, 28)]


def get_init_inputs():
    return [3, 4, (5, 9), 1, (2, 4), (2, 3)]
