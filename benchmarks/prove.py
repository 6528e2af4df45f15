"""Stage NUMERICS over an export's rows: the share proved, the reasons of the rest, CPU-seconds.

    python benchmarks/prove.py PATH [rows=N] [workers=2] [field=triton_code] [timeout=300] [out=FILE]

PATH is what `.export` writes (parquet or JSON lines), or JSON lines with python_code, entry_point and triton_code;
`field=original_triton_code` proves Inductor's own text.  `timeout` is `validation_timeout`, which also bounds how much
a program may compute (`memory.LANES_A_SECOND`).  Prints a line for each row that is not proved, as it comes, then one
JSON line; `out` gets a JSON line per row.  CPU-seconds are those of the stage, without the warm-up, which
`warm_up_wall_seconds` shows.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from validators.processes.server import Server
from validators.verdict import Program, Settings, Stage, Verdict


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of an export."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
        return rows
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def name_of(row: dict[str, Any]) -> str:
    return str(row.get("name") or row["entry_point"])


async def prove(
    rows: list[dict[str, Any]],
    workers: int,
    field: str,
    timeout: float,
    seen: Callable[[dict[str, Any], Verdict], None],
) -> tuple[list[Verdict], float]:
    """A verdict per row, each given to `seen` as it comes, and the wall seconds of the warm-up."""
    settings = Settings(stages=(Stage.NUMERICS,), max_tensor_bytes=16 << 30, validation_timeout=timeout)
    server, free = Server(settings), asyncio.Semaphore(workers)

    async def one(row: dict[str, Any]) -> Verdict:
        program = Program(row["python_code"], row["entry_point"])
        async with free:
            judgement = await server.judge(program, lambda stage: None, row[field])
        seen(row, judgement.verdicts[-1])
        return judgement.verdicts[-1]

    await server.start()
    try:
        return list(await asyncio.gather(*(one(row) for row in rows))), server.warm_seconds
    finally:
        await server.stop()


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[2:])
    rows = read_rows(Path(sys.argv[1]))[: int(given.get("rows", 1 << 30))]

    def seen(row: dict[str, Any], verdict: Verdict) -> None:
        if not verdict.ok:
            print(f"{name_of(row)}: {verdict.reason}: {verdict.detail}", file=sys.stderr, flush=True)
        if "out" in given:
            with Path(given["out"]).open("a", encoding="utf-8") as out:
                out.write(json.dumps({"name": name_of(row), **verdict.to_json()}) + "\n")

    field, timeout = given.get("field", "triton_code"), float(given.get("timeout", 300))
    verdicts, warm = asyncio.run(prove(rows, int(given.get("workers", 2)), field, timeout, seen))
    seconds = [verdict.cpu_seconds for verdict in verdicts]
    proved = [verdict for verdict in verdicts if verdict.ok]
    print(
        json.dumps(
            {
                "benchmark": "prove",
                "path": sys.argv[1],
                "rows": len(rows),
                "proved": len(proved),
                "share": round(len(proved) / len(rows), 4),
                "reasons": Counter(str(verdict.reason) for verdict in verdicts if not verdict.ok),
                "cpu_seconds_mean": round(statistics.mean(seconds), 3),
                "cpu_seconds_median": round(statistics.median(seconds), 3),
                "cpu_seconds_max": round(max(seconds), 3),
                "warm_up_wall_seconds": warm,
                "largest_error": max((verdict.metrics["max_error"] for verdict in proved), default=None),
                "largest_share_of_tolerance": max((v.metrics["tolerance_used"] for v in proved), default=None),
            }
        )
    )


if __name__ == "__main__":
    main()
