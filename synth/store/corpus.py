"""The files of a run: kept programs at the top, rejected ones aside, all of them copies of the journal."""

from __future__ import annotations

from synth.files.rundir import RunDir, write_file
from synth.store.attempts import Attempt
from synth.store.journal import Journal
from validators.verdict import SENTENCES


class Corpus:
    """Writes a program's file once its sample's fate is in the journal."""

    def __init__(self, run: RunDir) -> None:
        self._run = run

    def write(self, attempt: Attempt, kept: bool) -> None:
        """The kept program as it is, or the rejected one with its verdict on top."""
        folder = self._run.root if kept else self._run.rejects
        write_file(folder / f"{attempt.name}.py", (attempt.program or "") if kept else rejected_text(attempt))

    def restore(self, journal: Journal) -> None:
        """Writes what the journal knows and the directory lacks."""
        for sample, number, name, kept in journal.fates():
            folder = self._run.root if kept else self._run.rejects
            if not (folder / f"{name}.py").exists():
                attempt = journal.attempt(sample, number)
                if attempt is not None:
                    self.write(attempt, kept)


def rejected_text(attempt: Attempt) -> str:
    """A rejected program under its verdict; without a program, the answer as comments."""
    meaning = SENTENCES[attempt.reason] if attempt.reason else ""
    head = [f"rejected at {attempt.stage}: {attempt.reason}", meaning, *attempt.detail.splitlines()]
    head.append(f"sample {attempt.sample}, attempt {attempt.attempt}, pattern {', '.join(attempt.pattern)}")
    lines = [f"# {line}".rstrip() for line in head if line]
    if attempt.program is not None:
        return "\n".join(lines) + "\n\n" + attempt.program
    lines += ["#", "# the answer:", *(f"# | {line}".rstrip() for line in (attempt.answer or "").splitlines())]
    return "\n".join(lines) + "\n"
