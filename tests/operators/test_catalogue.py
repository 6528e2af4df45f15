"""The catalogue's own laws."""

from __future__ import annotations

import random
import re
import subprocess
import sys

import pytest

import operators
from operators import compound_operators, core_operators, supporting_operators
from operators.spec import AXES, Layout, Site, Stats, size_of
from synth.synthesizer.adapters import fit
from synth.synthesizer.scope import Program, Scope
from synth.synthesizer.style import draw_style

# Every name that the original's lists hold, those it had switched off included.
ORIGINAL = """
AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d Add
AlphaDropout AvgPool1d AvgPool2d AvgPool3d BMM BatchNorm BatchNorm1d BatchNorm2d BatchNorm3d BiasAdd Bilinear CELU
ChannelShuffle CircularPad1d CircularPad2d CircularPad3d Clamp ConstantPad1d ConstantPad2d ConstantPad3d Container
Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d CosineSimilarity CrossMapLRN2d Divide Dropout
Dropout1d Dropout2d Dropout3d ELU Embedding FeatureAlphaDropout Flatten Fold FractionalMaxPool2d
FractionalMaxPool3d GELU GLU GRU GRUCell Gemm GlobalAvgPool GroupNorm HardSwish Hardshrink Hardsigmoid Hardswish
Hardtanh Identity InstanceNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d LPPool1d LPPool2d LPPool3d LSTM
LSTMCell LayerNorm LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d
LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d
LazyInstanceNorm3d LazyLinear LeakyReLU Linear LocalResponseNorm LogSigmoid LogSoftmax LogSumExp Matmul Max MaxPool
MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d Mean Min Mish Module ModuleDict ModuleList
MultiheadAttention Multiply PReLU PairwiseDistance ParameterDict ParameterList PixelShuffle PixelUnshuffle RMSNorm
RNN RNNBase RNNCell RNNCellBase RReLU ReLU ReLU6 ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d
ReplicationPad2d ReplicationPad3d ResidualAdd SELU Scale Sequential SiLU Sigmoid Softmax Softmax2d Softmin Softplus
Softshrink Softsign Subtract Sum Swish SyncBatchNorm Tanh Tanhshrink Threshold Transformer TransformerDecoder
TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer Unflatten Unfold Upsample UpsamplingBilinear2d
UpsamplingNearest2d ZeroPad1d ZeroPad2d ZeroPad3d
""".split()  # noqa: SIM905


def test_every_original_name_is_there() -> None:
    assert len(ORIGINAL) >= 155
    for name in ORIGINAL:
        assert operators.get(name).name == name


def test_original_core_and_compound_names_keep_their_set() -> None:
    core = {"Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"}
    cells = {"RNNCell", "LSTMCell"}
    layers = {"TransformerEncoderLayer", "TransformerDecoderLayer"}
    assert core <= set(core_operators)
    assert cells | layers | {"Embedding", "MultiheadAttention"} <= set(compound_operators)


def test_sets_are_disjoint_and_whole() -> None:
    everything = core_operators + compound_operators + supporting_operators
    assert len(everything) == len(set(everything)) == len(operators.catalogue()) >= 180


@pytest.mark.parametrize(("wrong", "nearest"), [("conv2", "Conv2d"), ("Relu", "ReLU"), ("LayerNrom", "LayerNorm")])
def test_unknown_names_get_the_nearest(wrong: str, nearest: str) -> None:
    with pytest.raises(KeyError, match=nearest):
        operators.get(wrong)


def test_entries_are_well_formed() -> None:
    for entry in operators.catalogue():
        assert entry.set in ("core", "compound", "supporting")
        assert entry.layouts and entry.events and entry.family
        assert all(re.fullmatch(r"[MF]:\w+", e) for e in entry.events), entry
        assert len(set(entry.events)) == len(entry.events), entry


def test_plans_are_total_over_their_layouts() -> None:
    """Whatever fits the limits can be planned, and yields a shape of the layout it claims."""
    rng = random.Random(7)
    scope = Scope(Program(rng, draw_style(rng), "Anything"))
    for entry in operators.catalogue():
        for layout in entry.layouts:
            for _ in range(6):
                sizes = [rng.randint(1, 4), *(rng.randint(1, 12) for _ in range(AXES[layout] - 1))]
                x = fit(scope, scope.add_input(layout, tuple(sizes)), entry.limits)
                step = entry.plan(Site(x.layout, x.shape, Stats(), rng))
                assert len(step.shape) == AXES[step.layout], (entry.name, x.shape, step.shape)
                assert size_of(step.shape) > 0 and step.forms
                assert step.shape[0] == x.shape[0], entry.name


def test_layout_names_are_stable() -> None:
    assert [layout.value for layout in Layout] == ["vector", "sequence", "signal", "image", "volume"]


def test_no_torch_is_imported() -> None:
    code = "import sys, operators, synth.synthesizer; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
