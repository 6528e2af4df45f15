"""Stage SIMILARITY: is a benchmark's source in the program?  Torch-free, nothing is executed.

The comparison is `contamination.sources`.  Whether a sample repeats an earlier one of the same run is decided when the
run settles (`synth/`), from the `source_hash` this stage reports.
"""

from __future__ import annotations

from validators.contamination import packs, sources
from validators.normalize import source_hash
from validators.verdict import Program, Reason, Settings, Stage, Verdict

REVIEW = 0.5  # share of a problem's n-grams from which on it is told, though nothing is turned down for it

_REASONS = {
    "T0 source": Reason.BENCHMARK_SOURCE,
    "T0 grams": Reason.BENCHMARK_SOURCE,
    "T0 text": Reason.BENCHMARK_SOURCE,
    "T0 name": Reason.BENCHMARK_NAME,
    "T0 signature": Reason.BENCHMARK_SIGNATURE,
}


def check(program: Program, settings: Settings) -> Verdict:
    """Judge `program`.

    Metrics: `source_hash`, the normal form with constants, for finding duplicates; `contamination`, a list of findings.
    Raises packs.PackError.
    """
    known = packs.load(settings.fingerprints)
    share = settings.benchmark_containment
    findings = sources.check(program.source, program.entry_point, program.pattern, known, min(REVIEW, share))
    metrics = {
        "source_hash": source_hash(program.source, program.entry_point),
        "contamination": [finding.to_json() for finding in findings],
    }
    for finding in findings:
        if finding.tier != "T0 grams" or finding.score >= share:
            return Verdict(Stage.SIMILARITY, False, _REASONS[finding.tier], str(finding), metrics)
    return Verdict(Stage.SIMILARITY, True, metrics=metrics)
