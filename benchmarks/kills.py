"""A run with a language model, killed again and again under load: is anything asked for that was there already?

    python benchmarks/kills.py [kills=20] [samples=60] [provider=openai]

The real command, the real SDK and the real validators against `.mock_server` (slow answers, faulty programs, 500s and
resets).  It is killed with SIGKILL at random moments, a few answers after each start, and started again; then its
export is compared with that of a run that nobody killed.  Prints one JSON line.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from synth.asking.calls import ANSWER
from synth.files.rundir import RunDir
from synth.store.journal import Journal

BEHAVIOUR = ("latency=lognormal:0.5:0.5", "faulty_rate=0.3", "error_rate=0.05", "reset_rate=0.02", "seed=5")
LONGEST = 120.0  # seconds to wait for the first sign of work after a start


@contextmanager
def mock_server() -> Iterator[str]:
    """The address of one that runs while the block does."""
    command = [sys.executable, "-m", "synth", ".mock_server", *BEHAVIOUR]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def start(provider: str, address: str, samples: int, out: Path) -> subprocess.Popen[bytes]:
    """The command of the README."""
    keys = [f"model_name={provider}", f"base_url={address}", f"num_total_samples={samples}", f"output_dir={out}"]
    return subprocess.Popen(
        [sys.executable, "-m", "synth", ".parallel", "seed=4", "num_worker=2", *keys],
        cwd=ROOT,
        env=os.environ | {"OPENAI_API_KEY": "mock", "GEMINI_API_KEY": "mock"},
        stdout=subprocess.DEVNULL,
    )


def answers(out: Path) -> Counter[tuple[int, int]]:
    """How often each attempt was answered, as the journal has it."""
    if not RunDir(out).journal.exists():
        return Counter()
    journal = Journal.open_to_read(RunDir(out).journal)
    try:
        return Counter((call.sample, call.attempt) for call in journal.ledger.calls() if call.outcome == ANSWER)
    finally:
        journal.close()


def exported(out: Path) -> str:
    """SHA-256 of the run's export."""
    file = out / "pairs.jsonl"
    command = [sys.executable, "-m", "synth", ".export", f"path={out}", "format=jsonl", f"out={file}"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    kills, samples = int(given.get("kills", 20)), int(given.get("samples", 60))
    provider, rng = given.get("provider", "openai"), random.Random(11)
    result: dict[str, Any] = {"benchmark": "kills", "samples": samples, "killed": 0, "killed_in_flight": 0}
    with tempfile.TemporaryDirectory() as folder, mock_server() as address:
        out = Path(folder) / "killed"
        for _ in range(kills):
            process, before = start(provider, address, samples, out), answers(out).total()
            deadline = time.monotonic() + LONGEST
            while process.poll() is None and answers(out).total() == before and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(rng.uniform(0.0, 1.5))
            with urlopen(f"{address}/mock/stats") as response:
                result["killed_in_flight"] += json.load(response)["in_flight"] > 0
            process.kill()
            result["killed"] += process.wait() != 0
        result["last_exit_code"] = start(provider, address, samples, out).wait()
        counted = answers(out)
        with urlopen(f"{address}/mock/stats") as response:
            served = json.load(response)["answered"]
        result |= {
            "attempts_answered": len(counted),
            "answered_twice": sum(times > 1 for times in counted.values()),
            "lost_in_flight": served - counted.total(),
        }
        killed = exported(out)
        start(provider, address, samples, Path(folder) / "whole").wait()
        result["export_identical"] = killed == exported(Path(folder) / "whole")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
