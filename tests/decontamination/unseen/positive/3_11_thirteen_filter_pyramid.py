# KernelBench level 3 problem 11, rewritten
import torch
import torch.nn.functional as F
from torch import nn

PLAN = ((1, 2), (2, 2), (3, 3), (4, 3), (4, 3))


class FilterPyramid(nn.Module):
    def __init__(self, classes, widths=(4, 6, 8, 10), hidden=16, grid=2):
        super().__init__()
        self.levels = nn.ModuleList()
        c = 3
        for index, repeats in PLAN:
            level = nn.ModuleList()
            for _ in range(repeats):
                level.append(nn.Conv2d(c, widths[index - 1], 3, padding=1))
                c = widths[index - 1]
            self.levels.append(level)
        self.top1 = nn.Linear(c * grid * grid, hidden)
        self.top2 = nn.Linear(hidden, hidden)
        self.top3 = nn.Linear(hidden, classes)
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                nn.init.zeros_(m.bias)

    def forward(self, image):
        h = image
        for level in self.levels:
            for conv in level:
                h = F.relu(conv(h))
            h = F.max_pool2d(h, 2)
        h = h.flatten(1)
        h = F.relu(self.top1(h))
        h = F.relu(self.top2(h))
        return self.top3(h)


def get_inputs():
    return [torch.randn(2, 3, 64, 64)]


def get_init_inputs():
    return [10]
