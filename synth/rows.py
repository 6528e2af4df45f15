"""A run's pairs as rows: KernelBook's columns first, then ours.

Rows depend on configuration, seed and versions only: no times, no paths, no hosts.  So an export of a run that
was killed and resumed is byte for byte that of one that was not.

`evidence` holds everything that is known of a pair as JSON; the columns before it repeat what people filter and sort
by.  Columns of a proof that was not made are empty (null, or a list without items).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

from synth.dataset.splits import group_of, root_of
from synth.store.attempts import Attempt
from synth.store.journal import Journal
from validators.verdict import Pair

TEXT, WHOLE, REAL, TRUTH = "text", "whole number", "real number", "truth"
TEXTS, WHOLES, REALS = "texts", "whole numbers", "real numbers"
COLUMNS: dict[str, str] = {
    # KernelBook's, in its order
    "entry_point": TEXT,
    "original_triton_code": TEXT,
    "python_code": TEXT,
    "triton_code": TEXT,
    "repo_name": TEXT,
    "module_name": TEXT,
    "synthetic": TRUTH,
    "uuid": WHOLE,
    "licenses": TEXTS,
    "stars": WHOLE,
    "sha": TEXT,
    "repo_link": TEXT,
    # ours
    "direction": TEXT,  # forward, or backward: the gradient of the row before
    "pattern": TEXTS,
    "difficulty": WHOLE,  # 1 to 5, see validators/emission/labels.py
    "num_kernels": WHOLE,
    "kernels": TEXTS,
    "kernel_kinds": TEXTS,  # this and the lists below: an item for each of `kernels`
    "fusions": TEXTS,  # the ATen operators that a kernel computes, separated by commas
    "extern_calls": TEXTS,  # library kernels that the pair calls besides
    "launches": WHOLE,  # of kernels and library calls in one forward pass
    "bytes": WHOLE,  # moved by the Triton kernels in one forward pass
    "flops": WHOLE,
    "intensity": REAL,  # FLOP per byte
    "roofline_us": REAL,  # least microseconds on device_target
    "device_target": TEXT,
    "compiled_for": TEXTS,  # device_target first, which the four lists are of
    "registers": WHOLES,  # per thread
    "spill_bytes": WHOLES,  # per thread
    "shared_bytes": WHOLES,  # per block
    "occupancy": REALS,  # warps that can be resident, as a share
    "proved_by": TEXT,  # what ran the pair against eager
    "max_error": REAL,  # relative to the largest element of eager in float64
    "tolerance_used": REAL,  # the share of what is allowed
    "torch_version": TEXT,
    "triton_version": TEXT,
    "synth_version": TEXT,
    "evidence": TEXT,
    "verdicts": TEXT,
    "source_hash": TEXT,
    "signature": TEXT,
    "graph_strict": TEXT,  # the ATen graph with shapes and arguments
    "graph_root": TEXT,  # the same without shapes, constants and names
    "group": TEXT,  # rows of one group belong in one split, see synth/dataset/splits.py
    "duplicates": WHOLE,  # pairs that this one was kept for, itself included (synth/dedup)
    "provider": TEXT,
    "model": TEXT,  # as the server named it
    "prompt": TEXT,
    "prompt_version": TEXT,
    "usage": TEXT,  # tokens of the answer
    "seed": WHOLE,
    "sample": WHOLE,
    "attempt": WHOLE,  # how many it took
}
_SOURCE = "synth"  # stands where KernelBook names a repository


def content_of(row: Mapping[str, Any]) -> bytes:
    """20 bytes of blake2b over both texts: a row's `sha`, whoever made the row."""
    both = f"{row['python_code']}\0{row['triton_code']}"
    return blake2b(both.encode("utf-8", "surrogatepass"), digest_size=20).digest()


def rows(journal: Journal) -> Iterator[dict[str, Any]]:
    """A row for each kept program, in index order, each followed by that of its gradient where that passed, too."""
    meta = journal.meta()
    identity, versions = meta.get("identity", {}), meta.get("versions", {})
    for attempt in journal.kept_attempts():
        assert attempt.pair is not None
        assert attempt.program is not None
        group = group_of(attempt)  # a gradient's, too
        yield _row(attempt, attempt.program, attempt.pair, "forward", group, identity, versions)
        gradient = journal.gradient(attempt.sample, attempt.attempt)
        if gradient is not None and gradient.program is not None and gradient.pair is not None:
            yield _row(gradient, gradient.program, gradient.pair, "backward", group, identity, versions)


