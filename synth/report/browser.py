"""The samples whose texts come along with a report: examples of every failure, the rest kept ones evenly over the run.

Texts longer than `LONGEST` are cut, and say so.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from synth.store.attempts import Attempt
from synth.store.journal import Journal
from validators.verdict import SENTENCES, Verdict

LONGEST = 60_000  # characters of one text
_METRICS = 4_000  # characters of one stage's metrics as JSON, beyond which long lists are left out


def samples(journal: Journal, most: int) -> dict[str, Any]:
    """At most `most` judged attempts with their texts, and how many there are that do not come along."""
    kept = {(sample, attempt) for sample, attempt, _, kept in journal.fates() if kept}
    outcomes = list(journal.judged_keys())
    chosen = _choose(outcomes, kept, most)
    rows = []
    for key in sorted(chosen):
        attempt = journal.attempt(*key)
        if attempt is not None and attempt.verdicts is not None:
            rows.append(_sample(attempt, key in kept))
    return {"rows": rows, "left_out": len(outcomes) - len(rows), "of": len(outcomes)}


def _choose(outcomes: list[tuple[int, int, str | None]], kept: set[tuple[int, int]], most: int) -> set[tuple[int, int]]:
    """Rejects take at most half of the places where there are enough of both, each reason its share in turn."""
    passed = [(sample, attempt) for sample, attempt, _ in outcomes if (sample, attempt) in kept]
    rejected = [
        (sample, attempt, reason or "") for sample, attempt, reason in outcomes if (sample, attempt) not in kept
    ]
    turn: Counter[str] = Counter()
    in_turn = []
    for sample, attempt, reason in rejected:
        turn[reason] += 1
        in_turn.append((turn[reason], sample, attempt))
    places = min(len(rejected), max(most // 2, most - len(passed)))
    chosen = {(sample, attempt) for _, sample, attempt in sorted(in_turn)[:places]}
    left = min(len(passed), most - places)
    return chosen | {passed[number * len(passed) // left] for number in range(left)}


def _sample(attempt: Attempt, kept: bool) -> dict[str, Any]:
    pair, origin = attempt.pair, attempt.origin
    evidence = pair.evidence if pair else {}
    source = attempt.program if attempt.program is not None else attempt.answer
    return {
        "sample": attempt.sample,
        "attempt": attempt.attempt,
        "name": attempt.name,
        "outcome": "kept" if kept else "rejected" if attempt.stage else "passed",
        "stage": attempt.stage,
        "reason": attempt.reason,
        "meaning": SENTENCES[attempt.reason] if attempt.reason else "",
        "detail": attempt.detail[:2000],
        "pattern": list(attempt.pattern),
        "provider": origin.provider,
        "model": origin.model or origin.asked,
        "prompt": f"{origin.prompt}@{origin.prompt_version}" if origin.prompt else "",
        "source": _cut(source or ""),
        "is_answer": attempt.program is None,
        "triton": _cut(pair.triton_code if pair else ""),
        "difficulty": evidence.get("labels", {}).get("difficulty"),
        "kernels": _kernels(attempt),
        "facts": {
            "device": evidence.get("device"),
            "extern calls": ", ".join(evidence.get("extern_calls", [])) or None,
            "max error": evidence.get("numerics", {}).get("max_error"),
            "tolerance used": evidence.get("numerics", {}).get("tolerance_used"),
            "roofline µs": evidence.get("labels", {}).get("roofline_us"),
        },
        "verdicts": [_verdict(verdict) for verdict in attempt.verdicts or ()],
    }


def _kernels(attempt: Attempt) -> list[dict[str, Any]]:
    pair = attempt.pair
    if pair is None:
        return []
    labels = pair.evidence.get("labels", {}).get("kernels", {})
    compiled = pair.evidence.get("compiled", {}).get(pair.device_target, {})
    return [
        {
            "name": name,
            "kind": labels.get(name, {}).get("kind", ""),
            "operators": ", ".join(labels.get(name, {}).get("operators", [])),
            **{key: compiled.get(name, {}).get(key) for key in ("registers", "spill_bytes", "occupancy")},
        }
        for name in pair.kernels
    ]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    metrics = {
        key: value
        if len(str(value)) <= _METRICS
        else f"({len(value)} items)"
        if isinstance(value, list | dict)
        else "..."
        for key, value in verdict.metrics.items()
    }
    return {
        "stage": verdict.stage,
        "ok": verdict.ok,
        "reason": verdict.reason,
        "cpu": round(verdict.cpu_seconds, 4),
        "tier": verdict.tier,
        "metrics": metrics,
    }


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n# ... {len(text) - LONGEST:,} more characters are left out of this report\n"
