"""Labels against figures worked out by hand."""

from __future__ import annotations

import pytest
from programs import program

from validators import codegen
from validators.emission import labels
from validators.inductor import offline_cuda
from validators.loading import load
from validators.verdict import Program, Settings


@pytest.fixture(scope="module", autouse=True)
def offline_device() -> None:
    offline_cuda.install("sm_80")


def labels_of(source: str, templates: str = "auto") -> dict:  # type: ignore[type-arg]
    asked = Program(source, "Model")
    found = codegen.check(load(asked), asked, Settings(templates=templates))[1].evidence["labels"]
    assert isinstance(found, dict)
    return found


def only(found: dict) -> dict:  # type: ignore[type-arg]
    [kernel] = found["kernels"].values()
    assert isinstance(kernel, dict)
    return kernel


def test_a_pointwise_kernel() -> None:
    found = labels_of(
        program("return x.sin() * y + 1", inputs="torch.randn(64, 96), torch.randn(96)", parameters="x, y")
    )
    kernel = only(found)
    assert kernel["kind"] == "pointwise" and kernel["operators"] == ["sin", "mul", "add"]
    assert kernel["dtype"] == "fp32" and kernel["rank"] == 1
    assert kernel["bytes"] == 4 * (64 * 96 + 96 + 64 * 96)
    assert kernel["flops"] == 3 * 64 * 96
    assert found["intensity"] == round(kernel["flops"] / kernel["bytes"], 4)
    assert found["roofline_us"] == round(1e6 * kernel["bytes"] / labels.PEAKS["sm_80"].bandwidth, 3)
    assert (found["difficulty"], found["launches"]) == (1, 1)


def test_a_slice_is_not_the_whole_tensor() -> None:
    kernel = only(labels_of(program("return x[:, :8] + x[:, 8:16]", inputs="torch.randn(64, 1024)")))
    assert kernel["bytes"] == 4 * 3 * 64 * 8


def test_a_matrix_product_with_its_epilogue() -> None:
    source = program(
        "return self.linear(x).relu()", init="self.linear = nn.Linear(64, 48)", inputs="torch.randn(32, 64)"
    )
    found = labels_of(source)
    kernel = only(found)
    assert kernel["kind"] == "template"
    assert kernel["flops"] == 2 * 32 * 48 * 64 + 2 * 32 * 48  # bias and relu
    assert kernel["bytes"] == 4 * (32 * 64 + 48 * 64 + 48 + 32 * 48)
    assert found["difficulty"] == 2 and found["extern_flops"] == 0
    outside = labels_of(source, "extern")
    assert outside["extern_flops"] == 2 * 32 * 48 * 64 and outside["launches"] == 2
    assert outside["flops"] == 2 * 32 * 48


@pytest.mark.parametrize(
    ("layer", "inputs", "flops"),
    [
        ("nn.Conv2d(3, 16, 3, padding=1, bias=False)", "torch.randn(2, 3, 16, 16)", 2 * 2 * 16 * 256 * 3 * 9),
        ("nn.Conv2d(4, 6, 3, groups=2, bias=False)", "torch.randn(2, 4, 9, 8)", 2 * 2 * 6 * 7 * 6 * 2 * 9),
        ("nn.Conv2d(8, 8, 5, padding=2, groups=8, bias=False)", "torch.randn(2, 8, 9, 8)", 2 * 2 * 8 * 72 * 25),
        ("nn.ConvTranspose2d(8, 6, 4, 2, 1, bias=False)", "torch.randn(2, 8, 5, 4)", 2 * 2 * 8 * 20 * 6 * 16),
    ],
)
def test_convolutions(layer: str, inputs: str, flops: int) -> None:
    found = labels_of(program("return self.layer(x)", init=f"self.layer = {layer}", inputs=inputs))
    assert found["flops"] == flops and found["extern_flops"] == 0


def test_an_operator_counts_once_and_a_kernel_as_often_as_it_is_called() -> None:
    one = 2 * 3 * 16 * 16 * 16
    found = labels_of(program("return (x @ x.mT) @ (x @ x.mT).relu()", inputs="torch.randn(3, 16, 16)"))
    assert found["flops"] == 3 * one + 3 * 16 * 16  # the second product is computed with its relu
    found = labels_of(program("return x @ x @ x @ x", inputs="torch.randn(3, 16, 16)"))
    assert found["flops"] == 3 * one and found["launches"] == 3


@pytest.mark.parametrize(
    ("forward", "kind", "difficulty"),
    [
        ("return x.softmax(1)", "persistent_reduction", 1),
        ("return x.sum()", "reduction", 3),
        ("return x.cumsum(1)", "scan", 2),
        ("return x[:, :64].sort(1)[0]", "sort", 2),
    ],
)
def test_kinds_and_difficulty(forward: str, kind: str, difficulty: int) -> None:
    found = labels_of(program(forward, inputs="torch.randn(640, 200)"))
    assert kind in {kernel["kind"] for kernel in found["kernels"].values()}
    assert found["difficulty"] == difficulty


def test_every_target_has_its_limits() -> None:
    assert labels.PEAKS.keys() == offline_cuda.DEVICE_TARGETS.keys()
