# KernelBench level 2 problem 46, rewritten
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Settings:
    c_in: int = 4
    c_out: int = 10
    k: int = 3
    before: float = 0.3
    after: float = 0.1
    window: int = 2


class CenteredResponse(nn.Module):
    def __init__(self, cfg: Settings):
        super().__init__()
        self.cfg = cfg
        self.filters = nn.Conv2d(cfg.c_in, cfg.c_out, cfg.k)

    def forward(self, x):
        response = torch.tanh(self.filters(x) - self.cfg.before) - self.cfg.after
        return F.avg_pool2d(response, self.cfg.window)


def get_inputs():
    return [torch.rand(2, 4, 14, 14)]


def get_init_inputs():
    return [Settings()]
