"""What runs in a process that executes what a program says: it answers the judge's questions and decides nothing.

A process of role `program` executes the program, one of role `text` the emitted Triton text and nothing of the program.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from validators.conduct.instance import Instance
from validators.errors import describe, is_out_of_memory
from validators.loading import Loaded, Refused, load
from validators.processes.remote import HELD
from validators.processes.wire import ClosedError, Codec, UnsuitableError, WireError, receive, send
from validators.verdict import Program, Settings, Stage


class ProgramSide:
    """Answers about a program, by executing it."""

    def __init__(self, program: Program, settings: Settings, triton_code: str) -> None:
        self._program = program
        self._settings = settings
        self._triton_code = triton_code
        self._instances: list[Instance] = []
        self._loaded: Loaded | None = None
        self._prover: Any = None

    def _imported(self) -> Loaded:
        if self._loaded is None:
            self._loaded = load(self._program)
        return self._loaded

    def stage(self, stage: str) -> dict[str, Any]:
        """A stage whose verdict is this process's to give."""
        which, settings = Stage(stage), self._settings
        pair = None
        if which is Stage.SHAPES:
            from validators import shapes

            verdict = shapes.check(self._imported(), settings)
        else:
            from validators import codegen

            verdict, pair = codegen.check(self._imported(), self._program, settings)
        return {"verdict": _plain(verdict.to_json()), "pair": None if pair is None else _plain(pair.to_json())}

    def graph(self) -> dict[str, Any]:
        """`graph.told`."""
        from validators import graph

        return graph.told(self._imported().again())

    def _instance(self, number: int) -> Instance:
        if not self._instances:
            self._instances.append(Instance(self._imported(), filling=0))
        return self._instances[number]

    def make(self, number: int, seed: int) -> dict[str, Any]:
        """`Instance.make`."""
        return vars(self._instance(number).make(seed))

    def draw(self, number: int, seed: int) -> list[Any]:
        """`Instance.draw`."""
        return self._instance(number).draw(seed)

    def run(self, number: int, inputs: list[Any], seed: int, recording: bool, training: bool) -> dict[str, Any]:
        """`Instance.run`."""
        return vars(self._instance(number).run(inputs, seed, recording, training))

    def another(self, number: int, filling: int) -> int:
        """`Instance.another`; its number."""
        self._instances.append(self._instance(number).another(filling))
        return len(self._instances) - 1

    def outline(self) -> dict[str, Any]:
        """`standing_in.outline`."""
        from validators.proof.standing_in import outline

        return outline(self._imported())

    def describe(self, seed: int) -> dict[str, Any]:
        """`EagerSide.describe`."""
        from validators.proof.sides import EagerSide

        self._prover = EagerSide(self._imported())
        return self._prover.describe(seed)

    def given(self, seed: int) -> list[Any]:
        """`EagerSide.given`."""
        return self._prover.given(seed)

    def eager(self, **draw: Any) -> Any:
        """`EagerSide.eager`."""
        return self._prover.eager(**draw)

    def double(self, **draw: Any) -> Any:
        """`EagerSide.double`."""
        return self._prover.double(**draw)

    def strides(self) -> Any:
        """`EagerSide.strides`."""
        return self._prover.strides()


class TextSide:
    """Answers about an emitted text, by executing it."""

    def __init__(self, entry_point: str, settings: Settings, triton_code: str) -> None:
        self._entry_point = entry_point
        self._settings = settings
        self._triton_code = triton_code

    def compile(self, told: dict[str, Any], triton_code: str) -> dict[str, Any]:
        """`cubin.compile_text` for all targets."""
        from validators.proof import cubin
        from validators.proof.standing_in import stand_in

        targets = self._settings.device_targets
        found = cubin.compile_or_refuse(triton_code, stand_in(self._entry_point, told), targets)
        return {target: {name: asdict(kernel) for name, kernel in kernels.items()} for target, kernels in found.items()}

    def begin(self, told: dict[str, Any], seed: int) -> str:
        """Make what `prove` runs, an `EmittedSide` or `LaunchedSide`; what it runs on."""
        from validators.proof.standing_in import stand_in

        program = stand_in(self._entry_point, told)
        if Stage.LAUNCH in self._settings.stages:
            from validators.launch import LaunchedSide

            self._emitted: Any = LaunchedSide(program, self._triton_code, seed)
        else:
            from validators.proof.interpreter.memory import LANES_A_SECOND
            from validators.proof.sides import EmittedSide

            lanes = int(self._settings.validation_timeout * LANES_A_SECOND)
            self._emitted = EmittedSide(program, self._triton_code, seed, lanes)
        return str(self._emitted.by)

    def prove(self, **draw: Any) -> dict[str, Any]:
        """`EmittedSide.prove` or `LaunchedSide.prove`."""
        return self._emitted.prove(**draw)


class Here:
    """A side that is asked in this process: for benchmarks and tests, whose programs and texts are their own."""

    def __init__(self, side: Any) -> None:
        self._side = side

    def ask(self, what: str, **arguments: Any) -> Any:
        """The answer."""
        return getattr(self._side, what)(**arguments)


def in_this_process(program: Program, settings: Settings, triton_code: str) -> tuple[Here, Here]:
    """Both sides of a pair."""
    text_side = TextSide(program.entry_point, settings, triton_code)
    return Here(ProgramSide(program, settings, triton_code)), Here(text_side)


def _plain(value: Any) -> Any:
    """Enumerations as their values, containers as the plainest of their kind."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def serve(make_side: Callable[[], Any], reader: int, writer: int, limit: int) -> None:
    """Answer until the judge has no more questions."""
    send(writer, HELD, [], limit)
    codec = Codec()
    side = make_side()
    while True:
        try:
            request, received = receive(reader, limit)
        except (ClosedError, WireError):
            return
        before = _cpu_seconds()
        blobs: list[memoryview] = []
        try:
            asked = codec.decode(request, received)
            reply = {"value": codec.encode(getattr(side, asked["what"])(**asked["arguments"]), blobs)}
        except Refused as refused:
            reply = {"refused": refused.reason.value, "detail": refused.detail}
        except UnsuitableError as error:
            reply = {"refused": "bad_output", "detail": str(error)}
        except Exception as error:
            reply = {"kind": "memory" if is_out_of_memory(error) else "error", "detail": describe(error)}
        except BaseException as error:  # SystemExit and its like
            reply = {"kind": "left", "detail": type(error).__name__}
        if "value" not in reply:
            blobs = []
        _answer(writer, reply | {"cpu": _cpu_seconds() - before}, blobs, limit)


def _answer(writer: int, reply: dict[str, Any], blobs: list[memoryview], limit: int) -> None:
    try:
        send(writer, reply, blobs, limit)
    except UnsuitableError as error:
        send(writer, {"refused": "too_large", "detail": str(error), "cpu": reply["cpu"]}, [], limit)


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
