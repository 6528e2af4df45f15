"""One file per command.  `COMMANDS` says what each takes; the code behind it is imported when it is called."""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any

from synth import values
from synth.config import RULES, RunConfig
from synth.dataset.splits import DEFAULT_SHARES, SPLITS
from synth.dedup.limits import Limits
from synth.mock_server import Behaviour


@dataclass(frozen=True)
class Param:
    """One key of a command."""

    name: str
    rule: values.Rule
    doc: str
    default: Any = None
    required: bool = False


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
    #: whether there may be several bare words, which make a list
    several: bool = False

    def call(self, given: dict[str, Any]) -> int:
        """Runs the command with checked values; the exit code."""
        return int(import_module(f"synth.commands.{self.module}").run(given))


_RUN_PARAMS = tuple(
    Param(f.name, f.metadata["rule"], f.metadata["doc"], getattr(RunConfig, f.name)) for f in fields(RunConfig)
)
_CONFIG = Param("config", values.path("a TOML file", optional=True), "a TOML file of these keys; overrides win")
_RUN_PATH = Param("path", values.path("a run directory", optional=True), "the run; default the newest in outputs/")
_TABLES = ("all", "stage", "reason", "operator", "breadth")
_SORTED_BY = ("provider", "model", "prompt", "pattern_size")
_PROOFS = ("compiled", "numerics")
_STAGES = ("contract", "similarity", "shapes", "eager", "graph", "triton", *_PROOFS)
_JUDGING = (
    *("num_worker", "templates", "device_target", "prove", "validation_timeout", "max_tensor_bytes"),
    *("fingerprints", "benchmark_containment", "allow_unsafe"),
)


