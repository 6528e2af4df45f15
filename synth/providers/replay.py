"""Recorded answers as a provider: record i of the file answers sample i.

The file is JSON (a list) or JSON lines of objects with `pattern` (operator names) and `response` (the
answer's text), such as a saved session with a language model.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from synth.errors import UsageError
from synth.files.records import read_records
from synth.providers.interface import About, Answer, Request


class Replay:
    """Answers from a file.  A second attempt gets no answer: there is only one recorded."""

    def __init__(self, fingerprint: str, records: list[tuple[tuple[str, ...], str]]) -> None:
        self.about = About("replay", fingerprint=fingerprint, patterns=tuple(pattern for pattern, _ in records))
        self._responses = [response for _, response in records]

    @classmethod
    def open(cls, argument: str) -> Replay:
        """Reads and checks the whole file, so that a fault is told before the run starts."""
        if not argument:
            raise UsageError("model_name=replay: name the file of answers, as in replay:answers.json.")
        file = Path(argument).expanduser()
        records = []
        for number, record in enumerate(read_records(file), start=1):
            pattern, response = record.get("pattern"), record.get("response")
            if not isinstance(response, str):
                raise UsageError(f"{file}: record {number} has no text under response.")
            if not isinstance(pattern, list) or not all(isinstance(name, str) for name in pattern):
                raise UsageError(f"{file}: record {number} has no list of operator names under pattern.")
            records.append((tuple(pattern), response))
        digest = blake2b(file.read_bytes(), digest_size=8).hexdigest()
        return cls(digest, records)

    async def answer(self, request: Request) -> Answer:
        """The recorded answer of this sample."""
        if request.attempt > 1:
            return Answer(None, "the recording holds one answer for each sample")
        return Answer(self._responses[request.sample])

    async def aclose(self) -> None:
        """There is nothing to end."""
