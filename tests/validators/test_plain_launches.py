"""Launches `kernel[grid](...)` in the interpreter: as written where that is affordable, and wrong ones caught.

They need a process in which triton was imported with TRITON_INTERPRET=1: the first test runs this file in one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
import torch
from programs import PUBLISHED, PUBLISHED_TRITON, program, with_class

if os.environ.get("TRITON_INTERPRET") != "1":

    def test_launches_in_a_process_of_its_own() -> None:
        environment = dict(os.environ, TRITON_INTERPRET="1")
        command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", __file__]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
        found = re.search(r"(\d+) passed", done.stdout)
        assert found is not None and int(found[1]) >= 14, done.stdout[-4000:]

else:
    from validators import proving
    from validators.loading import Refused
    from validators.processes.program_side import in_this_process
    from validators.proof import emitted, numerics
    from validators.proof.interpreter import host, kernels, memory
    from validators.verdict import Program, Reason, Settings, Stage

    numerics.prepare("sm_80")

    HEAD = """
import triton
import triton.language as tl

@triton.jit
def k(in_ptr0, out_ptr0, xnumel, XBLOCK: tl.constexpr):
    xindex = tl.program_id(0) * XBLOCK + tl.arange(0, XBLOCK)
    xmask = xindex < xnumel
    tl.store(out_ptr0 + xindex, tl.load(in_ptr0 + xindex, xmask) + 1, xmask)
"""
    GRID = "lambda meta: (triton.cdiv(xnumel, meta['XBLOCK']),)"

    def run(
        size: int, grid: str = GRID, block: int = 32, text: str = HEAD, split: bool = False, **more: Any
    ) -> tuple[torch.Tensor, kernels.Activity]:
        """The kernel's output for `arange(size)`, in memory that is not written, and what was done."""
        module = emitted.execute(text)
        kernels.ACTIVITY = kernels.Activity(split=split)
        memory.MEMORY.lanes = 0
        out = host._empty_strided((size,), (1,), torch.float32)
        launch = module.k[eval(grid, {"triton": vars(module)["triton"], "xnumel": size})]
        launch(torch.arange(size).float(), out, size, XBLOCK=block, num_warps=4, **more)
        return out, kernels.ACTIVITY

    @pytest.mark.parametrize("size", [1, 31, 1000, 50_000])
    def test_launches_run_with_the_blocks_and_the_grid_of_the_text(size: int) -> None:
        out, activity = run(size)
        assert torch.equal(out, torch.arange(size) + 1.0)
        assert activity.as_written == activity.launches == 1
        assert activity.programs == -(-size // 32)

    def test_a_grid_of_numbers_keeps_its_blocks() -> None:
        out, activity = run(5000, "(157,)", split=True)
        assert torch.equal(out, torch.arange(5000) + 1.0) and activity.programs == 157

    @pytest.mark.parametrize("grid", ["(31,)", "lambda meta: (triton.cdiv(xnumel - 32, meta['XBLOCK']),)"])
    def test_a_grid_that_is_too_small_leaves_memory_unwritten(grid: str) -> None:
        out, _ = run(1000, grid)
        assert out[-8:].isnan().all() and not out[:900].isnan().any()

    def test_a_block_that_does_not_divide_where_no_mask_is_reaches_out_of_bounds() -> None:
        text = HEAD.replace(", xmask)", ")")
        with pytest.raises(memory.OutOfBounds):
            run(1000, text=text)
        assert torch.equal(run(1024, text=text)[0], torch.arange(1024) + 1.0)

    def test_kernels_see_their_own_modules_names_only() -> None:
        with pytest.raises(NameError, match="np"):
            run(8, text=HEAD.replace("+ 1, xmask", "+ np.abs(1), xmask"))
        with pytest.raises(AttributeError, match="lode"):
            run(8, text=HEAD.replace("tl.load", "tl.lode"))

    def test_a_block_by_another_name_is_the_writers() -> None:
        text = HEAD.replace("XBLOCK", "SIZE").replace("SIZE: tl.constexpr", "XBLOCK, SIZE: tl.constexpr = 64")
        out, activity = run(5000, "(79,)", text=text)
        assert torch.equal(out, torch.arange(5000) + 1.0) and activity.programs == 79

    def test_arguments_are_checked() -> None:
        module = emitted.execute(HEAD)
        x = torch.zeros(8)
        for arguments, keywords, said in (
            ((x, x), {"XBLOCK": 8}, "not given xnumel"),
            ((x, x, 8, 8, 8), {}, "takes 4 arguments and is given 5"),
            ((x, x, 8), {"XBLOCK": 8, "xnumel": 8}, "xnumel twice"),
            ((x.to(torch.complex64), x, 8), {"XBLOCK": 8}, "points to torch.complex64"),
        ):
            with pytest.raises((TypeError, NotImplementedError), match=said):
                module.k[(1,)](*arguments, **keywords)

    def proof(source: str, text: str) -> Reason | None:
        asked = Program(source, "Model")
        try:
            assert proving.check(*in_this_process(asked, Settings(), text), asked, text, Settings(), Stage.NUMERICS).ok
        except Refused as refused:
            return refused.reason
        return None

    def test_published_texts_are_proved_and_broken_ones_are_not() -> None:
        assert proof(PUBLISHED, PUBLISHED_TRITON) is None
        for old, new in (("grid(4000)", "grid(3840)"), ("* 2.0", "* 2.01"), ("% 100", "% 99")):
            assert old in PUBLISHED_TRITON
            assert proof(PUBLISHED, PUBLISHED_TRITON.replace(old, new)) is Reason.NUMERIC_MISMATCH

    @pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
    def test_a_pair_is_proved_in_both_of_its_texts(future: str) -> None:
        source = future + program(
            "y = F.gelu(self.norm(self.linear(x)))\nreturn y.cumsum(1), self.conv(z).relu().amax(1), x.sort(1)[0]",
            init="self.linear = nn.Linear(6, 48)\nself.norm = nn.LayerNorm(48)\nself.conv = nn.Conv2d(3, 8, 3)",
            inputs="torch.randn(4, 6), torch.randn(2, 3, 9, 8)",
            parameters="x, z",
        )
        # Triton code is written in a process without the interpreter.
        code = (
            "import json, sys\nfrom validators import codegen\nfrom validators.inductor import offline_cuda\n"
            "from validators.loading import load\n"
            "from validators.verdict import Program, Settings\noffline_cuda.install('sm_80')\n"
            "asked = Program(sys.stdin.read(), 'Model')\npair = codegen.check(load(asked), asked, Settings())[1]\n"
            "print(json.dumps([pair.triton_code, pair.original_triton_code]))"
        )
        environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
        done = subprocess.run(
            [sys.executable, "-c", code], input=source, env=environment, capture_output=True, text=True, check=True
        )
        plain, original = json.loads(done.stdout.splitlines()[-1])
        assert proof(source, plain) is None and kernels.ACTIVITY.as_written >= kernels.ACTIVITY.launches // 2
        assert proof(source, with_class(original, plain)) is None and kernels.ACTIVITY.as_written == 0
