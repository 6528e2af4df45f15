"""backward=true: the derived program computes what autograd does, and is judged, kept and exported beside its own."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from fake_pool import run_fake
from test_run import HERE, ROOT, config, exported, wait_for_journal

from synth import cli
from synth.errors import CommandError
from synth.files.rundir import RunDir
from synth.run import gradient
from synth.run.gradient import NoGradientError, derive
from synth.store.journal import Journal
from validators import eager
from validators.loading import load
from validators.verdict import Program, Settings, Stage, Verdict

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n\n"
TAIL = "\n\ndef get_inputs():\n    return [{inputs}]\n\n\ndef get_init_inputs():\n    return [{init}]\n"


def program(body: str, inputs: str = "torch.randn(3, 4)", init: str = "") -> Program:
    return Program(HEAD + body + TAIL.format(inputs=inputs, init=init), "Model")


PLAIN = """class Model(nn.Module):
    def __init__(self, size, scale: float = 2.0):
        super().__init__()
        self.linear, self.scale = nn.Linear(size, 5), scale
    def forward(self, x):
        return torch.tanh(self.linear(x)) * self.scale
"""
SEVERAL = """class Model(nn.Module):
    def __init__(self, /, *sizes, bias=True, **more):
        super().__init__()
        self.table, self.linear = nn.Embedding(*sizes), nn.Linear(sizes[1], 2, bias)
    def forward(self, x, ids, run=None):
        y = self.linear(self.table(ids) + x)
        return y, y.argmax(-1), x.square()
"""
NO_PARAMETERS = """class Model(nn.Module):
    def forward(self, *outputs):
        return sum(x.sin() * outputs[0] for x in outputs)
"""
NO_INPUTS = """class Base(nn.Module):
    def __init__(self, a, *, b):
        super().__init__()
        self.table = nn.Embedding(a, b)
class Model(Base):
    def forward(self, grad_output):
        return self.table(grad_output)
"""
FROM_ELSEWHERE = """class Model(nn.Sequential):
    def forward(self, parameters):
        return self[1](self[0](parameters)).double()
