# KernelBench level 3 problem 26, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


def interleave(t, groups):
    """Permute channels so that consecutive ones come from different groups."""
    c = t.shape[1]
    order = torch.arange(c, device=t.device).reshape(groups, c // groups).t().flatten()
    return t.index_select(1, order)


def conv_bn(cin, cout, k=1, **kw):
    return nn.Sequential(nn.Conv2d(cin, cout, k, padding=k // 2, bias=False, **kw), nn.BatchNorm2d(cout))


class ShuffleCell(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        neck = cout // 4
        self.groups = groups
        self.reduce = conv_bn(cin, neck, groups=groups)
        self.filter = conv_bn(neck, neck, 3, groups=neck)
        self.expand = conv_bn(neck, cout, groups=groups)
        self.adapt = nn.Identity() if cin == cout else conv_bn(cin, cout)

    def forward(self, t):
        r = F.relu(self.reduce(t))
        r = interleave(self.filter(r), self.groups)
        r = F.relu(self.expand(r))
        return self.adapt(t) + r


class ShufflingNet(nn.Module):
    def __init__(self, n_classes=1000, groups=3, repeats=(3, 7, 3), widths=(24, 240, 480, 960), top=1024):
        super().__init__()
        self.stem = conv_bn(3, widths[0], 3, stride=2)
        cells = []
        for cin, cout, n in zip(widths, widths[1:], repeats, strict=False):
            cells += [ShuffleCell(cin if j == 0 else cout, cout, groups) for j in range(n)]
        self.cells = nn.Sequential(*cells)
        self.top = conv_bn(widths[-1], top)
        self.fc = nn.Linear(top, n_classes)

    def forward(self, img):
        t = F.max_pool2d(self.stem(img).relu(), 3, 2, 1)
        t = self.top(self.cells(t)).relu()
        return self.fc(t.flatten(2).mean(2))


def get_inputs():
    return [torch.rand(2, 3, 40, 40)]


def get_init_inputs():
    return [10, 3, (3, 7, 3), (12, 36, 60, 96), 64]
