# KernelBench level 2 problem 4, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


def soft_gate(v):
    # v * tanh(log(1 + e^v)), with the tanh of the logarithm worked out
    e = torch.exp(v)
    n = e * (e + 2)
    return v * n / (n + 2)


class PatchProjector(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.k = k
        self.table = nn.Parameter(torch.randn(cout, cin * k * k) * 0.1)
        self.shift = nn.Parameter(torch.zeros(cout))

    def forward(self, img):
        h, w = img.shape[2] - self.k + 1, img.shape[3] - self.k + 1
        patches = F.unfold(img, self.k)
        flat = torch.matmul(self.table, patches) + self.shift[:, None]
        for _ in range(2):
            flat = soft_gate(flat)
        return flat.unflatten(2, (h, w))


def get_inputs():
    return [torch.rand(4, 5, 20, 22)]


def get_init_inputs():
    return [5, 9, 3]
