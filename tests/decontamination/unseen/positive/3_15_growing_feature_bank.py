# KernelBench level 3 problem 15, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class PreactFilter(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.standard = nn.BatchNorm2d(c_in)
        self.filter = nn.Conv2d(c_in, c_out, k, padding=k // 2, bias=False)

    def forward(self, t):
        return self.filter(F.relu(self.standard(t)))


class FeatureBank(nn.Module):
    def __init__(self, growth, classes, start=8, plan=(6, 12, 24, 16)):
        super().__init__()
        self.entry = nn.Conv2d(3, start, 7, stride=2, padding=3, bias=False)
        self.entry_norm = nn.BatchNorm2d(start)
        self.growers = nn.ModuleList()
        self.squeezers = nn.ModuleList()
        c = start
        for stage, count in enumerate(plan):
            self.growers.append(nn.ModuleList(PreactFilter(c + j * growth, growth, 3) for j in range(count)))
            c += count * growth
            if stage < len(plan) - 1:
                self.squeezers.append(PreactFilter(c, c // 2, 1))
                c //= 2
        self.exit_norm = nn.BatchNorm2d(c)
        self.verdict = nn.Linear(c, classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)

    def forward(self, image):
        h = F.relu(self.entry_norm(self.entry(image)))
        h = F.max_pool2d(h, 3, stride=2, padding=1)
        for stage, units in enumerate(self.growers):
            for unit in units:
                h = torch.cat((h, unit(h)), dim=1)
            if stage < len(self.squeezers):
                h = F.avg_pool2d(self.squeezers[stage](h), 2)
        h = F.relu(self.exit_norm(h)).mean(dim=(-2, -1))
        return self.verdict(h)


def get_inputs():
    return [torch.randn(2, 3, 64, 64)]


def get_init_inputs():
    return [3, 10]
