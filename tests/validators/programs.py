"""Programs the validator tests judge.  Each is a few lines that do one thing."""

from __future__ import annotations

import ast

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def program(
    forward: str,
    init: str = "self.linear = nn.Linear(6, 5)",
    inputs: str = "torch.randn(4, 6)",
    extra: str = "",
    parameters: str = "x",
) -> str:
    """A whole program around the body of `forward` (lines separated by `;` or newlines)."""
    body = "\n        ".join(forward.split("\n"))
    built = "\n        ".join(init.split("\n"))
    return f"""{HEAD}{extra}

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        {built}

    def forward(self, {parameters}):
        {body}


def get_inputs():
    return [{inputs}]


def get_init_inputs():
    return [], {{}}
"""


GOOD = program("return torch.relu(self.linear(x)) + 1")


def with_class(original: str, triton_code: str) -> str:
    """Inductor's own text with the imports and the class of the plain one, so that it can be run like that."""
    nodes = ast.parse(triton_code).body
    call = next(i for i, n in enumerate(nodes) if isinstance(n, ast.FunctionDef) and n.name == "call")
    own = [n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)] + nodes[call + 1 :]
    future = [n for n in own if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    parts = ["\n".join(map(ast.unparse, future)), original.partition("def get_args():")[0]]
    return "\n".join([*parts, *(ast.unparse(n) for n in own if n not in future)])


# A pair as published datasets have it: torch 2.5's names, which have gone since, and a library call.
PUBLISHED = program(
    "return torch.tanh(self.linear(x)) + y, x.cumsum(1)[:, :1] * 2",
    init="self.linear = nn.Linear(6, 100)",
    inputs="torch.randn(40, 6), torch.randn(40, 100)",
    parameters="x, y",
)
PUBLISHED_TRITON = """
import torch
from torch._inductor.select_algorithm import extern_kernels
import triton
import triton.language as tl
from torch._inductor.runtime.triton_heuristics import grid
from torch._C import _cuda_getCurrentRawStream as get_raw_stream
from torch._inductor.runtime.triton_helpers import libdevice
import torch.nn as nn
assert_size_stride = torch._C._dynamo.guards.assert_size_stride
empty_strided_cuda = torch._C._dynamo.guards._empty_strided_cuda
reinterpret_tensor = torch._C._dynamo.guards._reinterpret_tensor


@triton.jit
def triton_poi_fused_add_tanh_0(in_out_ptr0, in_ptr0, in_ptr1, xnumel, XBLOCK: tl.constexpr):
    xnumel = 4000
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:]
    xmask = xindex < xnumel
    x2 = xindex
    x0 = xindex % 100
    tmp0 = tl.load(in_out_ptr0 + x2, xmask)
    tmp1 = tl.load(in_ptr0 + x0, xmask, eviction_policy='evict_last')
    tmp4 = tl.load(in_ptr1 + x2, xmask)
    tmp2 = tmp0 + tmp1
    tmp3 = libdevice.tanh(tmp2)
    tmp5 = tmp3 + tmp4
    tl.store(in_out_ptr0 + x2, tmp5, xmask)


@triton.jit
def triton_poi_fused_mul_1(in_ptr0, out_ptr0, xnumel, XBLOCK: tl.constexpr):
    xnumel = 40
    xoffset = tl.program_id(0) * XBLOCK
    xindex = xoffset + tl.arange(0, XBLOCK)[:]
    xmask = xindex < xnumel
    x0 = xindex
    tmp0 = tl.load(in_ptr0 + 6 * x0, xmask)
    tl.store(out_ptr0 + x0, tmp0 * 2.0, xmask)


def call(args):
    primals_1, primals_2, primals_3, primals_4 = args
    args.clear()
    assert_size_stride(primals_1, (100, 6), (6, 1))
    assert_size_stride(primals_3, (40, 6), (6, 1))
    with torch.cuda._DeviceGuard(0):
        torch.cuda.set_device(0)
        buf0 = empty_strided_cuda((40, 100), (100, 1), torch.float32)
        extern_kernels.mm(primals_3, reinterpret_tensor(primals_1, (6, 100), (1, 6), 0), out=buf0)
        buf1 = buf0
        del buf0
        get_raw_stream(0)
        triton_poi_fused_add_tanh_0[grid(4000)](buf1, primals_2, primals_4, 4000, XBLOCK=256, num_warps=4,
            num_stages=1)
        buf2 = empty_strided_cuda((40, 1), (1, 1), torch.float32)
        triton_poi_fused_mul_1[grid(40)](primals_3, buf2, 40, XBLOCK=64, num_warps=1, num_stages=1)
    return buf1, buf2


class ModelNew(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 100)

    def forward(self, input_0, input_1):
        output = call([self.linear.weight, self.linear.bias, input_0, input_1])
        return output[0], output[1]
"""
