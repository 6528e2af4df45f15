"""Stage COMPILED in process: what ptxas says of real kernels, for several targets.

The private parts of triton and of Inductor's launch code that `cubin.py` uses are reached here.
"""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest
from programs import GOOD, PUBLISHED, PUBLISHED_TRITON, program

from validators import codegen
from validators.inductor import offline_cuda
from validators.inductor.offline_cuda import DEVICE_TARGETS
from validators.loading import Loaded, Refused, load
from validators.proof import cubin
from validators.verdict import Pair, Program, Reason, Settings

SETTINGS = Settings()
SEVERAL = program(
    "return F.gelu(self.linear(x)).cumsum(1).sort(1)[0], x.sum()", init="self.linear = nn.Linear(300, 40)"
).replace("torch.randn(4, 6)", "torch.randn(70, 300)")


@pytest.fixture(scope="module", autouse=True)
def offline_device() -> None:
    offline_cuda.install(SETTINGS.device_target)


def made(source: str) -> tuple[Pair, Loaded]:
    asked = Program(source, "Model")
    loaded = load(asked)
    return codegen.check(loaded, asked, SETTINGS)[1], loaded


def test_every_kernel_is_compiled_and_described() -> None:
    verdict, pair = cubin.check(*made(SEVERAL), SETTINGS)
    assert verdict.ok
    found = pair.evidence["compiled"]
    assert list(found) == ["sm_80"] and tuple(found["sm_80"]) == pair.kernels
    for kernel in found["sm_80"].values():
        assert 0 < kernel["registers"] <= 255 and 0 < kernel["occupancy"] <= 1
        assert kernel["binary_bytes"] > 1000 and kernel["warps"] in (1, 2, 4, 8, 16, 32)
    assert verdict.metrics["registers"] == max(k["registers"] for k in found["sm_80"].values())


def test_the_numbers_repeat() -> None:
    pair, loaded = made(SEVERAL)
    assert cubin.check(pair, loaded, SETTINGS)[1] == cubin.check(pair, loaded, SETTINGS)[1]


def test_several_targets_from_one_text() -> None:
    pair, loaded = made(SEVERAL)
    targets = [*sorted(DEVICE_TARGETS), *cubin.AMD_TARGETS]
    found = cubin.compile_text(pair.triton_code, loaded, targets)
    assert list(found) == targets
    for target, kernels in found.items():
        assert tuple(kernels) == pair.kernels
        assert all((k.occupancy is None) == (target in cubin.AMD_TARGETS) for k in kernels.values())
    assert found["sm_80"] != found["sm_100"] != found["gfx942"]
    with pytest.raises(KeyError):
        cubin.compile_text(pair.triton_code, loaded, ["sm_1"])
    several = replace(SETTINGS, further_targets=("sm_90", "gfx942"))
    verdict, proved = cubin.check(pair, loaded, several)
    assert list(proved.evidence["compiled"]) == ["sm_80", "sm_90", "gfx942"] and verdict.metrics["occupancy"] > 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tl.load(", "tl.lode(", "triton_pointwise_sin_cos_add for sm_80.*lode"),  # Triton's own front end
        (
            " + tmp",
            " + tl.inline_asm_elementwise('nonsense $0, $1;', '=r,r', [tmp1], tl.float32, True, 1) + tmp",
            "triton_pointwise_sin_cos_add for sm_80.*ptxas",
        ),
        ("num_warps=", "num_wraps=", "triton_pointwise_sin_cos_add for sm_80.*num_wraps"),
        ("XBLOCK=", "XBLOCK=3 * ", "power of 2"),
        ("XBLOCK=", "ZBLOCK=", "the text cannot be run: KeyError: 'XBLOCK'"),  # the grid asks for it
        ("import triton\n", "import tritonn\n", "the text cannot be run: ModuleNotFoundError.*tritonn"),
        ("triton_pointwise_sin_cos_add[", "0 and triton_pointwise_sin_cos_add[", "launches no Triton kernel"),
    ],
)
def test_a_kernel_that_does_not_compile_rejects_the_pair(old: str, new: str, said: str) -> None:
    pair, loaded = made(program("return x.sin() + x.cos()"))
    broken = replace(pair, triton_code=pair.triton_code.replace(old, new))
    assert broken.triton_code != pair.triton_code
    with pytest.raises(Refused, match=said) as caught:
        cubin.check(broken, loaded, SETTINGS)
    assert caught.value.reason is Reason.KERNEL_REJECTED
    assert "\n" not in caught.value.detail and len(caught.value.detail) < 700


def test_more_shared_memory_than_a_block_may_have_rejects_the_kernel() -> None:
    pair, loaded = made(GOOD)
    compiled = cubin.compile_text(pair.triton_code, loaded, ["sm_80"])["sm_80"]
    small = replace(
        DEVICE_TARGETS["sm_80"], shared_memory_per_block_optin=max(k.shared_bytes for k in compiled.values()) - 1
    )
    with mock.patch.dict(DEVICE_TARGETS, {"sm_80": small}), pytest.raises(cubin.KernelError, match="shared memory"):
        cubin.compile_text(pair.triton_code, loaded, ["sm_80"])


def test_each_way_in_which_a_kernel_is_specialised_is_compiled() -> None:
    published = Program(PUBLISHED, "Model")
    text = PUBLISHED_TRITON.replace(
        "return buf1", "triton_poi_fused_mul_1[grid(40)](x3, buf2, 1, XBLOCK=64)\n    return buf1"
    )
    text = text.replace("x3, buf2", "primals_3[:, 1:], buf2")  # not aligned, and a size of 1
    found = cubin.compile_text(text, load(published), ["sm_80"])["sm_80"]
    names = ["triton_poi_fused_add_tanh_0", "triton_poi_fused_mul_1"]
    assert list(found) == [*names, "triton_poi_fused_mul_1#2"]
    assert found[names[1]].blocks == {"XBLOCK": 64} and found[names[1]].warps == 1
    # Triton's own number of warps, where the launch gives none.
    assert found["triton_poi_fused_mul_1#2"].warps == 4


@pytest.mark.parametrize(
    ("target", "warps", "registers", "shared", "expected"),
    [
        # By hand from the rules: 64 warps of 32 registers are all that a multiprocessor holds.
        ("sm_80", 4, 32, 0, 1.0),
        # 72 registers: 9 allocation units of 256 per warp, 7 warps per partition, 28 in all, 7 blocks of 4.
        ("sm_80", 4, 72, 0, 0.4375),
        # 48 KiB + 1 KiB per block: 3 blocks in 164 KiB, 4 in 228 KiB.
        ("sm_80", 8, 32, 49152, 0.375),
        ("sm_90", 8, 32, 49152, 0.5),
        # 32 blocks of one warp at most.
        ("sm_80", 1, 16, 0, 0.5),
        ("sm_80", 8, 255, 0, 0.125),
    ],
)
def test_occupancy_follows_cudas_rules(target: str, warps: int, registers: int, shared: int, expected: float) -> None:
    assert cubin.occupancy(DEVICE_TARGETS[target], warps, registers, shared) == expected


def test_a_block_that_fits_nowhere_has_no_occupancy() -> None:
    with pytest.raises(cubin.KernelError, match="no block fits"):
        cubin.occupancy(DEVICE_TARGETS["sm_80"], 32, 255, 0)
