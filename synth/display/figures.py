"""The figures of a run, made from its journal."""

from __future__ import annotations

from synth.display.progress import Progress
from synth.display.tally import Tally
from synth.store.journal import Journal


def tally_of(journal: Journal) -> Tally:
    """The figures of everything judged so far."""
    tally = Tally()
    for outcome in journal.outcomes():
        tally.add(outcome.pattern, outcome.verdicts, outcome.stage, outcome.reason, outcome.attempt)
    return tally


def progress_of(journal: Journal) -> Progress:
    """Where a run stands, as its journal tells."""
    meta = journal.meta()
    fates = [kept for _, _, _, kept in journal.fates()]
    progress = Progress(
        total=int(meta.get("total", len(fates))),
        target=meta.get("scope", {}).get("target_accepted"),
        settled=len(fates),
        kept=sum(fates),
        tally=tally_of(journal),
    )
    for judgement in journal.gradient_verdicts():
        progress.gradients.add_judgement((), judgement)
    for call in journal.ledger.calls():
        progress.money.add(call)
    return progress
