"""`python -m synth .mock_server`: starts, serves, stops; and what it says of wrong values."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from synth.errors import UsageError
from synth.mock_server import Behaviour

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "synth", ".mock_server"]


@contextmanager
def started(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_serves_and_ends_well(how: signal.Signals) -> None:
    with started("latency=uniform:0:0.01", "models=[gpt-5]", "key=007", "hint=[retry-after,message]") as running:
        process, address = running
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="007", max_retries=0)
        made = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "operators: ReLU"}])
        assert "Final Pattern: [ReLU]" in (made.choices[0].message.content or "")
        with urllib.request.urlopen(f"{address}/mock/stats", timeout=20) as got:
            assert json.load(got)["answered"] == 1
        process.send_signal(how)  # with the client's connection still open
        assert process.wait(20) == 0
        assert process.stdout is not None and process.stdout.read() == ""


def test_a_request_in_flight_does_not_keep_it_from_ending() -> None:
    with started("hang_rate=1") as (process, address):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="k", max_retries=0, timeout=0.3)
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        process.terminate()
        assert process.wait(20) == 0


def test_a_port_in_use_is_told() -> None:
    with started() as (_, address):
        port = address.rpartition(":")[2]
        ended = subprocess.run([*COMMAND, f"port={port}"], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert ended.returncode == 2
    assert f"port={port}: cannot be used" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("requests_per_second", "many"),
        ("requests_per_second", [[1, 5]]),
        ("requests_per_second", [[0, 5], [0, 6]]),
        ("requests_per_second", -1),
        ("latency", "uniform:2:1"),
        ("latency", "gamma:1:2"),
        ("latency", "-1"),
        ("hint", ("sometimes",)),
        ("hint", ("none", "message")),
        ("answers", "text:many"),
        ("error_rate", 1.5),
        ("blocked_at", "night"),
        ("burst", 0),
    ],
)
def test_a_value_that_is_not_allowed_is_named(key: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"^{key}=.*: allowed is "):
        Behaviour(**{key: value})


def test_faults_that_cannot_all_happen_are_refused() -> None:
    with pytest.raises(UsageError, match="together at most 1"):
        Behaviour(error_rate=0.6, hang_rate=0.6)


def test_the_command_line_does_not_load_the_server_until_it_is_asked_for() -> None:
    code = "import sys, synth.commands; print(sorted({'aiohttp', 'asyncio', 'operators'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert loaded.stdout == "[]\n"
