"""`local` against a server that is not ours: `transformers serve` on loopback, with tiny random models.

Skipped where its packages are not installed; SYNTH_SERVER_PYTHON names another Python that has them.  What each test
saw is recorded as the property `observed`, for benchmarks/real_server.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from synth.asking.asker import Asker, Limits
from synth.asking.budget import Budget
from synth.asking.calls import Call
from synth.errors import FEWER, UsageError
from synth.files.rundir import RunDir
from synth.providers import (
    Answer,
    Failure,
    FailureKind,
    Message,
    Options,
    Provider,
    Request,
    conformance,
    open_provider,
)
from synth.providers.openai_protocol import as_plain_text
from synth.store.journal import Journal

ROOT = Path(__file__).parent.parent.parent
STARTING = 120.0  # seconds, of which torch takes most
PATIENCE = 300.0  # seconds a call may take on a busy machine; none comes near
#: composed and combining, right to left, beyond 16 bits, joined by a zero-width joiner; JSON's and XML's own signs
UNICODE = "naïve e\u0301 Ω שלום 漢字 हिन्दी \U0001d4b3 👩\u200d🔬 \\ \" ' < & \t ``` \u2028 end"
TURNS = (
    Message("system", f"You write modules. {UNICODE}"),
    Message("user", "Apply Linear, then ReLU."),
    Message("assistant", UNICODE),
    Message("user", "That failed: repair it."),
)
REQUEST = Request(0, 1, ("Linear", "ReLU"), "SynthModel_Linear_ReLU", 7, 0.7, TURNS, max_output_tokens=400)

Observe = Callable[[str, Any], None]


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str  # as base_url takes it
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def python() -> str:
    """A Python that has the server."""
    given = os.environ.get("SYNTH_SERVER_PYTHON")
    found = given or sys.executable
    wanted = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"
    if subprocess.run([found, "-c", wanted, "transformers", "torch", "fastapi", "uvicorn"]).returncode:
        told = "needs `transformers[serving]`: pip install -e '.[real-server]', or SYNTH_SERVER_PYTHON=its/bin/python"
        (pytest.fail if given else pytest.skip)(told)
    return found


@pytest.fixture(scope="session")
def hub(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the Hugging Face hub with both models."""
    folder = tmp_path_factory.mktemp("hub")
    script = Path(__file__).with_name("tiny_model.py")
    subprocess.run([python, script, folder], check=True)
    return folder


