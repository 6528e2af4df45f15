"""What runs in a process that executes what a program says: it answers the judge's questions and decides nothing.

A process of role `program` executes the program, one of role `text` the emitted Triton text and nothing of the program.
"""

from __future__ import annotations

import resource
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from validators.errors import describe, is_out_of_memory
from validators.instance import Instance
from validators.loading import Loaded, Refused, load
from validators.remote import HELD
from validators.verdict import Pair, Program, Settings, Stage
from validators.wire import ClosedError, Codec, UnsuitableError, WireError, receive, send


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
        elif which is Stage.LAUNCH:
            from validators import launch

            verdict = launch.check(self._imported(), self._triton_code, settings)
        else:
            from validators import codegen

            verdict, pair = codegen.check(self._imported(), self._program, settings)
        return {"verdict": _plain(verdict.to_json()), "pair": None if pair is None else _plain(pair.to_json())}

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

    def describe(self, seeds: list[int]) -> dict[str, Any]:
        """`EagerSide.describe`."""
        from validators.proof_sides import EagerSide

        self._prover = EagerSide(self._imported())
        return self._prover.describe(seeds)

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

    def stage(self, stage: str, pair: dict[str, Any]) -> dict[str, Any]:
        """COMPILED."""
        from validators import cubin

        verdict, proved = cubin.check(Pair.from_json(pair), self._settings)
        return {"verdict": _plain(verdict.to_json()), "pair": _plain(proved.to_json())}

    def prove(self, told: dict[str, Any], draws: list[dict[str, Any]]) -> Any:
        """`proof_sides.run_text`, on a stand-in for the program that knows only what the judge was told."""
        from validators.proof_sides import run_text

        namespace = types.ModuleType("synth_told")
        vars(namespace).update(told["tensors"])
        stand_in = _Told(namespace, self._entry_point, args=tuple(told["args"]), kwargs=told["kwargs"])
        return run_text(stand_in, self._triton_code, draws)


@dataclass(frozen=True)
class _Told(Loaded):
    """Constructor arguments and global tensors of a program, without the program."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def init_inputs(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """As the program's process reported them."""
        return self.args, dict(self.kwargs)


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