class ModelBackward: ...
"""
CASES = {
    "plain": program(PLAIN, init="4"),
    "several outputs": program(SEVERAL, "torch.randn(3, 4), torch.arange(3)", "[7, 4], {'bias': False}"),
    "no parameters": program(NO_PARAMETERS, "torch.randn(2, 1), torch.randn(3)"),
    "no inputs": program(NO_INPUTS, "torch.arange(3)", "[5], {'b': 2}"),
    "a constructor from elsewhere": program(FROM_ELSEWHERE, init="nn.Linear(4, 4), nn.ReLU()"),
}


def seen(one: Program) -> list[Verdict]:
    return [eager.check(load(one), (), Settings())]


@pytest.mark.parametrize("one", CASES.values(), ids=CASES)
def test_the_derived_program_returns_what_autograd_does(one: Program) -> None:
    derived = derive(one, seen(one))
    assert derived == derive(one, seen(one))
    assert derived.source.startswith(one.source)
    compile(derived.source, "derived", "exec")
    verdicts = seen(one)
    loaded = load(derived)
    torch.manual_seed(0)
    model, given = loaded.build(), loaded.inputs()
    inner = model.model
    count = len(verdicts[0].metrics["inputs"])
    inputs = [x.requires_grad_() if x.is_floating_point() else x for x in given[:count]]
    outputs = inner(*inputs)
    real = [y for y in (outputs if isinstance(outputs, tuple) else (outputs,)) if y.is_floating_point()]
    leaves = [*(x for x in inputs if x.requires_grad), *inner.parameters()]
    wanted = torch.autograd.grad(real, leaves, given[count:], materialize_grads=True)
    with torch.no_grad():
        found = model(*(x.detach() for x in given))
    assert len(found) == len(wanted)
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs)
    assert eager.check(loaded, (), Settings()).ok


@pytest.mark.parametrize(
    ("body", "inputs", "outputs", "words"),
    [
        (PLAIN, ["int64[3]"], ["int64[3]"], "nothing in it has one"),
        (PLAIN, ["float32[3]", "float32[3]"], ["float32[3]"], "takes 1 arguments, get_inputs.. holds 2"),
        ("class Model(Other):\n    pass\n", ["float32[3]"], ["float32[3]"], "written elsewhere"),
    ],
)
def test_what_has_no_gradient_is_said(body: str, inputs: list[str], outputs: list[str], words: str) -> None:
    verdict = Verdict(Stage.EAGER, True, metrics={"inputs": inputs, "outputs": outputs, "parameters": 1})
    with pytest.raises(NoGradientError, match=words):
        derive(program(body), [verdict])


def test_torch_is_imported_where_it_is_not() -> None:
    bare = program("").source.replace("import torch\n", "", 1)
    text = bare.replace("\n\n\ndef", "\nclass Model(nn.Module):\n    def forward(self, x): return x\n\n\ndef", 1)
    verdict = Verdict(Stage.EAGER, True, metrics={"inputs": ["float16[2]"], "outputs": ["float16[]"], "parameters": 0})
    derived = derive(Program(text, "Model"), [verdict]).source.removeprefix(text)
    assert "\nimport torch\n" in derived
    assert "torch.randn((), dtype=torch.float16)" in derived


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    code, _ = run_fake(config(out, num_worker=1, backward=True), slow=0)
    assert code == 0
    return out


def test_each_row_is_followed_by_its_gradient(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [json.loads(line) for line in exported(whole).decode().splitlines()]
    forward = [row for row in rows if row["direction"] == "forward"]
    backward = [row for row in rows if row["direction"] == "backward"]
    assert len(forward) > len(backward) > 5  # the fake pool turns one in eight down, whatever it is
    assert len({row["uuid"] for row in rows}) == len(rows)
    for row in backward:
        before = rows[rows.index(row) - 1]
        assert before["direction"] == "forward" and before["sample"] == row["sample"]
        assert row["entry_point"] == before["entry_point"] + "Backward"
        assert row["python_code"].startswith(before["python_code"].rstrip())
    run_fake(config(tmp_path, num_worker=1), slow=0)
    plain = [json.loads(line) for line in exported(tmp_path).decode().splitlines()]
    assert plain == forward  # gradients change nothing in what is kept
    assert cli.main([".stats", str(whole)]) == 0
    text = capsys.readouterr().out
    assert "Gradients (of attempts that passed)" in text
    journal = Journal.open_to_read(RunDir(whole).journal)
    judged, failed = list(journal.gradient_verdicts()), []
    failed = [judgement for judgement in judged if judgement.failure is not None]
    passed = sum(outcome.stage is None or outcome.reason == "duplicate_signature" for outcome in journal.outcomes())
    journal.close()
    assert len(judged) == passed
    assert failed and "non_finite" in text


def test_workers_and_kills_change_no_gradient(whole: Path, tmp_path: Path) -> None:
    run_fake(config(tmp_path / "seven", num_worker=7, backward=True))
    assert exported(tmp_path / "seven") == exported(whole)
    out = tmp_path / "killed"
    command = [sys.executable, str(HERE / "fake_run.py"), str(out), "60", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    rng = random.Random(7)
    for _ in range(4):
        process = subprocess.Popen([*command, "0.05", "backward"], env=environment, stdout=subprocess.DEVNULL)
        wait_for_journal(out)
        time.sleep(rng.uniform(0.0, 0.3))
        process.kill()
        assert process.wait() == -signal.SIGKILL
    process = subprocess.run([*command, "0", "backward"], env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert exported(out) == exported(whole)


def test_a_gradient_that_was_not_reached_is_judged_on_resuming(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError):  # after 25 judgements, the next of which is a gradient's
        run_fake(config(tmp_path, num_worker=1, backward=True), slow=0, die_after=25)
    journal = Journal.open_to_read(RunDir(tmp_path).journal)
    without = [b for b in journal.begun() if b.passed and journal.gradient(b.sample, b.attempt) is None]
    journal.close()
    assert len(without) == 1
    code, _ = run_fake(config(tmp_path, num_worker=1, backward=True), slow=0)
    assert code == 0
    assert exported(tmp_path) == exported(whole)


def test_a_gradient_that_cannot_be_derived_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Program:
        raise NoGradientError("no")

    monkeypatch.setattr(gradient, "derive", refuse)
    code, text = run_fake(config(tmp_path, backward=True), slow=0)
    assert code == 0
    assert "unsupported_form" in text
    assert {json.loads(line)["direction"] for line in exported(tmp_path).decode().splitlines()} == {"forward"}