def _row(
    attempt: Attempt,
    program: str,
    pair: Pair,
    direction: str,
    group: str,
    identity: dict[str, Any],
    versions: dict[str, str],
) -> dict[str, Any]:
    evidence, origin = pair.evidence, attempt.origin
    content = content_of({"python_code": program, "triton_code": pair.triton_code})
    return {
        "entry_point": attempt.entry_point,
        "original_triton_code": pair.original_triton_code,
        "python_code": program,
        "triton_code": pair.triton_code,
        "repo_name": _SOURCE,
        "module_name": attempt.entry_point,
        "synthetic": True,
        # From the content, so that exports of several runs can be put together; 63 bits, since int64 has a sign.
        "uuid": int.from_bytes(content[:8], "big") >> 1,
        "licenses": ["MIT"],
        "stars": 0,
        "sha": content.hex(),
        "repo_link": "",
        "direction": direction,
        "pattern": list(attempt.pattern),
        **_labels(pair),
        **_proofs(pair),
        "torch_version": str(evidence.get("torch", versions.get("torch", ""))),
        "triton_version": str(evidence.get("triton", versions.get("triton", ""))),
        "synth_version": versions.get("synth", ""),
        "evidence": json.dumps(evidence, sort_keys=True),
        # What each stage found; its cost in CPU seconds is no part of it, since that differs from run to run.
        "verdicts": json.dumps({v.stage: _told(v.metrics) for v in attempt.verdicts or ()}, sort_keys=True),
        "source_hash": attempt.source_hash or "",
        "signature": attempt.signature or "",
        "graph_strict": attempt.graph or "",
        "graph_root": root_of(attempt) or "",
        "group": group,
        "duplicates": 1,
        # A journal of format 1 knows only what the whole run was asked for.
        "provider": origin.provider or str(identity.get("model_name", "")).partition(":")[0],
        "model": origin.model,
        "prompt": origin.prompt,
        "prompt_version": origin.prompt_version,
        "usage": "" if origin.usage is None else json.dumps(asdict(origin.usage), sort_keys=True),
        "seed": int(identity.get("seed", 0)),
        "sample": attempt.sample,
        "attempt": attempt.attempt,
    }


def _told(metrics: dict[str, Any]) -> dict[str, Any]:
    """Without the graph itself, which the program is anyway."""
    return {key: value for key, value in metrics.items() if key != "loose"}


def _labels(pair: Pair) -> dict[str, Any]:
    labels = pair.evidence.get("labels", {})
    of_kernels = labels.get("kernels", {})
    kernels = [of_kernels.get(name, {}) for name in pair.kernels]
    return {
        "difficulty": labels.get("difficulty"),
        "num_kernels": len(pair.kernels),
        "kernels": list(pair.kernels),
        "kernel_kinds": [kernel.get("kind", "") for kernel in kernels],
        "fusions": [",".join(kernel.get("operators", [])) for kernel in kernels],
        "extern_calls": list(pair.evidence.get("extern_calls", [])),
        **{key: labels.get(key) for key in ("launches", "bytes", "flops", "intensity", "roofline_us")},
    }


def _proofs(pair: Pair) -> dict[str, Any]:
    compiled, numerics = pair.evidence.get("compiled", {}), pair.evidence.get("numerics", {})
    first = compiled.get(pair.device_target, {})
    each = [first.get(name, {}) for name in pair.kernels] if first else []
    measures = ("registers", "spill_bytes", "shared_bytes", "occupancy")
    return {
        "device_target": pair.device_target,
        "compiled_for": sorted(compiled, key=lambda target: (target != pair.device_target, target)),
        **{measure: [kernel.get(measure) for kernel in each] for measure in measures},
        "proved_by": pair.evidence.get("launched_on") or numerics.get("by"),
        "max_error": numerics.get("max_error"),
        "tolerance_used": numerics.get("tolerance_used"),
    }
