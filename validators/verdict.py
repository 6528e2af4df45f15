"""What a judgement is made of: programs, stages, reasons, verdicts, pairs.

This file is torch-free, so that the product process can import it.  `Reason` is the closed list of why a
program can be turned down; each value carries the sentence that the documentation and `.stats` print.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """Where a program can fail, in the order in which a sample meets them."""

    ANSWER = "answer"  # the provider answered and the answer holds a program
    CONTRACT = "contract"  # syntax, entry point, get_inputs, get_init_inputs
    SIMILARITY = "similarity"  # not a benchmark problem, not one we have already
    SHAPES = "shapes"  # fake tensors: shapes, dtypes, memory
    EAGER = "eager"  # a real run on CPU
    GRAPH = "graph"  # the ATen graph: no benchmark in it, not one we have already
    TRITON = "triton"  # Inductor's Triton code for the device target
    COMPILED = "compiled"  # every kernel to PTX and cubin for the device target
    NUMERICS = "numerics"  # the emitted module in Triton's interpreter against eager
    LAUNCH = "launch"  # the emitted module on the machine's CUDA device, where it has one of the target's kind


class Reason(StrEnum):
    """Why a program was turned down.  `SENTENCES[reason]` says it to people."""

    @classmethod
    def _missing_(cls, value: object) -> Reason | None:
        # Journals of formats 1 to 3 name the one benchmark that they knew.
        name = str(value)
        return cls(name.replace("kernelbench_", "benchmark_")) if name.startswith("kernelbench_") else None

    # answer
    NO_ANSWER = "no_answer"
    NO_CODE = "no_code"
    TRUNCATED = "truncated"
    BLOCKED = "blocked"
    CONTEXT_TOO_LONG = "context_too_long"
    # contract
    NOT_TEXT = "not_text"
    SYNTAX_ERROR = "syntax_error"
    NO_ENTRY_POINT = "no_entry_point"
    AMBIGUOUS_ENTRY_POINT = "ambiguous_entry_point"
    NO_FORWARD = "no_forward"
    NO_GET_INPUTS = "no_get_inputs"
    NO_GET_INIT_INPUTS = "no_get_init_inputs"
    # similarity
    BENCHMARK_SOURCE = "benchmark_source"
    BENCHMARK_NAME = "benchmark_name"
    BENCHMARK_SIGNATURE = "benchmark_signature"
    DUPLICATE_SOURCE = "duplicate_source"
    DUPLICATE_SIGNATURE = "duplicate_signature"
    # shapes and eager: the program's own failures
    IMPORT_ERROR = "import_error"
    INIT_ERROR = "init_error"
    INPUTS_ERROR = "inputs_error"
    BAD_INPUTS = "bad_inputs"
    SHAPE_ERROR = "shape_error"
    FORWARD_ERROR = "forward_error"
    TOO_LARGE = "too_large"
    BAD_OUTPUT = "bad_output"
    # eager: what a run shows
    NON_FINITE = "non_finite"
    NONDETERMINISTIC = "nondeterministic"
    IGNORES_INPUTS = "ignores_inputs"
    MUTATES_INPUTS = "mutates_inputs"
    CONSTANT_OUTPUT = "constant_output"
    RETURNS_INPUT = "returns_input"
    UNINITIALIZED_MEMORY = "uninitialized_memory"
    HIDDEN_STATE = "hidden_state"
    TRAINING_ONLY = "training_only"
    TENSOR_SUBCLASS = "tensor_subclass"
    ASKS_FOR_COMPILER = "asks_for_compiler"
    EVADES_COMPILER = "evades_compiler"
    REPLACES_FUNCTIONS = "replaces_functions"
    MISSING_OPERATORS = "missing_operators"
    # graph
    BENCHMARK_GRAPH = "benchmark_graph"
    BENCHMARK_PART = "benchmark_part"
    BENCHMARK_BEHAVIOUR = "benchmark_behaviour"
    NOT_FINGERPRINTED = "not_fingerprinted"
    DUPLICATE_GRAPH = "duplicate_graph"
    # triton
    GRAPH_BREAK = "graph_break"
    DATA_DEPENDENT_SHAPE = "data_dependent_shape"
    COMPILE_ERROR = "compile_error"
    NO_TRITON_KERNEL = "no_triton_kernel"
    EXTERN_KERNEL_LEFT = "extern_kernel_left"
    UNBOUND_ARGUMENT = "unbound_argument"
    UNSUPPORTED_FORM = "unsupported_form"
    # compiled and numerics
    KERNEL_REJECTED = "kernel_rejected"
    NUMERIC_ERROR = "numeric_error"
    NUMERIC_MISMATCH = "numeric_mismatch"
    NOT_DISCRIMINATIVE = "not_discriminative"
    NOT_INTERPRETED = "not_interpreted"
    # launch
    LAUNCH_ERROR = "launch_error"
    LAUNCH_MISMATCH = "launch_mismatch"
    # any stage that runs the program
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    TOO_MANY_PROCESSES = "too_many_processes"
    TOO_MANY_FILES = "too_many_files"
    CRASHED = "crashed"
    EXITED = "exited"
    PROTOCOL_VIOLATION = "protocol_violation"


SENTENCES: dict[Reason, str] = {
    Reason.NO_ANSWER: "The provider gave no answer.",
    Reason.NO_CODE: "The answer holds no Python code block that defines a module.",
    Reason.TRUNCATED: "The answer reached max_output_tokens before its program ended.",
    Reason.BLOCKED: "The provider refused to answer.",
    Reason.CONTEXT_TOO_LONG: "The conversation is longer than the model can read.",
    Reason.NOT_TEXT: "The file is not UTF-8 text.",
    Reason.SYNTAX_ERROR: "The program is not valid Python.",
    Reason.NO_ENTRY_POINT: "The program defines no nn.Module class that could be its entry point.",
    Reason.AMBIGUOUS_ENTRY_POINT: "Several classes could be the entry point and none has the expected name.",
    Reason.NO_FORWARD: "The entry point defines no forward method.",
    Reason.NO_GET_INPUTS: "The program defines no get_inputs() function.",
    Reason.NO_GET_INIT_INPUTS: "The program defines no get_init_inputs() function.",
    Reason.BENCHMARK_SOURCE: "The program holds a benchmark problem's code, names and constants aside.",
    Reason.BENCHMARK_NAME: "The program loads a model that a benchmark problem is made of.",
    Reason.BENCHMARK_SIGNATURE: "The program was asked for the operators of a benchmark problem, in its order.",
    Reason.DUPLICATE_SOURCE: "An earlier sample has the same source, names and formatting aside.",
    Reason.DUPLICATE_SIGNATURE: "An earlier sample ran the same operators in the same order on the same shapes.",
    Reason.IMPORT_ERROR: "Importing the program raised an error.",
    Reason.INIT_ERROR: "Constructing the module raised an error.",
    Reason.INPUTS_ERROR: "get_inputs() or get_init_inputs() raised an error.",
    Reason.BAD_INPUTS: "get_inputs() or get_init_inputs() returned something the contract does not allow.",
    Reason.SHAPE_ERROR: "The forward pass does not fit its shapes or dtypes.",
    Reason.FORWARD_ERROR: "The forward pass raised an error.",
    Reason.TOO_LARGE: "The program's tensors would need more than max_tensor_bytes.",
    Reason.BAD_OUTPUT: "The output holds no tensor, or something that is neither tensor, number nor container.",
    Reason.NON_FINITE: "The output holds NaN or infinity.",
    Reason.NONDETERMINISTIC: "Two runs from the same seed gave different outputs.",
    Reason.IGNORES_INPUTS: "The output does not change when the inputs do.",
    Reason.MUTATES_INPUTS: "The forward pass changes its inputs in place.",
    Reason.CONSTANT_OUTPUT: "All elements of the output are one number, whatever the inputs.",
    Reason.RETURNS_INPUT: "The output is an input, or a view of one: nothing was computed.",
    Reason.UNINITIALIZED_MEMORY: "The result depends on memory that was never written to.",
    Reason.HIDDEN_STATE: "The output depends on earlier calls, or a call changes parameters, buffers or the seed.",
    Reason.TRAINING_ONLY: "In eval mode the module still trains, or leaves out operators that it runs in training.",
    Reason.TENSOR_SUBCLASS: "An input, parameter, output or intermediate value is a tensor of a class of its own.",
    Reason.ASKS_FOR_COMPILER: "The program asks whether it is being compiled.",
    Reason.EVADES_COMPILER: "The program keeps part of itself from the compiler, or changes the compiler's settings.",
    Reason.REPLACES_FUNCTIONS: "The program puts functions of its own in the place of others.",
    Reason.MISSING_OPERATORS: "An operator of the pattern was never executed.",
    Reason.BENCHMARK_GRAPH: "The program's ATen graph is a benchmark problem's, shapes and constants aside.",
    Reason.BENCHMARK_PART: "A benchmark problem's ATen graph is part of the program's.",
    Reason.BENCHMARK_BEHAVIOUR: "On the same inputs the program computes what a benchmark problem does.",
    Reason.NOT_FINGERPRINTED: "The program's ATen graph cannot be taken, so nobody knows whether a benchmark is in it.",
    Reason.DUPLICATE_GRAPH: "An earlier sample has the same ATen graph, shapes and constants included.",
    Reason.GRAPH_BREAK: "torch.compile cannot capture the forward pass as one graph.",
    Reason.DATA_DEPENDENT_SHAPE: "The shape of an output depends on the values of the inputs.",
    Reason.COMPILE_ERROR: "Inductor raised an error.",
    Reason.NO_TRITON_KERNEL: "Inductor's code for the device target holds no Triton kernel.",
    Reason.EXTERN_KERNEL_LEFT: "With templates=triton, part of the program is still a call to a library kernel.",
    Reason.UNBOUND_ARGUMENT: "A tensor the kernels need cannot be named from the module and its inputs.",
    Reason.UNSUPPORTED_FORM: "The class is written in a form that cannot be carried over to the Triton side.",
    Reason.KERNEL_REJECTED: "Triton or ptxas does not compile one of the kernels for the device target.",
    Reason.NUMERIC_ERROR: "The emitted Triton module raised an error in the interpreter.",
    Reason.NUMERIC_MISMATCH: "The emitted Triton module and eager disagree in the interpreter.",
    Reason.NOT_DISCRIMINATIVE: "A wrong output would pass the comparison, so a right one proves nothing.",
    Reason.NOT_INTERPRETED: "The interpreter cannot run one of the kernels; the detail says which part.",
    Reason.LAUNCH_ERROR: "The emitted Triton module raised an error on the device.",
    Reason.LAUNCH_MISMATCH: "The emitted Triton module and eager disagree on the device.",
    Reason.TIMEOUT: "The program ran past validation_timeout.",
    Reason.OUT_OF_MEMORY: "The program ran into its memory limit.",
    Reason.TOO_MANY_PROCESSES: "The program started more processes than it may have.",
    Reason.TOO_MANY_FILES: "The program wrote more files, or more bytes, than it may.",
    Reason.CRASHED: "The program's process died of a signal.",
    Reason.EXITED: "The program ended its process.",
    Reason.PROTOCOL_VIOLATION: "The program's process sent something that is no verdict.",
}


@dataclass(frozen=True)
class Program:
    """One candidate: its text, the class to build, and the operators it was asked to use (may be empty)."""

    source: str
    entry_point: str
    pattern: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One stage's word on one program.

    `metrics` is JSON data; `cpu_seconds` is user + system time; `tier` is how the program was held
    (`containment.layers.Tier`), empty where none was run.
    """

    stage: Stage
    ok: bool
    reason: Reason | None = None
    detail: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    tier: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data for the journal and the pipe."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdict:
        """The inverse of `to_json`.  Raises KeyError, TypeError or ValueError on anything else."""
        reason = data["reason"]
        return cls(
            stage=Stage(data["stage"]),
            ok=bool(data["ok"]),
            reason=None if reason is None else Reason(reason),
            detail=str(data["detail"]),
            metrics=dict(data["metrics"]),
            cpu_seconds=float(data["cpu_seconds"]),
            tier=str(data.get("tier", "")),
        )