@contextmanager
def serving(python: str, hub: Path, *arguments: str) -> Iterator[Served]:
    """A server of its own on a port that it chooses."""
    log = hub.with_name(f"log-{time.monotonic_ns()}")
    start = "import sys; from transformers.cli.transformers import main; sys.argv[0] = 'transformers'; main()"
    command = [python, "-c", start, "serve", *arguments, "--host", "127.0.0.1", "--port", "0"]
    offline = {"HF_HUB_CACHE": str(hub), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **offline})
    try:
        end = time.monotonic() + STARTING
        while not (match := re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text(errors="replace"))):
            assert process.poll() is None and time.monotonic() < end, log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)
        yield Served(match[1], process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def server(python: str, hub: Path) -> Iterator[Served]:
    """One for all tests but those that end it: it loads whichever model of the cache is asked for."""
    with serving(python, hub) as served:
        yield served


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCAL_API_KEY", raising=False)


def using(
    served: Served, work: Callable[[Provider], Awaitable[Any]], name: str = "local:synth/tiny", **options: Any
) -> Any:
    """What `work` makes of a provider, which is closed afterwards."""
    provider = open_provider(name, replace(Options(base_url=served.url, request_timeout=PATIENCE), **options))

    async def main() -> Any:
        try:
            return await work(provider)
        finally:
            await provider.aclose()

    return asyncio.run(main())


async def answered(provider: Provider, request: Request = REQUEST) -> Answer:
    outcome = await provider.answer(request)
    assert isinstance(outcome, Answer) and outcome.text, outcome
    return outcome


def prompt_of(request: Request, api: str) -> str:
    """What the model reads: the models' chat template, or the plain text; each of its bytes is a token."""
    if api == "completions":
        return as_plain_text(request.messages)
    return "".join(f"{turn.role}:{turn.content}\n" for turn in request.messages) + "assistant:"


def asked_by_hand(served: Served, path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The answer's content type and JSON, as the standard library's client gets them."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{served.url}/v1/{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return response.headers["content-type"], json.load(response)


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_an_answer_whole_with_its_letters_and_tokens(
    server: Served, api: Literal["chat", "completions"], record_property: Observe
) -> None:
    request = replace(REQUEST, temperature=0.0, max_output_tokens=200)
    answer: Answer = using(server, lambda provider: answered(provider, request), "local:synth/endless", api=api)
    body: dict[str, Any] = {"model": "synth/endless", "temperature": 0, "max_tokens": 200, "seed": 1}
    if api == "chat":
        body["messages"] = [{"role": turn.role, "content": turn.content} for turn in TURNS]
        kind, raw = asked_by_hand(server, "chat/completions", body)
        text = raw["choices"][0]["message"]["content"]
    else:
        kind, raw = asked_by_hand(server, "completions", {**body, "prompt": as_plain_text(TURNS)})
        text = raw["choices"][0]["text"]
    assert answer.text == text and kind == "application/json"  # no stream
    foreign = {letter for letter in text if ord(letter) > 127}
    assert len(foreign) > 1
    assert answer.usage.prompt_tokens == len(prompt_of(request, api).encode()) == raw["usage"]["prompt_tokens"]
    assert answer.usage.output_tokens == 200
    assert (answer.finish, answer.model) == ("length", "synth/endless@main")
    observed = {"tokens": [answer.usage.prompt_tokens, 200], "letters_beyond_ascii": len(foreign), "type": kind}
    record_property("observed", observed)


def test_an_answer_that_ends_and_the_seed_of_each_attempt(server: Served, record_property: Observe) -> None:
    async def work(provider: Provider) -> list[Answer]:
        again = replace(REQUEST, attempt=2)
        greedy = replace(REQUEST, temperature=0.0)
        requests = (REQUEST, REQUEST, again, greedy, replace(greedy, attempt=2))
        return [await answered(provider, request) for request in requests]

    first, same, other, greedy, unmoved = using(server, work)
    assert {answer.finish for answer in (first, same, other)} == {"stop"}
    assert first.text == same.text != other.text
    assert greedy.text == unmoved.text
    record_property(
        "observed", {"finish": first.finish, "same_seed_same_answer": True, "other_seed_other_answer": True}
    )


def test_the_suite_for_providers(server: Served, record_property: Observe) -> None:
    """Fifty calls at once, a cancelled one and one after it, closing twice."""
    provider = open_provider("local:synth/tiny", Options(base_url=server.url, request_timeout=PATIENCE))
    asyncio.run(conformance.basic(provider))
    record_property("observed", "passed")


def test_twenty_at_once_are_not_mixed_up(server: Served, record_property: Observe) -> None:
    requests = [replace(REQUEST, sample=n, messages=(Message("user", UNICODE + "é" * n),)) for n in range(20)]

    async def work(provider: Provider) -> list[Answer]:
        return await asyncio.gather(*(answered(provider, request) for request in requests))

    answers = using(server, work)
    counted = [answer.usage.prompt_tokens for answer in answers]
    assert counted == [len(prompt_of(request, "chat").encode()) for request in requests]
    record_property("observed", {"answers": len(answers), "different": len({answer.text for answer in answers})})


def test_a_connection_that_the_server_is_about_to_close(server: Served, record_property: Observe) -> None:
    """uvicorn closes what is idle for five seconds: whoever asks around then must get an answer all the same."""

    async def work(provider: Provider) -> int:
        async def pair(idle: float) -> None:
            await answered(provider)
            await asyncio.sleep(idle)
            await answered(provider)

        pauses = [3.5 + 0.2 * n for n in range(12)]
        await asyncio.gather(*map(pair, pauses))
        return len(pauses)

    count = using(server, work)
    assert count == 12
    record_property("observed", {"answered_after_3.5_to_5.7_s": count})


def test_the_first_model_of_the_server(server: Served, record_property: Observe) -> None:
    async def work(provider: Provider) -> Answer:
        return await answered(provider)

    answer = using(server, work, "local")
    assert answer.model in ("synth/tiny@main", "synth/endless@main")
    record_property("observed", answer.model)


def test_a_time_out_leaves_a_server_that_answers(server: Served, record_property: Observe) -> None:
    long = replace(REQUEST, max_output_tokens=1500)  # some seconds' work, which this server does to its end

    async def work(provider: Provider) -> tuple[Answer | Failure, float]:
        started = time.monotonic()
        return await provider.answer(long), time.monotonic() - started

    failure, seconds = using(server, work, "local:synth/endless", request_timeout=0.5)
    assert failure == Failure(FailureKind.TRANSIENT, "no answer within 0.5 s")
    assert seconds < 30
    short = replace(REQUEST, max_output_tokens=5)
    after = using(server, lambda provider: answered(provider, short), "local:synth/endless")
    assert after.usage.output_tokens == 5
    record_property("observed", {"failure": failure.detail, "seconds": round(seconds, 2), "then": "answered"})


def test_what_the_server_cannot_do(server: Served, record_property: Observe) -> None:
    """A prompt beyond the positions, a model that is not there: this server answers 500 to both, and lives on.

    It then closes the connection without having said so, which may cost the next call on it a try.
    """
    calls: list[Call] = []

    async def work(provider: Provider) -> Answer | Failure:
        failure = await provider.answer(replace(REQUEST, messages=(Message("user", "too long " * 2000),)))
        again = await Asker(Limits(), Budget(None), lambda about: None, calls.append).ask(provider, REQUEST)
        assert isinstance(again, Answer), again
        return failure

    long = using(server, work)
    unknown = using(server, lambda provider: provider.answer(REQUEST), "local:synth/missing")
    for failure in (long, unknown):
        assert failure == Failure(FailureKind.TRANSIENT, "HTTP 500: Internal Server Error", status=500)
    after = [call.detail or call.outcome for call in calls]
    record_property("observed", {"too_long": long.detail, "unknown_model": unknown.detail, "calls_after": after})


def test_a_wrong_path(server: Served, record_property: Observe) -> None:
    wrong = replace(server, url=f"{server.url}/api/v7")
    failure = using(wrong, lambda provider: provider.answer(REQUEST))
    assert (failure.kind, failure.status) == (FailureKind.BAD_REQUEST, 404)
    assert "/api/v7/chat/completions" in failure.detail and "base_url" in failure.detail
    with pytest.raises(UsageError, match=r"HTTP 404.*local:MODEL") as raised:
        open_provider("local", Options(base_url=wrong.url))
    record_property("observed", {"named_model": failure.detail, "no_model": str(raised.value)})


def test_a_server_with_one_model_and_its_end(python: str, hub: Path, record_property: Observe) -> None:
    """Pinned to a model it refuses others; killed while it writes, the connection says so, and then there is none."""
    with serving(python, hub, "synth/endless") as served:
        unknown = using(served, lambda provider: provider.answer(REQUEST), "local:synth/tiny")
        assert (unknown.kind, unknown.status) == (FailureKind.UNKNOWN_MODEL, 400)

        async def work(provider: Provider) -> list[Failure]:
            call = asyncio.create_task(provider.answer(replace(REQUEST, max_output_tokens=10_000)))
            await asyncio.sleep(1)
            assert not call.done()
            served.process.kill()
            cut = await call
            await asyncio.to_thread(served.process.wait)
            return [cut, await provider.answer(REQUEST)]

        cut, refused = using(served, work, "local:synth/endless")
    assert cut.kind is refused.kind is FailureKind.TRANSIENT
    assert "refused" in refused.detail
    record_property("observed", {"unknown_model": unknown.detail, "killed": cut.detail, "then": refused.detail})


def test_a_run_of_nonsense(server: Served, tmp_path: Path, record_property: Observe) -> None:
    """Through the command line: every answer kept and rejected, with repair, and the run ends as it should."""
    keys = ["num_total_samples=3", "max_retries=2", "num_worker=1", "max_output_tokens=1000", "output_dir=corpus"]
    command = [sys.executable, "-m", "synth", ".parallel", "model_name=local:synth/tiny", f"base_url={server.url}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, *keys], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == FEWER, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "corpus").glob("*.py"))
    journal = Journal.open_to_read(RunDir(tmp_path / "corpus").journal)
    calls = list(journal.ledger.calls())
    attempts = [journal.attempt(sample, number) for sample in range(3) for number in (1, 2)]
    journal.close()
    assert [call.outcome for call in calls] == ["answer"] * 6
    assert all(call.usage.prompt_tokens and call.usage.output_tokens and call.cost == 0 for call in calls)
    reasons = set()
    for attempt in attempts:
        assert attempt is not None and attempt.verdicts and attempt.answer and attempt.origin.usage
        reasons.add(str(attempt.verdicts[-1].reason))
        sent = Request(0, 1, (), "", 0, 0, attempt.origin.messages)
        assert attempt.origin.usage.prompt_tokens == len(prompt_of(sent, "chat").encode())
    assert reasons == {"no_code"}
    tokens = [
        sum(call.usage.prompt_tokens or 0 for call in calls),
        sum(call.usage.output_tokens or 0 for call in calls),
    ]
    record_property("observed", {"exit_code": 3, "answers": 6, "kept": 0, "reasons": sorted(reasons), "tokens": tokens})
