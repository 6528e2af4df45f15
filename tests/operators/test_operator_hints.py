"""Hints are there for every operator, are short, and are true."""

from __future__ import annotations

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import operators
from operators import hints
from operators.spec import ANY, Layout
from validators.conduct.executed import record

ENTRIES = operators.catalogue()
_RANKS = re.compile(r"\b((?:nn|F|torch)\.\w+?)((?:[123]d)(?:/[123]d)+)")
_SPELLED = re.compile(r"(?<![\w.])((?:nn|F|torch)(?:\.\w+)+)")


def spelled(text: str) -> set[str]:
    """The names of torch in a hint, `nn.MaxPool1d/2d` being two."""
    whole = _RANKS.sub(lambda found: " ".join(found[1] + rank for rank in found[2].split("/")), text)
    return set(_SPELLED.findall(whole))


def test_every_operator_has_a_short_hint() -> None:
    for entry in ENTRIES:
        text = operators.hint(entry.name)
        assert 3 <= len(text) <= 200, entry.name
        assert text.isprintable() and "{" not in text and "  " not in text, entry.name
    assert sum(len(operators.hint(entry.name)) for entry in ENTRIES) / len(ENTRIES) < 60


def test_a_name_that_is_not_in_the_catalogue_has_none() -> None:
    assert operators.hint("Conv2") == operators.hint("") == operators.hint("\ud800") == ""


def test_hints_do_not_depend_on_what_was_asked_before() -> None:
    before = {entry.name: operators.hint(entry.name) for entry in ENTRIES}
    hints.hint.cache_clear()
    assert {entry.name: operators.hint(entry.name) for entry in reversed(ENTRIES)} == before


def test_the_digest_is_over_all_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    before = hints.digest.__wrapped__()
    assert re.fullmatch("[0-9a-f]{12}", before)
    monkeypatch.setattr(hints, "hint", lambda name: "other" if name == "KLDivLoss" else operators.hint(name))
    assert hints.digest.__wrapped__() != before


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_what_a_hint_names_exists_in_torch(entry: operators.Operator) -> None:
    for name in spelled(operators.hint(entry.name)) - {"nn.Container"}:  # named as gone
        holder: object = {"nn": nn, "F": F, "torch": torch}[name.split(".")[0]]
        for part in name.split(".")[1:]:
            assert hasattr(holder, part), name
            holder = getattr(holder, part)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_first_thing_a_hint_names_counts_as_the_operator(entry: operators.Operator) -> None:
    first = operators.hint(entry.name).split(";")[0]
    for name in spelled(first) if entry.family not in ("pointwise", "element_wise_ops") else ():
        bare = name.rpartition(".")[2]
        if bare != "Module":
            event = f"M:{bare}" if name.startswith("nn.") else f"F:{bare}"
            assert {event, event.replace("F:", "F:linalg_")} & set(entry.events), (name, entry.events)


WRITTEN = [e for e in ENTRIES if e.family in ("pointwise", "element_wise_ops") and "(x" in operators.hint(e.name)]


@pytest.mark.parametrize("entry", WRITTEN, ids=lambda entry: entry.name)
def test_written_out_expressions_run_stay_finite_and_count(entry: operators.Operator) -> None:
    class Written(nn.Module):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.code = compile(text, "<hint>", "eval")

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = eval(self.code, {"x": x, "y": y, "torch": torch})
            return result

    for text in operators.hint(entry.name).split("; ")[0].split(" or "):
        torch.manual_seed(0)
        output, counts, *_ = record(Written(text), [3 * torch.randn(4, 6, 8), 3 * torch.randn(4, 6, 8)])
        assert torch.isfinite(output).all(), text
        assert not operators.missing([entry.name], counts), text


def test_there_are_written_out_expressions() -> None:
    assert len(WRITTEN) >= 45


def test_shapes_are_told_where_not_everything_fits() -> None:
    for entry in ENTRIES:
        if entry.layouts == (Layout.IMAGE,):
            assert "(B, C, H, W)" in operators.hint(entry.name)
        if set(entry.layouts) == set(ANY):
            assert "fits" not in operators.hint(entry.name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MaxUnpool2d", "return_indices=True"),
        ("Container", "nn.Sequential"),
        ("Gemm", "nn.Linear"),
        ("RNNBase", "nn.GRU"),
        ("Swish", "F.silu"),
        ("DepthwiseConv2d", "groups=in_channels"),
        ("MaxPool", "nn.MaxPool1d/2d/3d"),
        ("Embedding", "ids"),
        ("BiasAdd", "nn.Parameter"),
        ("Slice", "x[:, ::2]"),
        ("Add", "x + ..."),
        ("Module", "of your own"),
        ("GLU", "a multiple of 2"),
        ("Log", "torch.log(x.abs() + 1.0)"),
        ("Squeeze", "x.squeeze"),
        ("Dropout", "training=self.training"),
    ],
)
def test_what_a_name_alone_does_not_tell(name: str, words: str) -> None:
    assert words in operators.hint(name)
