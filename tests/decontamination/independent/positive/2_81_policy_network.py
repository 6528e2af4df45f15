# KernelBench level 2 problem 81, inside a larger model
import torch
import torch.nn as nn


class Policy(nn.Module):
    def __init__(self, n_obs, n_hidden, n_actions):
        super().__init__()
        self.scale_obs = nn.LayerNorm(n_obs)
        self.trunk = nn.Linear(n_obs, n_hidden)
        self.mean_head = nn.Linear(n_hidden, n_actions)
        self.value_head = nn.Linear(n_hidden, 1)

    def forward(self, obs):
        h = self.trunk(self.scale_obs(obs))
        h = (h * torch.sigmoid(h)) * 0.5
        h = h.clip(-1, 1).tanh()
        h = h.clip(-1, 1)
        return torch.cat([self.mean_head(h), self.value_head(h)], dim=1)


def get_inputs():
    return [torch.randn(32, 18)]


def get_init_inputs():
    return [18, 64, 4]
