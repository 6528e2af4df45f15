# KernelBench level 3 problem 12, rewritten
import torch
import torch.nn as nn

PLAN = [(2, 4), (2, 8), (4, 12), (4, 16), (4, 16)]


class ConfiguredVGG(nn.Module):
    """Five stages of 3x3 convolutions, each closed by a max pool, and three dense layers."""

    def __init__(self, classes: int, hidden: int):
        super().__init__()
        stages = []
        channels = 3
        for repeats, width in PLAN:
            stage = []
            for _ in range(repeats):
                stage += [nn.Conv2d(channels, width, 3, padding="same"), nn.ReLU()]
                channels = width
            stage.append(nn.MaxPool2d(2))
            stages.append(nn.Sequential(*stage))
        self.stages = nn.ModuleList(stages)
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * 2 * 2, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, classes),
        )

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.dense(x)


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [10, 32]