@dataclass(frozen=True)
class Pair:
    """A program's Triton side.

    `triton_code` is one self-contained module with class `<entry_point>New`; `original_triton_code` is the
    text as Inductor wrote it.  `evidence` is JSON data and depends only on program, settings and versions.
    """

    triton_code: str
    original_triton_code: str
    kernels: tuple[str, ...]
    device_target: str
    evidence: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the journal and the pipe."""
        return asdict(self) | {"kernels": list(self.kernels)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Pair:
        """The inverse of `to_json`.  Raises KeyError or TypeError on anything else."""
        return cls(
            triton_code=str(data["triton_code"]),
            original_triton_code=str(data["original_triton_code"]),
            kernels=tuple(str(k) for k in data["kernels"]),
            device_target=str(data["device_target"]),
            evidence=dict(data["evidence"]),
        )


@dataclass(frozen=True)
class Judgement:
    """All verdicts on one program, in stage order; the pair if every stage passed."""

    verdicts: tuple[Verdict, ...]
    pair: Pair | None = None

    @property
    def accepted(self) -> bool:
        """True when every stage passed and there is a pair to keep."""
        return self.pair is not None and all(v.ok for v in self.verdicts)

    @property
    def failure(self) -> Verdict | None:
        """The verdict that turned the program down, if one did."""
        return next((v for v in self.verdicts if not v.ok), None)


@dataclass(frozen=True)
class Settings:
    """What the validators need to know of a run; part of a sample's identity, but for `allow_unsafe`."""

    device_target: str = "sm_80"  # what Triton code is written for
    further_targets: tuple[str, ...] = ()  # what its kernels are compiled for besides
    #: CPU seconds all stages of one program may take; WALL_FACTOR times as many wall seconds
    validation_timeout: float = 120.0
    max_tensor_bytes: int = 2 << 30  # bytes of tensors alive at once in a forward pass
    seed: int = 0
    allow_unsafe: bool = False  # judge where nothing holds programs back; the one thing here that changes no verdict
    fingerprints: tuple[str, ...] = ()  # files of fingerprints, beside the one that comes along
    benchmark_containment: float = 0.8  # the share of a benchmark problem from which on a program is turned down
    templates: str = "auto"  # auto, triton or extern: how GEMMs and convolutions are written
    stages: tuple[Stage, ...] = (
        Stage.CONTRACT,
        Stage.SIMILARITY,
        Stage.SHAPES,
        Stage.EAGER,
        Stage.GRAPH,
        Stage.TRITON,
        Stage.COMPILED,
        Stage.NUMERICS,
    )

    @property
    def device_targets(self) -> tuple[str, ...]:
        """All targets that kernels are compiled for, the one that they are written for first."""
        return (self.device_target, *self.further_targets)


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Plain data, for a command line."""
    return asdict(settings) | {"stages": list(settings.stages)}


def settings_from_json(data: dict[str, Any]) -> Settings:
    """The inverse of `settings_to_json`."""
    stages = tuple(Stage(stage) for stage in data["stages"])
    several = {key: tuple(data[key]) for key in ("further_targets", "fingerprints")}
    return Settings(**(data | {"stages": stages} | several))


def reasons_table() -> str:
    """The reasons as a Markdown page; `python -m validators.verdict` prints it."""
    rows = [f"| `{reason}` | {SENTENCES[reason]} |" for reason in Reason]
    head = ["# Why a program is turned down", "", "| reason | meaning |", "|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    print(reasons_table(), end="")
