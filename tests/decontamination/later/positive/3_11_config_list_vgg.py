# KernelBench level 3 problem 11, rewritten
import torch
import torch.nn as nn

LAYOUT = (1, 1, "M", 2, 2, "M", 4, 4, 4, "M", 8, 8, 8, "M", 8, 8, 8, "M")


def conv_trunk(base):
    stages, depth = [], 3
    for entry in LAYOUT:
        if entry == "M":
            stages.append(nn.MaxPool2d(2))
        else:
            stages += [nn.Conv2d(depth, base * entry, 3, padding="same"), nn.ReLU()]
            depth = base * entry
    return nn.Sequential(*stages), depth


class VGG(nn.Module):
    def __init__(self, classes, base=64, grid=7, fc_width=4096, drop=0.0):
        super().__init__()
        self.trunk, depth = conv_trunk(base)
        self.fc_a = nn.Linear(depth * grid * grid, fc_width)
        self.fc_b = nn.Linear(fc_width, fc_width)
        self.fc_c = nn.Linear(fc_width, classes)
        self.drop = nn.Dropout(drop)

    def forward(self, images):
        code = self.trunk(images).flatten(1)
        code = self.drop(self.fc_a(code).relu())
        code = self.drop(self.fc_b(code).relu())
        return self.fc_c(code)


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [12, 8, 2, 48]
