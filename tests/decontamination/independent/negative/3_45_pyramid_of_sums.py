# near KernelBench level 3 problem 45: no concatenation, no softmax, nearest upsampling; scales are summed (a pyramid)
import torch
import torch.nn as nn
import torch.nn.functional as F


class Pyramid(nn.Module):
    def __init__(self, cin, cout, width):
        super().__init__()
        chans = [cin, width, 2 * width, 4 * width]
        self.down = nn.ModuleList(
            [nn.Conv2d(chans[i], chans[i + 1], 3, stride=2, padding=1) for i in range(3)],
        )
        self.norm = nn.ModuleList([nn.GroupNorm(2, c) for c in chans[1:]])
        self.side = nn.ModuleList([nn.Conv2d(c, width, 1) for c in chans[1:]])
        self.out = nn.Conv2d(width, cout, 3, padding=1)

    def forward(self, x):
        levels = []
        for conv, norm in zip(self.down, self.norm, strict=True):
            x = F.elu(norm(conv(x)))
            levels.append(x)
        y = self.side[2](levels[2])
        for i in (1, 0):
            y = F.interpolate(y, scale_factor=2) + self.side[i](levels[i])
        return self.out(y)


def get_inputs():
    return [torch.rand(2, 3, 32, 48)]


def get_init_inputs():
    return [3, 2, 6]
