"""Synthesized programs run, are what was asked for, and differ from one another."""

from __future__ import annotations

import ast
import os
import random
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program_runs import NAME, build, checked, run
from torch._subclasses.fake_tensor import FakeTensorMode

import operators
from operators import registry
from operators.spec import Site, Step
from synth.synthesizer import write_program

ROOT = Path(__file__).resolve().parents[2]
NAMES = [entry.name for entry in operators.catalogue()]

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


@pytest.mark.parametrize("name", NAMES)
def test_every_operator_is_written_and_runs(name: str) -> None:
    """Several seeds, with one or two other operators; every planned shape is asserted on the way."""
    for seed in range(4):
        rng = random.Random(f"{name} {seed}")
        pattern = [name, *rng.sample(NAMES, rng.choice((0, 1, 2)))]
        source = checked(pattern, seed)
        _, counts = run(source)
        assert operators.missing(pattern, counts) == [], source


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=14), st.integers(0, 2**32))
def test_any_multiset_is_realised(pattern: list[str], seed: int) -> None:
    source = checked(pattern, seed)
    ast.parse(source)
    _, counts = run(source)
    assert operators.missing(pattern, counts) == [], source


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=10), st.integers(0, 2**32))
def test_planned_shapes_hold_for_fake_tensors(pattern: list[str], seed: int) -> None:
    source = checked(pattern, seed)
    model, inputs = build(source)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode, torch.no_grad():
        output = model(*[mode.from_tensor(t) for t in inputs])
    assert output.numel() >= 8


def _structure(source: str) -> str:
    """The syntax tree without constants and names."""

    class Blank(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> Any:
            return ast.copy_location(ast.Constant(0), node)

        def visit_Name(self, node: ast.Name) -> Any:
            return ast.copy_location(ast.Name("n", node.ctx), node)

    tree = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == NAME)
    return ast.dump(Blank().visit(tree))


@pytest.mark.parametrize(
    "pattern",
    [
        ["Conv2d", "ReLU"],
        ["Linear", "GELU", "LayerNorm"],
        ["Conv2d", "LayerNorm", "GELU", "MaxPool2d", "MultiheadAttention", "GLU"],
    ],
)
def test_samples_of_one_pattern_differ_in_structure(pattern: list[str]) -> None:
    sources = [write_program(pattern, random.Random(seed), NAME) for seed in range(60)]
    assert len(set(sources)) == 60
    assert len({_structure(s) for s in sources}) >= 42
    heads = {tuple(n.name for n in ast.parse(s).body if isinstance(n, ast.ClassDef)) for s in sources}
    assert len(heads) > 1, "helper blocks come and go"


def test_several_inputs_arise() -> None:
    rng = random.Random(3)
    counts = []
    for seed in range(200):
        pattern = rng.sample(NAMES, 6)
        source = write_program(pattern, random.Random(seed), NAME)
        cls = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == NAME)
        forward = next(n for n in cls.body if isinstance(n, ast.FunctionDef) and n.name == "forward")
        counts.append(len(forward.args.args) - 1)
    assert min(counts) == 1
    assert sum(c > 1 for c in counts) > 40


def test_products_in_batches_are_written_on_signals_when_all_inputs_are_taken() -> None:
    for seed in (24, 36, 64):
        pattern = ["BMM"] * 6 + ["Conv1d"] * 2
        _, counts = run(checked(pattern, seed))
        assert operators.missing(pattern, counts) == []


def test_no_operand_is_a_saturated_function_of_the_other() -> None:
    """The least of a distance of 20 and its sigmoid would be 1 everywhere."""
    saturated = re.compile(r"(\w+) = torch\.cdist.*\n(?:.*\n)*?.*(?:torch\.sigmoid|torch\.tanh|F\.softplus)\(\1\)")
    for seed in range(100):
        assert not saturated.search(write_program(["Cdist", "Minimum"], random.Random(seed), NAME))


def test_the_result_is_a_function_of_the_arguments_alone() -> None:
    """Two processes with different string hashes write the same bytes."""
    code = (
        "import random; from operators import catalogue; from synth.synthesizer import write_program\n"
        "names = [o.name for o in catalogue()]\n"
        "for s in range(40):\n"
        "    r = random.Random(s); print(write_program(r.choices(names, k=8), r, 'SynthModel_Test'))"
    )
    texts = []
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, check=True)
        texts.append(done.stdout)
    assert texts[0] == texts[1]
    assert len(texts[0]) > 40_000


def test_sources_are_tidy() -> None:
    rng = random.Random(11)
    for seed in range(150):
        source = write_program(rng.choices(NAMES, k=6), random.Random(seed), NAME)
        lines = source.splitlines()
        assert source.endswith("\n") and not source.endswith("\n\n")
        assert all(line == line.rstrip() and "\t" not in line for line in lines)
        assert sum(len(line) > 120 for line in lines) <= 1, source
        tree = ast.parse(source)
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "forward"):
            stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            loaded = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            assert stored - loaded <= {"_", "t"}, source


@pytest.mark.parametrize("name", ["Conv2d", "MaxPool", "ReflectionPad1d", "PixelShuffle", "Linear", "Cat", "Upsample"])
def test_a_wrong_shape_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite must notice when an operator claims a shape that it does not yield."""
    entry = operators.get(name)

    def wrong(site: Site) -> Step:
        step = entry.plan(site)
        return replace(step, shape=(*step.shape[:-1], step.shape[-1] + 1))

    monkeypatch.setitem(registry._BY_NAME, name, replace(entry, plan=wrong))
    caught = 0
    for seed in range(6):
        source = checked([name], seed)
        try:
            run(source)
        except (AssertionError, RuntimeError):
            caught += 1
    assert caught >= 5


def test_errors_are_clear() -> None:
    with pytest.raises(ValueError, match="at least one"):
        write_program([], random.Random(0), NAME)
    with pytest.raises(KeyError, match="Conv2d"):
        write_program(["Conv2D_"], random.Random(0), NAME)
