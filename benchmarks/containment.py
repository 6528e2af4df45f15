"""What containing a program costs: CPU of a fork with every layer of this machine's tier, against a bare fork.

    python benchmarks/containment.py [rounds=200]

One JSON line; times in milliseconds of CPU a program (user + system, of the warm process and of all that it starts for
the program), medians over batches.  Both forks are of a process with torch and Inductor imported, and do nothing.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BATCH = 10
PROMISED_MS = 25.0


def main(rounds: int) -> int:
    """Print the line; 1 where the promise is not kept."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from validators.containment.layers import Containment
    from validators.processes.starting import start
    from validators.verdict import Settings

    with tempfile.TemporaryDirectory(prefix="synth-") as folder:
        how = start(Settings(), Containment(), Path(folder))
        # What runs inside is this file's text: benchmarks are not among the files that programs may read.
        at = how.arguments.index("-m")
        inside = [*how.arguments[:at], "-c", Path(__file__).read_text(encoding="utf-8"), str(rounds), how.arguments[-1]]
        done = subprocess.run(inside, env=how.environment, cwd=how.directory, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        return done.returncode
    found = json.loads(done.stdout)
    print(json.dumps(found))
    return int(found["overhead_cpu_ms"] > PROMISED_MS)


def measure(rounds: int, given: dict[str, dict[str, object]]) -> None:
    """In the warm process's place: measure and print."""
    import gc

    import torch._dynamo
    import torch._inductor.compile_fx  # noqa: F401 - what warm processes have imported

    from validators.containment import kernel, layers, probe
    from validators.containment.enter import May, Plan
    from validators.containment.pid_namespace import PidNamespaces
    from validators.processes.forks import Forks
    from validators.verdict import settings_from_json

    settings, plan = settings_from_json(given["settings"]), Plan.from_json(given["plan"])
    kernel.show_memory(False)
    namespaces = None if plan.no_namespaces else PidNamespaces()
    missing = probe.missing(plan, settings, namespaces, plan.no_namespaces)
    forks = Forks(plan, settings, namespaces)
    gc.collect()
    gc.freeze()

    def bare() -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    def held() -> None:
        process = forks.fork([], lambda: None, May())
        while not process.ended():
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        process.remove()

    def batch(one: object) -> float:
        before = _cpu()
        for _ in range(BATCH):
            one()  # type: ignore[operator]
        return (_cpu() - before) / BATCH * 1000

    def judged() -> None:  # the judge's process and the program's
        held()
        held()

    times: dict[str, list[float]] = {"bare": [], "held": [], "judged": []}
    for _ in range(max(1, rounds // BATCH)):  # in turn, so that a busy machine slows both
        times["bare"].append(batch(bare))
        times["held"].append(batch(held))
        times["judged"].append(batch(judged))
    medians = {name: statistics.median(found) for name, found in times.items()}
    result = {
        "benchmark": "containment",
        "tier": layers.tier(missing),
        "missing": {layer: cause for layer, cause in missing.items() if cause},
        "programs": rounds,
        "bare_fork_cpu_ms": round(medians["bare"], 2),
        "contained_fork_cpu_ms": round(medians["held"], 2),
        "overhead_cpu_ms": round(medians["held"] - medians["bare"], 2),
        "overhead_with_judge_cpu_ms": round(medians["judged"] - medians["bare"], 2),
    }
    print(json.dumps(result))


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(int(sys.argv[1]), json.loads(sys.argv[2]))
    else:
        given = dict(argument.split("=", 1) for argument in sys.argv[1:])
        sys.exit(main(int(given.get("rounds", 200))))
