"""The command line: both styles, help, and what it says of slips."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth import cli
from synth.commands import COMMANDS, Command

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(Command, "call", lambda self, values: calls.append((self.name, values)) or 0)
    return calls


@pytest.mark.parametrize(
    "line",
    [
        ".parallel num_total_samples=5000 num_core_ops_range=[1,5] p_value=0.25 output_dir=./out",
        "parallel --num_total_samples=5000 --num_core_ops_range=[1,5] --p_value=0.25 --output_dir=./out",
        "parallel --num-total-samples 5000 --num-core-ops-range 1,5 --p-value .25 --output-dir out",
    ],
)
def test_every_style_means_the_same(line: str, called: list[tuple[str, dict[str, Any]]]) -> None:
    assert cli.main(line.split()) == 0
    wanted = {"num_total_samples": 5000, "num_core_ops_range": (1, 5), "p_value": 0.25, "output_dir": Path("out")}
    assert called == [("parallel", wanted)]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([".paralel"], ["unknown command .paralel", "Did you mean parallel?"]),
        ([".parallel", "num_total_sample=3"], ["unknown key num_total_sample", "Did you mean num_total_samples?"]),
        ([".parallel", "p_value=1.5"], ["p_value=1.5", "from 0 to 1"]),
        ([".parallel", "p_value=high"], ["p_value=high"]),
        ([".parallel", "p_value=nan"], ["p_value=nan"]),
        ([".parallel", "num_core_ops_range=[3,1]"], ["num_core_ops_range=[3, 1]", "min <= max"]),
        ([".parallel", "num_core_ops_range=[]"], ["num_core_ops_range=[]"]),
        ([".parallel", "num_core_ops_range=3"], ["num_core_ops_range=3"]),
        ([".parallel", "num_worker=0"], ["num_worker=0", "from 1"]),
        ([".parallel", "num_worker=True"], ["num_worker=True"]),
        ([".parallel", "device_target=sm_70"], ["device_target=sm_70", "sm_80, sm_90, sm_100"]),
        ([".parallel", "seed=1", "seed=2"], ["seed is given twice"]),
        ([".parallel", "fast"], ["fast", "key=value"]),
        ([".parallel", "model_name=bultin"], ["model_name=bultin", "Did you mean builtin?"]),
        ([".parallel", "model_name=local"], ["model_name=local", "base_url="]),
        ([".parallel", "base_url=http://x", "port=80"], ["base_url", "server_address", "one of them"]),
        ([".parallel", "server_address=here"], ["server_address=here", "port is missing"]),
        ([".parallel", "base_url=localhost:80"], ["base_url=localhost:80", "http://localhost:8000/v1"]),
        ([".parallel", "base_url=http://localhost/v1"], ["base_url=http://localhost/v1", "nobody"]),
        ([".parallel", "price=[1]"], ["price=", "[input,output]"]),
        ([".parallel", "max_cost=0"], ["max_cost=0", "above 0"]),
        ([".parallel", "model_name=[builtin:0]"], ["builtin", "weight"]),
        ([".parallel", "repair_model=bultin"], ["bultin", "Did you mean builtin?"]),
        ([".parallel", "mode=batch"], ["mode=batch", "nobody named by model_name has a batch endpoint"]),
        ([".parallel", "mode=later"], ["mode=later", "online, batch"]),
        ([".parallel", "model_name=replay:/nowhere.json"], ["/nowhere.json: cannot be read"]),
        (
            [".parallel", "num_core_ops_range=[0,1]", "num_compound_ops_range=[0,1]", "num_supporting_ops_range=[0,0]"],
            ["could be empty"],
        ),
        ([".parallel", "target_accepted=500", "num_total_samples=10"], ["target_accepted=500", "at most"]),
        ([".parallel", "config=/nowhere.toml"], ["config=/nowhere.toml", "cannot be read"]),
        ([".validate"], ["path is missing"]),
        ([".validate", "path=/nowhere"], ["/nowhere: does not exist"]),
        ([".validate", "path=.", "stages=[contract,eagre]"], ["stages=", "eager"]),
        ([".export", "path=/nowhere"], ["/nowhere: does not exist"]),
        ([".export", "format=csv"], ["format=csv", "parquet, jsonl, dir"]),
        ([".stats", "path=/"], ["holds no run"]),
        ([".single_debug", "pattern=[Conv2dd]"], ["unknown operator Conv2dd", "Conv2d"]),
    ],
)
def test_a_slip_gets_one_clear_line(argv: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert lines[0].startswith("synth: ")
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in printed.err
    assert printed.out == ""


def test_it_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["--help"], ["-h"]):
        assert cli.main(argv) == 0
        text = capsys.readouterr().out
        for command in COMMANDS.values():
            assert f".{command.name}" in text
            assert command.examples[0] in text
    for name, command in COMMANDS.items():
        assert cli.main([f".{name}", "--help"]) == 0
        text = capsys.readouterr().out
        for param in command.params:
            assert f"  {param.name} " in text
        lines = text.splitlines()
        assert not any("default " in one and "; default none" in two for one, two in pairwise(lines))  # two defaults


def test_text_values_stay_text(called: list[tuple[str, dict[str, Any]]]) -> None:
    cli.main([".parallel", "output_dir=007", 'model_name=replay:it\'s [odd] "file".json'])
    assert called[0][1] == {"output_dir": Path("007"), "model_name": 'replay:it\'s [odd] "file".json'}


def is_text(value: str) -> bool:
    """Neither nothing nor a list, which [ begins."""
    return bool(value.strip()) and not value.strip().startswith("[")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(is_text))
def test_any_text_value_arrives_as_typed(text: str) -> None:
    received: list[dict[str, Any]] = []
    original = Command.call
    try:
        Command.call = lambda self, values: received.append(values) or 0  # type: ignore[method-assign,func-returns-value]
        assert cli.main([".parallel", f"model_name={text}"]) == 0
    finally:
        Command.call = original  # type: ignore[method-assign]
    assert received == [{"model_name": text}]


@given(st.integers(0, 99), st.integers(0, 99))
def test_a_range_is_taken_or_refused_whole(low: int, high: int) -> None:
    received: list[dict[str, Any]] = []
    original = Command.call
    try:
        Command.call = lambda self, values: received.append(values) or 0  # type: ignore[method-assign,func-returns-value]
        code = cli.main([".parallel", f"num_core_ops_range=[{low},{high}]"])
    finally:
        Command.call = original  # type: ignore[method-assign]
    fits = low <= high <= 64
    assert code == (0 if fits else 2)
    assert received == ([{"num_core_ops_range": (low, high)}] if fits else [])


def test_the_product_process_never_imports_torch() -> None:
    code = (
        "import pkgutil, importlib, sys, synth\n"
        "for m in pkgutil.walk_packages(synth.__path__, 'synth.'):\n"
        "    if not m.name.endswith('__main__') and 'synth.dedup.' not in m.name: importlib.import_module(m.name)\n"
        "import validators.processes.pool, operators, prompts\n"
        "heavy = {'torch', 'triton', 'numpy'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    ("name", "key"), [(c.name, param.name) for c in COMMANDS.values() for param in c.params if param.required]
)
def test_what_help_calls_required_is_asked_for(
    name: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    others = [f"{param.name}=x" for param in COMMANDS[name].params if param.required and param.name != key]
    assert cli.main([f".{name}", *others]) == 2
    assert f"{key} is missing" in capsys.readouterr().err


def test_help_imports_little() -> None:
    code = (
        "import sys; from synth.cli import main; main([])\n"
        "heavy = {'fire', 'rich', 'asyncio', 'pyarrow', 'sqlite3', 'operators'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL).returncode == 0


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m synth | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["base_url=http://:secret@host/v1"], "base_url=http://:secret@host/v1: allowed is an address without keys"),
        (["base_url=http://host/v1?api_key=x"], "an address without keys"),
        (["model_name=local:m", "server_address=http://localhost", "port=8000"], "allowed is a host name"),
        (["model_name=[builtin:0.7 builtin:0.3]"], "parted by commas"),
        (["model_name=[builtin:0.7,builtin:0.3"], "a list needs [ and ]"),
        (["repair_model=gemni"], "repair_model=gemni: "),
        (["prompt=plian"], "prompt=plian: "),
        (["requests_per_minute=0.5"], "a number from 1"),
    ],
)
def test_what_concerns_models_is_checked_before_anything_starts(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([".parallel", "num_total_samples=1", f"output_dir={tmp_path / 'run'}", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert not (tmp_path / "run").exists()


def test_no_word_becomes_an_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    from synth.display.terminal import console, say

    say(console(), "local:m stopped :llama:")
    assert capsys.readouterr().out == "local:m stopped :llama:\n"
