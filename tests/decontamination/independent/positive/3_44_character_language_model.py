# KernelBench level 3 problem 44, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class DecoderLayer(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.pre_attn, self.pre_ff = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.wide, self.narrow = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def mix(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(b, t, d))

    def forward(self, x):
        x = x + self.mix(self.pre_attn(x))
        return x + self.narrow(F.gelu(self.wide(self.pre_ff(x)), approximate="tanh"))


class CharacterModel(nn.Module):
    def __init__(self, vocab, d, heads, context):
        super().__init__()
        self.tok = nn.Embedding(vocab, d)
        self.pos = nn.Embedding(context, d)
        self.layer = DecoderLayer(d, heads)
        self.final = nn.LayerNorm(d)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.size(1), device=ids.device))
        return self.final(self.layer(x)) @ self.tok.weight.T


def get_inputs():
    return [torch.randint(0, 40, (3, 24))]


def get_init_inputs():
    return [40, 32, 4, 64]
