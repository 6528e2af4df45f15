# KernelBench level 3 problem 7, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class MixedBlock(nn.Module):
    """
    Inception cell without inner activations.  The three 1x1 convolutions that read
    the block input are one convolution whose output is split.
    """

    def __init__(self, cin, one, squeeze3, three, squeeze5, five, pooled):
        super().__init__()
        self.sections = [one, squeeze3, squeeze5]
        self.pointwise = nn.Conv2d(cin, sum(self.sections), 1)
        self.mid = nn.Conv2d(squeeze3, three, 3, padding=1)
        self.wide = nn.Conv2d(squeeze5, five, 5, padding=2)
        self.after_pool = nn.Conv2d(cin, pooled, 1)
        self.out_channels = one + three + five + pooled

    def forward(self, t):
        direct, s3, s5 = self.pointwise(t).split(self.sections, dim=1)
        peak = F.max_pool2d(t, 3, stride=1, padding=1)
        return torch.cat((direct, self.mid(s3), self.wide(s5), self.after_pool(peak)), dim=1)


def halve(t):
    return F.max_pool2d(t, kernel_size=3, stride=2, padding=1)


STAGES = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)


class InceptionClassifier(nn.Module):
    def __init__(self, n_classes=1000, shrink=1):
        super().__init__()
        c1, c3 = 64 // shrink, 192 // shrink
        self.stem7 = nn.Conv2d(3, c1, 7, stride=2, padding=3)
        self.stem1 = nn.Conv2d(c1, c1, 1)
        self.stem3 = nn.Conv2d(c1, c3, 3, padding=1)
        self.stages = nn.ModuleList()
        ch = c3
        for stage in STAGES:
            cells = []
            for row in stage:
                cell = MixedBlock(ch, *(v // shrink for v in row))
                ch = cell.out_channels
                cells.append(cell)
            self.stages.append(nn.Sequential(*cells))
        self.head = nn.Linear(ch, n_classes)

    def forward(self, img):
        t = halve(torch.relu(self.stem7(img)))
        t = torch.relu(self.stem1(t))
        t = torch.relu(self.stem3(t))
        for stage in self.stages:
            t = stage(halve(t))
        return self.head(t.mean(dim=(-2, -1)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [10, 8]
