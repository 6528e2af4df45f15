"""Where Inductor is wrong, the pair is right; and the correction is still needed."""

from __future__ import annotations

import asyncio


from validators.pool import Pool
from validators.verdict import Program, Settings

SETTINGS = Settings()
SOURCE = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3, 1, 1, 1))

    def forward(self, x):
        samples = torch.tensor([[[0.1, 0.45, 0.8]] * 3] * 2, device=x.device)
        x = torch.nn.functional.fractional_max_pool3d(x * self.scale, 2, (3, 4, 5), _random_samples=samples)
        return x.atan()

def get_inputs():
    return [torch.randn(2, 3, 7, 11, 13)]

def get_init_inputs():
    return [[], {}]
"""


def test_a_pair_with_fractional_max_pooling_and_atan_is_proved() -> None:
    async def run() -> str:
        async with Pool(1, SETTINGS) as pool:
            judgement = await pool.judge(Program(SOURCE, "Model"))
            return "" if judgement.accepted else str(judgement.failure)

    assert asyncio.run(run()) == ""
