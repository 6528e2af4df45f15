"""Launches written down from texts of three kinds, and what no device would launch."""

from __future__ import annotations

import pytest
import torch
from programs import PUBLISHED, PUBLISHED_TRITON

from validators.inductor import offline_cuda
from validators.loading import load
from validators.proof import grids, recording
from validators.verdict import Program, Settings


@pytest.fixture(scope="module", autouse=True)
def offline_device() -> None:
    offline_cuda.install(Settings().device_target)


def test_launches_of_published_texts_are_recorded() -> None:
    found = recording.record(PUBLISHED_TRITON, load(Program(PUBLISHED, "Model")))
    assert [r.kernel.__name__ for r in found] == ["triton_poi_fused_add_tanh_0", "triton_poi_fused_mul_1"]
    assert [r.grid for r in found] == [(16, 1, 1), (1, 1, 1)]
    assert found[0].keywords == {"XBLOCK": 256, "num_warps": 4, "num_stages": 1}
    assert [a.shape if isinstance(a, torch.Tensor) else a for a in found[0].arguments] == [
        (40, 100), (100,), (40, 100), 4000,
    ]  # fmt: skip
    assert found[0].arguments[0].device.type == "cuda"


def test_what_the_text_does_wrongly_is_raised() -> None:
    loaded = load(Program(PUBLISHED, "Model"))
    for old, new, said in (
        ("grid(4000)", "(1, 70000)", "CUDA launches"),
        ("(100, 6), (6, 1))", "(100, 6), (1, 100))", "expected size"),
        ("primals_4 = args", "primals_4, primals_5 = args", "unpack"),
        ("return buf1, buf2", "return buf3", "buf3"),
    ):
        assert old in PUBLISHED_TRITON
        with pytest.raises(Exception, match=said):
            recording.record(PUBLISHED_TRITON.replace(old, new), loaded)


def test_the_stand_ins_go_when_the_recording_ends() -> None:
    from torch._inductor.runtime import triton_heuristics

    recording.record(PUBLISHED_TRITON, load(Program(PUBLISHED, "Model")))
    assert not hasattr(triton_heuristics, "grid") and torch.cuda.device_of.__name__ == "device_of"


def test_grids_of_older_torch() -> None:
    assert grids.grid(1000)({"XBLOCK": 256}) == (4, 1, 1)
    assert grids.grid(40, 1000)({"XBLOCK": 256, "YBLOCK": 16}) == (4, 3, 1)
    assert grids.grid(7, 40, 1000)({"XBLOCK": 256, "YBLOCK": 16, "ZBLOCK": 2}) == (4, 3, 4)
    assert grids.grid(5)({}) == (5, 1, 1)  # one row for each program
    x, y, z = grids.grid(1 << 20, 8)({"XBLOCK": 8, "YBLOCK": 1})
    assert x == 1 and y <= 65535 and z <= 65535 and y * z >= 1 << 20
    assert grids.split_scan_grid(3, 5000)({"RBLOCK": 1024}) == (5, 3, 1)
    sequential = grids.grid_combo_kernels([1000, 300, -2], num_kernels=3, min_blocks=0, is_sequential=True)
    assert sequential({"XBLOCK": 256}) == (4 + 2 + 2, 1, 1)
    in_turn = grids.grid_combo_kernels([1000, 300], num_kernels=2, min_blocks=10, is_sequential=False)
    assert in_turn({"XBLOCK": 256}) == (10, 1, 1) and in_turn({"XBLOCK": 64}) == (32, 1, 1)
