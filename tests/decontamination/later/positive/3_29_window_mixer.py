# KernelBench level 3 problem 29, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class WindowMix(nn.Module):
    """Token mixing inside square windows, one dense matrix per head."""

    def __init__(self, heads, win):
        super().__init__()
        self.heads, self.win = heads, win
        n = win * win
        self.mix = nn.Parameter(torch.randn(heads, n, n) * 0.02)
        self.bias = nn.Parameter(torch.randn(heads, n) * 0.02)

    def forward(self, grid):
        b, h, w, c = grid.shape
        s = self.win
        t = grid.reshape(b, h // s, s, w // s, s, self.heads, c // self.heads)
        t = t.permute(0, 1, 3, 5, 2, 4, 6).flatten(4, 5)  # b, rows, cols, head, token, chan
        t = torch.einsum("hij,bxyhjc->bxyhic", self.mix, t) + self.bias[..., None]
        t = t.unflatten(4, (s, s)).permute(0, 1, 4, 2, 5, 3, 6)
        return t.reshape(b, h, w, c)


class MixerBlock(nn.Module):
    def __init__(self, width, side, heads, win, shifted, ratio):
        super().__init__()
        if side <= win:
            win, shifted = side, False
        self.win = win
        self.shift = win // 2 if shifted else 0
        self.ln_space = nn.LayerNorm(width)
        self.space = WindowMix(heads, win)
        self.ln_chan = nn.LayerNorm(width)
        self.up = nn.Linear(width, int(width * ratio))
        self.down = nn.Linear(int(width * ratio), width)

    def forward(self, grid):
        side = grid.shape[1]
        y = self.ln_space(grid)
        if self.shift:
            before, after = self.win - self.shift, self.shift
            y = F.pad(y, (0, 0, before, after, before, after))
            y = self.space(y)[:, before : before + side, before : before + side]
        else:
            y = self.space(y)
        grid = grid + y
        return grid + self.down(F.gelu(self.up(self.ln_chan(grid))))


class Shrink(nn.Module):
    """2x2 neighbours are stacked along channels (column by column), normalised, halved."""

    def __init__(self, width):
        super().__init__()
        self.ln = nn.LayerNorm(4 * width)
        self.fc = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, grid):
        b, h, w, c = grid.shape
        cells = grid.reshape(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 4, 2, 5)
        return self.fc(self.ln(cells.flatten(3)))


class SwinStyleMLP(nn.Module):
    def __init__(self, image, patch, width, depths, heads, win, ratio, classes):
        super().__init__()
        self.embed = nn.Conv2d(3, width, patch, stride=patch)
        self.ln_in = nn.LayerNorm(width)
        side = image // patch
        steps = []
        for level, (depth, nh) in enumerate(zip(depths, heads, strict=False)):
            if level:
                steps.append(Shrink(width))
                width, side = 2 * width, side // 2
            steps += [MixerBlock(width, side, nh, win, i % 2 == 1, ratio) for i in range(depth)]
        self.steps = nn.Sequential(*steps)
        self.ln_out = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, img):
        grid = self.ln_in(self.embed(img).movedim(1, -1))
        grid = self.ln_out(self.steps(grid))
        return self.head(grid.mean(dim=(1, 2)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [64, 2, 24, [2, 2, 6, 2], [3, 6, 12, 24], 4, 4.0, 10]
