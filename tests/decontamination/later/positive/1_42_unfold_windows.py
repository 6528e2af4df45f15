# KernelBench level 1 problem 42, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class SlidingMax2d(nn.Module):
    def __init__(self, window, step, border, spacing):
        super().__init__()
        self.window = window
        self.step = step
        self.border = border
        self.spacing = spacing

    def _out(self, n):
        return (n + 2 * self.border - self.spacing * (self.window - 1) - 1) // self.step + 1

    def forward(self, image):
        b, c, h, w = image.shape
        framed = F.pad(image, (self.border,) * 4, value=float("-inf"))
        # channels go to the batch so that unfold does not mix them
        columns = F.unfold(
            framed.reshape(b * c, 1, *framed.shape[2:]),
            kernel_size=self.window,
            dilation=self.spacing,
            stride=self.step,
        )
        best = columns.max(dim=1).values
        return best.reshape(b, c, self._out(h), self._out(w))


def get_inputs():
    return [torch.randn(2, 3, 14, 14)]


def get_init_inputs():
    return [4, 1, 1, 1]
