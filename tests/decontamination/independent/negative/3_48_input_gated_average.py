# near KernelBench level 3 problem 48: decay from the input, per channel, no expanded state, a filter first
import torch
import torch.nn as nn
import torch.nn.functional as F


class InputGatedAverage(nn.Module):
    def __init__(self, channels, taps):
        super().__init__()
        self.filter = nn.Conv1d(channels, channels, taps, groups=channels)
        self.taps = taps
        self.gate = nn.Linear(channels, 2 * channels)

    def forward(self, u):
        z = F.pad(u.transpose(1, 2), (self.taps - 1, 0))
        z = F.silu(self.filter(z)).transpose(1, 2)
        keep, read = torch.sigmoid(self.gate(z)).chunk(2, dim=-1)
        state = torch.zeros_like(z[:, 0])
        out = []
        for t in range(z.size(1)):
            state = keep[:, t] * state + (1 - keep[:, t]) * z[:, t]
            out.append(read[:, t] * state)
        return torch.stack(out, dim=1)


def get_inputs():
    return [torch.randn(2, 24, 16)]


def get_init_inputs():
    return [16, 4]
