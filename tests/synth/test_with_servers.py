"""Whole runs through the real SDKs against the mock server, the judging alone being fake."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from fake_pool import SETS, FakePool
from rich.console import Console
from test_models import journal_of
from test_run import exported

from synth import cli
from synth.config import RunConfig
from synth.mock_server import Behaviour
from synth.mock_server.server import MockServer
from synth.run import session
from validators.verdict import Settings

KEY = "sk-planted-0123456789abcdef"


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[MockServer]:
    """A server in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = MockServer(behaviour)
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def run(config: RunConfig) -> tuple[int, str]:
    @asynccontextmanager
    async def open_pool(num_worker: int, settings: Settings):
        yield FakePool(num_worker, settings, slow=0.002)

    out = StringIO()
    code = session.run_parallel(config, Console(file=out, width=130), open_pool, SETS)
    return code, out.getvalue()


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)


def config(out: Path, **changes: object) -> RunConfig:
    return replace(RunConfig(output_dir=out, num_total_samples=25, num_worker=2, seed=3), **changes)


def test_the_key_is_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "corpus"
    with serving(Behaviour(error_rate=0.1, key=KEY)) as server:
        code, text = run(config(out, model_name="openai", base_url=server.openai_url))
    assert code == 0
    with serving(Behaviour(key="sk-another-0123456789abcdef")) as server:
        code, told = run(config(tmp_path / "refused", model_name="openai", base_url=server.openai_url))
    assert code == 4
    assert "stopped: openai:" in told
    for form in ("jsonl", "parquet"):
        assert cli.main([".export", f"path={out}", f"format={form}", "dedup=false"]) == 0
    assert cli.main([".stats", f"path={out}"]) == 0
    printed = capfd.readouterr()
    whole = [text, told, printed.out, printed.err]
    assert not any(KEY in said or "combines these operators" in said for said in whole)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) > 10
    assert not [file for file in files if KEY.encode() in file.read_bytes()]
    assert not any(KEY in str(call) for call in journal_of(out).ledger.calls())


def test_faults_of_the_server_change_nothing_but_the_number_of_calls(tmp_path: Path) -> None:
    calm = Behaviour(faulty_rate=0.3)
    stormy = replace(calm, error_rate=0.1, reset_rate=0.05, malformed_rate=0.05, latency=calm.latency)
    calls = []
    for name, behaviour in (("calm", calm), ("stormy", stormy)):
        with serving(behaviour) as server:
            code, text = run(config(tmp_path / name, model_name="openai", base_url=server.openai_url))
        assert code == 0, text
        journal = journal_of(tmp_path / name)
        calls.append([call.outcome for call in journal.ledger.calls()])
        journal.close()
    assert exported(tmp_path / "calm") == exported(tmp_path / "stormy")
    assert set(calls[0]) == {"answer"}
    assert "transient" in calls[1]
    assert calls[0].count("answer") == calls[1].count("answer")


def test_gemini_and_a_local_server(tmp_path: Path) -> None:
    with serving(Behaviour()) as server:
        code, text = run(config(tmp_path, model_name=("local:tiny:0.5", "builtin:0.5"), base_url=server.openai_url))
        assert code == 0, text
        code, text = run(config(tmp_path / "gemini", model_name="gemini", base_url=server.gemini_url))
        assert code == 0, text
    journal = journal_of(tmp_path / "gemini")
    attempt = journal.attempt(0, 1)
    assert attempt is not None
    assert attempt.origin.provider == "gemini"
    assert attempt.origin.usage is not None
    assert attempt.origin.usage.output_tokens
    assert attempt.cost  # the built-in table knows its price
    journal.close()
