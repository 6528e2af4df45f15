"""What `local` makes of a server that is not ours: `transformers serve` with tiny random models.

    python benchmarks/real_server.py [--python PYTHON]

PYTHON is one that has `transformers[serving]`, such as that of an environment of its own; by default the one that runs
this, which has it after `pip install -e ".[real-server]"`.  Runs tests/providers/test_real_server.py and prints one
JSON line: the server, its version, and what each check saw; the exit code is pytest's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHECKS = ROOT / "tests" / "providers" / "test_real_server.py"
PACKAGES = ("transformers", "uvicorn", "fastapi", "torch")


class Observed:
    """A pytest plugin that keeps what each check recorded, or how it failed."""

    def __init__(self) -> None:
        self.checks: dict[str, Any] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("::test_")[2]
        if not report.passed:
            self.checks[name] = f"{report.outcome} at {report.when}: {str(report.longrepr)[-300:]}"
        elif report.when == "call":
            self.checks[name] = dict(report.user_properties).get("observed")


def versions(python: str) -> dict[str, str]:
    """What the server is made of."""
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    told = subprocess.run([python, "-c", code, *PACKAGES], capture_output=True, text=True)
    if told.returncode:
        sys.exit(f"{python} has no transformers[serving]: pip install -e .[real-server], or --python")
    return dict(zip(PACKAGES, told.stdout.split(), strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description="A real server behind `local`; prints one JSON line.")
    parser.add_argument("--python", default=sys.executable, help="a Python that has transformers[serving]")
    python = parser.parse_args().python
    made_of = versions(python)
    os.environ["SYNTH_SERVER_PYTHON"] = python
    sys.path.insert(0, str(ROOT))
    observed = Observed()
    started = time.monotonic()
    with redirect_stdout(sys.stderr):  # standard output is for the JSON line alone
        code = pytest.main([str(CHECKS), "-q", "-p", "no:cacheprovider"], plugins=[observed])
    report = {
        "server": "transformers serve",
        "version": made_of,
        "passed": code == pytest.ExitCode.OK,
        "seconds": round(time.monotonic() - started, 1),
        "checks": observed.checks,
    }
    print(json.dumps(report, ensure_ascii=False))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