_FORMAT = Param("format", values.choice("parquet", "jsonl", "dir"), "the form", "parquet")
_DEDUP = (
    Param(
        "dedup",
        values.flag(),
        "leave out duplicates and what is too much of the same: pairs of equal texts, sources or graphs are one pair",
        True,
    ),
    Param(
        "near_duplicate_jaccard",
        values.real(0.5, 1),
        "programs are near-duplicates where so large a share of their token 5-grams is common, numbers and names aside;"
        " one of a cluster is kept",
        Limits.near_duplicate_jaccard,
    ),
    Param(
        "graph_cap",
        values.whole(1, optional=True),
        "pairs to keep of one loose ATen graph (shapes and constants differ)",
        Limits.graph_cap,
    ),
    Param(
        "operators_cap",
        values.whole(1, optional=True),
        "pairs to keep of one multiset of ATen operators",
        Limits.operators_cap,
    ),
    Param(
        "triton_cap",
        values.whole(1, optional=True),
        "kept pairs with a near-duplicate Triton text, from which on a pair is left out",
        Limits.triton_cap,
    ),
)


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
            "python -m synth .parallel model_name=[gemini:0.7,builtin:0.3] repair_model=builtin max_cost=5",
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
            *_all_but("num_total_samples", "target_accepted", "num_worker", "output_dir", "mode", "batch_size"),
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
            Param("path", values.path("a .py, .json or .jsonl file, or a directory"), "what to judge", required=True),
            Param("out", values.path("a file", optional=True), "write verdicts and pairs there, one JSON a line"),
            Param("strict", values.flag(), "exit 1 when a program is rejected", False),
            Param("stages", values.words(*_STAGES), "the stages to run, whatever prove says", _STAGES),
            *_picked("seed", *_JUDGING),
        ),
        positional="path",
    ),
    Command(
        "export",
        "export",
        "write a run's PyTorch-Triton pairs in KernelBook's columns and more",
        (
            "python -m synth .export path=outputs/RUN out=./dataset splits=[0.9,0.05,0.05]",
            "python -m synth .export format=jsonl out=pairs.jsonl",
        ),
        (
            _RUN_PATH,
            Param(
                "format",
                values.choice("parquet", "jsonl", "dir"),
                "the form; parquet: a dataset folder with splits and a card, or one file where out ends in .parquet",
                "parquet",
            ),
            Param(
                "out", values.path("a path", optional=True), "where to; default <run>/export/dataset, or pairs.<format>"
            ),
            Param(
                "splits",
                values.shares(*SPLITS),
                "shares of a dataset folder's splits; what has one graph stays in one split",
                DEFAULT_SHARES,
            ),
            Param(
                "push",
                values.repository(),
                "upload the dataset folder to the Hugging Face hub (token: HF_TOKEN or login); none: nothing leaves",
            ),
            Param("private", values.flag(), "with push: a repository that is made now is private", True),
            *_DEDUP,
        ),
        positional="path",
    ),
    Command(
        "merge",
        "merge",
        "put exports and runs together, duplicates left out; the same bytes whatever their order",
        (
            "python -m synth .merge outputs/a outputs/b out=corpus",
            "python -m synth .merge path=[a.parquet,b.jsonl,kernelbook.parquet] out=all.parquet graph_cap=none",
        ),
        (
            Param(
                "path",
                values.files("a run, an export or a directory of exports"),
                "what to put together",
                required=True,
            ),
            _FORMAT,
            Param("out", values.path("a file, or a directory for pairs.<format>"), "where to", required=True),
            *_DEDUP,
        ),
        positional="path",
        several=True,
    ),
    Command(
        "stats",
        "stats",
        "funnel, reasons, operators and cost of a run",
        (
            *("python -m synth .stats by=operator", "python -m synth .stats by=prompt,model,pattern_size"),
            "python -m synth .stats by=breadth",
        ),
        (
            _RUN_PATH,
            Param("by", values.words(*_TABLES, *_SORTED_BY), "tables in full, and what to sort samples by", ("all",)),
        ),
        positional="path",
    ),
    Command(
        "report",
        "report",
        "a run as one HTML file: funnel, yield, coverage, evidence, cost, failures, samples beside their Triton",
        ("python -m synth .report path=outputs/RUN out=report.html",),
        (
            _RUN_PATH,
            Param("out", values.path("a file", optional=True), "where to; default <run>/report.html"),
            Param(
                "samples",
                values.whole(0, 100_000),
                "attempts whose texts come along; the page tells how many do not",
                200,
            ),
        ),
        positional="path",
    ),
    Command(
        "revalidate",
        "revalidate",
        "judge a run's answers again, without a request: new validators, another torch, another device",
        ("python -m synth .revalidate path=outputs/RUN device_target=sm_90",),
        (
            _RUN_PATH,
            *_picked("output_dir", "backward", *_JUDGING),
        ),
        positional="path",
    ),
    Command(
        "verify",
        "verify",
        "prove pairs row by row from their texts: an export, a run, or someone else's dataset",
        (
            "python -m synth .verify path=pairs.parquet",
            "python -m synth .verify path=kernelbook.parquet limit=200 out=proofs.jsonl",
            "python -m synth .verify path=outputs/RUN device_target=[sm_90,gfx942] stages=[compiled]",
        ),
        (
            Param(
                "path",
                values.path("a .parquet, .jsonl or .json file, or a directory"),
                "rows with python_code, triton_code and entry_point; an export, a folder of such files, or a run",
                required=True,
            ),
            Param("out", values.path("a file", optional=True), "write what became of each pair there, one JSON a line"),
            Param("limit", values.whole(1, optional=True), "only the first so many rows"),
            Param("stages", values.words(*_PROOFS), "the proofs to make", _PROOFS),
            Param(
                "device_target",
                RULES["device_target"],
                "what to compile the kernels for; default what each row says, sm_80 where it says nothing",
            ),
            *_picked("seed", "num_worker", "validation_timeout", "max_tensor_bytes", "allow_unsafe"),
        ),
        positional="path",
    ),
    Command(
        "fingerprint",
        "fingerprint",
        "hashes of a benchmark's problems, by which runs keep it out of the corpus",
        (
            "python -m synth .fingerprint path=robust-kbench/tasks out=robust-kbench.json",
            "python -m synth .parallel fingerprints=[robust-kbench.json,mine.json]",
        ),
        (
            Param(
                "path",
                values.path("a .py or .jsonl file, or a directory"),
                "programs in KernelBench's form",
                required=True,
            ),
            Param("out", values.path("a file", optional=True), "default <benchmark>.fingerprints.json"),
            Param("benchmark", values.text("a name", optional=True), "what findings call it; default the path's name"),
            Param(
                "unrelated",
                values.path("a .py or .jsonl file, or a directory", optional=True),
                "programs without the benchmark; problems that are a part of one are told by equality only",
            ),
            Param("about", values.text("a text", optional=True), "written into the file: source, commit, licence"),
            *_picked("num_worker", "validation_timeout", "max_tensor_bytes", "allow_unsafe"),
        ),
        positional="path",
    ),
    Command(
        "estimate",
        "estimate",
        "what a run would cost, take and yield, told from a small pilot of it",
        ("python -m synth .estimate model_name=openai num_total_samples=5000 pilot=20",),
        (Param("pilot", values.whole(1, 10000), "samples to try", 20), *_RUN_PARAMS, _CONFIG),
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
            *_picked("templates", "device_target", "prove"),
        ),
    ),
    Command(
        "mock_server",
        "mock_server",
        "a server that speaks the OpenAI and Gemini protocols, with faults on demand",
        (
            "python -m synth .mock_server port=8000 latency=lognormal:2:0.5 reset_rate=0.01",
            "python -m synth .mock_server requests_per_second=[[0,5],[10,1],[30,5]] hint=[retry-after,retry-info]",
            "python -m synth .mock_server answers=text:6000 max_in_flight=500 key=sk-1 models=[gpt-5,gemini-3]",
            "python -m synth .mock_server latency=1 slots=8",
        ),
        (
            Param("port", values.whole(0, 65535), "of 127.0.0.1; 0 takes a free one; the address is printed", 0),
            *(Param(f.name, f.metadata["rule"], f.metadata["doc"], f.default) for f in fields(Behaviour)),
        ),
    ),
)

COMMANDS: dict[str, Command] = {command.name: command for command in _LISTED}
