# near KernelBench level 3 problem 45: rectified residual stages with summed skips (LinkNet), no softmax units
import torch
from torch import nn


class Stage(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.a = nn.Conv2d(c_in, c_out, 3, stride=2, padding=1, bias=False)
        self.na = nn.BatchNorm2d(c_out)
        self.b = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.nb = nn.BatchNorm2d(c_out)

    def forward(self, x):
        x = torch.relu(self.na(self.a(x)))
        return torch.relu(x + self.nb(self.b(x)))


class Lift(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.up = nn.ConvTranspose2d(c_in, c_out, 2, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return torch.relu(self.norm(self.up(x)))


class AdditiveLinkNet(nn.Module):
    def __init__(self, c_in, classes, base=8):
        super().__init__()
        self.s1 = Stage(c_in, base)
        self.s2 = Stage(base, 2 * base)
        self.s3 = Stage(2 * base, 4 * base)
        self.l3 = Lift(4 * base, 2 * base)
        self.l2 = Lift(2 * base, base)
        self.l1 = Lift(base, base)
        self.out = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        a = self.s1(x)
        b = self.s2(a)
        c = self.s3(b)
        y = self.l3(c) + b
        y = self.l2(y) + a
        return self.out(self.l1(y))


def get_inputs():
    return [torch.rand(2, 3, 32, 32)]


def get_init_inputs():
    return [3, 4]
