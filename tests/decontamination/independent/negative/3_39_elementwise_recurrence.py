# near KernelBench level 3 problem 39: gates read the input only, the recurrence is elementwise, with a highway output
import torch
import torch.nn as nn


class ElementwiseRecurrence(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.proj = nn.Linear(input_size, 4 * hidden_size)

    def forward(self, x, h):
        out = []
        for x_t in x:
            f, r, value, direct = self.proj(x_t).chunk(4, dim=-1)
            f, r = torch.sigmoid(f), torch.sigmoid(r)
            h = f * h + (1 - f) * value
            out.append(r * torch.tanh(h) + (1 - r) * direct)
        return torch.stack(out)


def get_inputs():
    return [torch.rand(16, 3, 10), torch.rand(3, 20)]


def get_init_inputs():
    return [10, 20]
