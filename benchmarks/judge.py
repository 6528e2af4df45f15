"""CPU-seconds a program: the whole judgement up to a proved pair, beside eager + `torch.compile` for CPU.

    python benchmarks/judge.py [programs=20] [answers=PATH]

The programs are those of `benchmarks/validate.py` (set `default`), or the first ones in a file of recorded answers
(`id`, `pattern`, `response`).  Both sides judge them one at a time, in a warm process that forks one child per program,
on one thread:

`proved`    every stage of the default settings, to a pair with cubins and numeric evidence;
`compiled`  what a check by means of the CPU does, and no pair comes of: run eagerly, run through `torch.compile` with
            Inductor's C++ backend, compare.  It needs a C++ compiler.

Prints a line for each program that either side turns down, then one JSON line.  CPU time is user + system of a
program's processes and of what they started (ptxas, the C++ compiler), without the forks and the warm-ups.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from templates import recorded
from validate import fixed_set

from validators.processes.pool import Pool
from validators.verdict import Program, Settings


async def proved(programs: list[Program]) -> dict[str, Any]:
    """Our judgement of each program, all stages."""
    settings = Settings()
    spent: list[float] = []
    stages: dict[str, list[float]] = {stage: [] for stage in settings.stages}
    pairs = 0
    async with Pool(1, settings) as pool:
        for program in programs:
            # Which operators ran, and whether a benchmark has the program, is not the question here.
            judgement = await pool.judge(Program(program.source, program.entry_point))
            spent.append(sum(verdict.cpu_seconds for verdict in judgement.verdicts))
            for verdict in judgement.verdicts:
                stages[verdict.stage].append(verdict.cpu_seconds)
            pairs += judgement.accepted
            if (failure := judgement.failure) is not None:
                print(program.entry_point, failure.stage, failure.reason, failure.detail[:200])
    means = {stage: round(statistics.mean(seconds), 3) for stage, seconds in stages.items() if seconds}
    return {"passed": pairs} | _summary(spent) | {"cpu_seconds_by_stage": means}


def compiled(programs: list[Program]) -> dict[str, Any]:
    """The same programs through eager and Inductor's C++ backend, in a warm process of their own."""
    given = json.dumps([[program.source, program.entry_point] for program in programs])
    with tempfile.TemporaryDirectory() as scratch:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TORCHINDUCTOR_COMPILE_THREADS"), "1")
        environment = dict(os.environ, TMPDIR=scratch, CUDA_VISIBLE_DEVICES="", PYTHONHASHSEED="0", **threads)
        command = [sys.executable, __file__, "--compiled"]
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    results = json.loads(done.stdout.splitlines()[-1])
    for program, (_, failure) in zip(programs, results, strict=True):
        if failure:
            print(program.entry_point, "compiled", failure)
    passed = sum(not failure for _, failure in results)
    return {"passed": passed} | _summary([seconds for seconds, _ in results])


def _summary(spent: list[float]) -> dict[str, float]:
    return {
        "cpu_seconds_mean": round(statistics.mean(spent), 3),
        "cpu_seconds_median": round(statistics.median(spent), 3),
        "cpu_seconds_max": round(max(spent), 3),
    }


def serve() -> None:
    """In the warm process: programs on stdin, CPU-seconds and a failure (or "") of each on stdout."""
    import torch

    programs = json.load(sys.stdin)
    torch.set_num_threads(1)
    warm = "import torch\nclass Model(torch.nn.Module):\n    def forward(self, x): return x.softmax(-1) + 1\n"
    warm += "def get_init_inputs(): return []\ndef get_inputs(): return [torch.randn(4, 8)]\n"
    _agrees(warm, "Model")
    gc.collect()
    gc.freeze()
    results: list[tuple[float, str]] = []
    for source, entry_point in programs:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child(source, entry_point, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            failure = pipe.read()
        _, status, usage = os.wait4(pid, 0)
        results.append((usage.ru_utime + usage.ru_stime, failure or ("" if status == 0 else f"status {status}")))
    print(json.dumps(results))


def _child(source: str, entry_point: str, writer: int) -> None:
    """Never returns."""
    try:
        gc.disable()
        with tempfile.TemporaryDirectory() as scratch, os.fdopen(writer, "w") as pipe:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = scratch
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            try:
                agrees = _agrees(source, entry_point)
                pipe.write("" if agrees else "the compiled output differs from eager's")
            except Exception as error:
                pipe.write(f"{type(error).__name__}: {error}"[:200].replace("\n", " "))
    finally:
        os._exit(0)


def _agrees(source: str, entry_point: str) -> bool:
    import torch

    from validators.loading import load, tensors

    loaded = load(Program(source, entry_point))
    with torch.no_grad():
        torch.manual_seed(0)
        model, inputs = loaded.build(), loaded.inputs()
        expected = model(*inputs)
        found = torch.compile(model)(*inputs)
    pairs = zip(tensors(expected), tensors(found), strict=True)
    return all(torch.allclose(want, got, rtol=1e-3, atol=1e-3, equal_nan=True) for want, got in pairs)


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    count = int(given.get("programs", 20))
    programs = recorded(Path(given["answers"]), count) if "answers" in given else fixed_set(count)
    ours = asyncio.run(proved(programs))
    theirs = compiled(programs)
    result = {"benchmark": "judge", "programs": len(programs), "proved": ours, "compiled": theirs}
    ratio = theirs["cpu_seconds_mean"] / ours["cpu_seconds_mean"]
    print(json.dumps(result | {"compiled_over_proved": round(ratio, 2)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compiled"]:
        serve()
    else:
        main()
