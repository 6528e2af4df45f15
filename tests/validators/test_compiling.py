"""Stage COMPILED between processes: a stand-in for the program, and what the judge takes from the text's process."""

from __future__ import annotations

from typing import Any

import pytest
from programs import program

from validators import codegen, compiling
from validators.inductor import offline_cuda
from validators.loading import Refused, load
from validators.processes.program_side import in_this_process
from validators.processes.wire import Opaque, WireError
from validators.proof import cubin
from validators.verdict import Pair, Program, Reason, Settings

SETTINGS = Settings(further_targets=("gfx942",))
# An input does not begin where its memory does; one may be made from real values.
STRIDED = program(
    "return x.sin() * n + y.cos(), z[:, ::2].tanh()",
    inputs="torch.randn(8, 12)[:, 3:9], torch.randn(6, 8).t(), torch.randn(4, 12), 3",
    parameters="x, y, z, n",
)
FROM_VALUES = STRIDED.replace("(4, 12)", "(int(torch.tensor([4])), 12)")


@pytest.fixture(scope="module", autouse=True)
def offline_device() -> None:
    offline_cuda.install(SETTINGS.device_target)


@pytest.mark.parametrize("source", [STRIDED, FROM_VALUES])
def test_a_stand_in_is_as_good_as_the_program(source: str) -> None:
    asked = Program(source, "Model")
    loaded = load(asked)
    pair = codegen.check(loaded, asked, SETTINGS)[1]
    verdict, proved = compiling.check(*in_this_process(asked, SETTINGS, ""), pair, SETTINGS)
    assert (verdict, proved) == cubin.check(pair, loaded, SETTINGS)
    assert list(proved.evidence["compiled"]) == ["sm_80", "gfx942"]


class Answering:
    """A side that has one answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def ask(self, what: str, **arguments: Any) -> Any:
        """The answer."""
        return self.answer


KERNEL = {
    "warps": 1, "stages": 1, "blocks": {"XBLOCK": 8}, "registers": 9, "spill_bytes": 0, "shared_bytes": 0,
    "occupancy": 0.5, "binary_bytes": 99,
}  # fmt: skip
TOLD = {"args": [], "kwargs": {}, "inputs": [], "geometries": []}


def test_numbers_are_taken_and_the_pair_stays_as_it_was() -> None:
    pair = Pair("text", "original", ("k",), "sm_80", {"arguments": []})
    verdict, proved = compiling.check(Answering(TOLD), Answering({"sm_80": {"k": KERNEL}}), pair, Settings())
    assert verdict.ok and verdict.metrics == {"registers": 9, "spill_bytes": 0, "occupancy": 0.5}
    evidence = {"arguments": [], "compiled": {"sm_80": {"k": KERNEL}}}
    assert proved == Pair("text", "original", ("k",), "sm_80", evidence)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"sm_80": {}},
        {"sm_90": {"k": KERNEL}},
        {"sm_80": {"k": KERNEL}, "sm_90": {"k": KERNEL}},
        {"sm_80": {"k b": KERNEL}},
        {"sm_80": {"k": KERNEL | {"registers": -1}}},
        {"sm_80": {"k": KERNEL | {"registers": True}}},
        {"sm_80": {"k": KERNEL | {"blocks": {"XBLOCK": "8"}}}},
        {"sm_80": {"k": KERNEL | {"occupancy": None}}},
        {"sm_80": {"k": KERNEL | {"occupancy": float("nan")}}},
        {"sm_80": {"k": KERNEL | {"more": 1}}},
        {"sm_80": {"k": {key: value for key, value in KERNEL.items() if key != "warps"}}},
    ],
)
def test_what_is_no_report_on_kernels_is_refused(answer: Any) -> None:
    with pytest.raises(WireError):
        compiling.check(Answering(TOLD), Answering(answer), Pair("", "", (), "sm_80"), Settings())


def test_a_program_made_of_something_else_than_data_is_refused() -> None:
    told = TOLD | {"kwargs": {"config": Opaque(0, "<Config>")}}
    with pytest.raises(Refused, match="<Config>") as caught:
        compiling.check(Answering(told), Answering({}), Pair("", "", (), "sm_80"), Settings())
    assert caught.value.reason is Reason.NOT_INTERPRETED
