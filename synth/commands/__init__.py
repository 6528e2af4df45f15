"""One file per command.  `COMMANDS` says what each takes; the code behind it is imported when it is called."""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any

from synth import values
from synth.config import RunConfig


@dataclass(frozen=True)
class Param:
    """One key of a command."""

    name: str
    rule: values.Rule
    doc: str
    default: Any = None


@dataclass(frozen=True)
class Command:
    """What the command line and its help know of a command; `module` holds its `run(given) -> exit code`."""

    name: str
    module: str
    summary: str
    examples: tuple[str, ...]
    params: tuple[Param, ...]
    #: the key that a bare word stands for
    positional: str | None = None

    def call(self, given: dict[str, Any]) -> int:
        """Runs the command with checked values; the exit code."""
        return int(import_module(f"synth.commands.{self.module}").run(given))


_RUN_PARAMS = tuple(
    Param(f.name, f.metadata["rule"], f.metadata["doc"], getattr(RunConfig, f.name)) for f in fields(RunConfig)
)
_CONFIG = Param("config", values.path("a TOML file", optional=True), "a TOML file of these keys; overrides win")
_RUN_PATH = Param("path", values.path("a run directory", optional=True), "the run; default the newest in outputs/")
_STAGES = ("contract", "similarity", "shapes", "eager", "triton")


def _picked(*names: str) -> tuple[Param, ...]:
    return tuple(param for param in _RUN_PARAMS if param.name in names)


def _all_but(*names: str) -> tuple[Param, ...]:
    return tuple(param for param in _RUN_PARAMS if param.name not in names)


_LISTED = (
    Command(
        "parallel",
        "parallel",
        "make a corpus: sample, synthesize, judge, pair, keep (the same command resumes)",
        (
            "python -m synth .parallel num_total_samples=5000 num_core_ops_range=[1,5] p_value=0.25",
            "python -m synth .parallel target_accepted=100 num_total_samples=200 seed=1 output_dir=./corpus",
        ),
        (*_RUN_PARAMS, _CONFIG),
    ),
    Command(
        "single_debug",
        "single_debug",
        "one sample with everything shown and written to a debug folder",
        ("python -m synth .single_debug pattern=[Conv2d,ReLU,MaxPool2d]",),
        (
            Param("index", values.whole(0), "which sample of the configuration", 0),
            Param("pattern", values.words(), "these operators instead of a sampled pattern"),
            Param("out", values.path("a directory", optional=True), "the debug folder; default outputs/debug/<name>"),
            *_all_but("num_total_samples", "target_accepted", "num_worker", "max_retries", "output_dir"),
            _CONFIG,
        ),
    ),
    Command(
        "validate",
        "validate",
        "judge existing programs: a file, a directory, recorded answers or records with code",
        (
            "python -m synth .validate path=./generated_programs",
            "python -m synth .validate path=answers.json out=verdicts.jsonl",
        ),
        (
            Param("path", values.path("a .py, .json or .jsonl file, or a directory"), "what to judge"),
            Param("out", values.path("a file", optional=True), "write verdicts and pairs there, one JSON a line"),
            Param("strict", values.flag(), "exit 1 when a program is rejected", False),
            Param("stages", values.words(*_STAGES), "the stages to run", _STAGES),
            *_picked("num_worker", "device_target", "validation_timeout", "max_tensor_bytes", "seed"),
        ),
        positional="path",
    ),
    Command(
        "export",
        "export",
        "write a run's PyTorch-Triton pairs in KernelBook's columns and more",
        ("python -m synth .export format=jsonl out=pairs.jsonl",),
        (
            _RUN_PATH,
            Param("format", values.choice("parquet", "jsonl", "dir"), "the form", "parquet"),
            Param("out", values.path("a path", optional=True), "where to; default <run>/export/pairs.<format>"),
        ),
        positional="path",
    ),
    Command(
        "stats",
        "stats",
        "funnel, reasons, operators and cost of a run",
        ("python -m synth .stats by=operator",),
        (
            _RUN_PATH,
            Param("by", values.choice("all", "stage", "reason", "operator"), "one table in full", "all"),
        ),
        positional="path",
    ),
    Command(
        "operators",
        "operators",
        "the operator catalogue; with a run, success rates too",
        ("python -m synth .operators family=pooling",),
        (
            Param("family", values.text("a family", optional=True), "only this family"),
            Param("set", values.choice("core", "compound", "supporting"), "only this set"),
            Param("path", values.path("a run directory", optional=True), "show success rates of this run"),
        ),
    ),
    Command(
        "doctor",
        "doctor",
        "check this machine: versions, cores, memory, device, outputs, one program through all stages",
        ("python -m synth .doctor",),
        (
            Param("self_test", values.flag(), "start the validators and judge a known program", True),
            *_picked("device_target"),
        ),
    ),
)

COMMANDS: dict[str, Command] = {command.name: command for command in _LISTED}
