"""The judge's side of the pipes to a process that executes what a program says: asks, and believes nothing.

What comes back is data: tensors, numbers, texts.  It is checked for its form here and for its truth by those who asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from validators.conduct.instance import Made, Ran
from validators.loading import Refused
from validators.processes.wire import ClosedError, Codec, UnsuitableError, WireError, receive, send
from validators.verdict import Pair, Reason, Stage, Verdict

MAX_DETAIL = 1000
HELD = "held"  # the first thing the other side says: it runs as it should, and what follows is the program's doing


class LostError(Exception):
    """The process of that role has ended; `early` when it never came to run anything of the program's."""

    def __init__(self, role: str, early: bool) -> None:
        super().__init__(role)
        self.role = role
        self.early = early


class RemoteError(Exception):
    """What was asked for raised an error there; the message describes it."""

    def __init__(self, text: str, out_of_memory: bool) -> None:
        super().__init__(text)
        self.out_of_memory = out_of_memory


class LeftError(Exception):
    """The program asked to end its process; the message is how."""


class Remote:
    """One such process, started when it is first asked.  `limit` is in bytes of tensors in a frame."""

    def __init__(self, role: str, start: Callable[[], None], reader: int, writer: int, limit: int) -> None:
        self._role = role
        self._start = start
        self._reader = reader
        self._writer = writer
        self._limit = limit
        self._codec = Codec()
        self._started = False
        self.cpu_seconds = 0.0  # as it says

    def ask(self, what: str, **arguments: Any) -> Any:
        """The answer.  Raises Refused, RemoteError, LeftError, LostError, WireError."""
        early = not self._started
        try:
            if early:
                self._started = True
                self._start()
                if self._receive()[0] != HELD:
                    raise WireError("something else than a beginning")
                early = False
            blobs: list[memoryview] = []
            encoded = self._codec.encode({"what": what, "arguments": arguments}, blobs)
            send(self._writer, encoded, blobs, self._limit)
            reply, received = self._receive()
            return self._take(reply, received)
        except ClosedError:
            raise LostError(self._role, early) from None
        except UnsuitableError as error:
            raise Refused(Reason.TOO_LARGE, str(error)) from error

    def _receive(self) -> tuple[Any, list[bytearray]]:
        return receive(self._reader, self._limit)

    def _take(self, reply: Any, blobs: list[bytearray]) -> Any:
        if type(reply) is not dict:
            raise WireError("an answer that is no object")
        spent = reply.get("cpu")
        if type(spent) is float and math.isfinite(spent) and spent >= 0:
            self.cpu_seconds += spent
        if "value" in reply:
            return self._codec.decode(reply["value"], blobs)
        try:
            detail = _printable(reply["detail"])
            if "refused" in reply:
                raise Refused(Reason(reply["refused"]), detail)
            if reply["kind"] == "left":
                raise LeftError(detail)
            raise RemoteError(detail, reply["kind"] == "memory")
        except (KeyError, ValueError, TypeError) as error:
            raise WireError("an answer of no known kind") from error

    def stage(self, stage: Stage, **arguments: Any) -> tuple[Verdict, Pair | None]:
        """A stage that is run there.  Raises as `ask` does."""
        found = self.ask("stage", stage=stage.value, **arguments)
        try:
            verdict = Verdict.from_json(found["verdict"])
            pair = None if found["pair"] is None else Pair.from_json(found["pair"])
        except (KeyError, ValueError, TypeError) as error:
            raise WireError(f"{type(error).__name__} in a verdict") from error
        if verdict.stage is not stage:
            raise WireError("a verdict of another stage")
        return verdict, pair


def _printable(text: Any) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(text)[:MAX_DETAIL])


class RemoteInstance:
    """`instance.Instance`, in the program's process."""

    def __init__(self, remote: Remote, filling: int, number: int = 0) -> None:
        self._remote = remote
        self._number = number
        self.filling = filling

    def make(self, seed: int) -> Made:
        """As `Instance.make`."""
        found = self._ask("make", seed=seed)
        state = _mapping(found["state"], str, int)
        return Made(_list(found["inputs"]), state, _whole(found["parameters"]), _mapping(found["notes"], str, str))

    def draw(self, seed: int) -> list[Any]:
        """As `Instance.draw`."""
        return _list(self._ask("draw", seed=seed))

    def run(self, inputs: list[Any], seed: int, recording: bool = False, training: bool = False) -> Ran:
        """As `Instance.run`."""
        found = self._ask("run", inputs=inputs, seed=seed, recording=recording, training=training)
        counts = _mapping(found["counts"], str, int)
        events = [str(event) for event in _list(found["events"])]
        reads = [[_whole(index) for index in _list(event)] for event in _list(found["reads"])]
        return Ran(found["output"], _list(found["inputs"]), _mapping(found["notes"], str, str), counts, events, reads)

    def another(self, filling: int) -> RemoteInstance:
        """As `Instance.another`."""
        return RemoteInstance(self._remote, filling, _whole(self._ask("another", filling=filling)))

    def _ask(self, what: str, **arguments: Any) -> Any:
        return self._remote.ask(what, number=self._number, **arguments)


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise WireError("no list")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise WireError("no whole number")
    return value


def _mapping(value: Any, keys: type, values: type) -> dict[Any, Any]:
    if type(value) is not dict or any(type(k) is not keys or type(v) is not values for k, v in value.items()):
        raise WireError(f"no mapping of {keys.__name__} to {values.__name__}")
    return value
