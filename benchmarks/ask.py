"""How well are servers used: thousands in flight, a storm of 429s, and the same storm with a naive client.

    python benchmarks/ask.py [parts=flight,storm,naive,overhead] [providers=openai,gemini] [in_flight=2000]
                             [latency=8] [phase=60] [burst=5] [hint=retry-after-ms] [workers=64]

flight    so many requests in flight at a server that works on so many at once and takes about `latency` seconds for
          each: answered a second against what it can answer, and CPU of this process per request.
storm     the server lets in 5 requests a second, from `phase` seconds on 1, from two phases on 5 again: what was let in
          against what it allowed until then, and how many requests it had to refuse.
naive     the same storm with `workers` workers and the openai SDK's own retries with exponential backoff, which is what
          most tools do; a request whose retries are used up is asked again, as it would be lost otherwise.
overhead  CPU of the asking itself: pacing, accounting and recording of calls that cost nothing else.

Starts `.mock_server` in a process of its own and asks it through the real SDKs.  Prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from synth.asking import Asker, Budget, Limits, Price
from synth.mock_server.server import allow_many_connections
from synth.providers import About, Answer, Message, Options, Provider, Request, Usage
from synth.providers.opening import open_provider

PROMPT = "Write a PyTorch module. " * 170  # 4 kB
ANSWER_BYTES = 6000
SDK_RETRIES = 6  # distilabel's; the SDK's own default is 2
RATES = (5, 1, 5)
REQUESTS = 10  # asked for in a storm, for each second of a phase: the last of them in the last phase
Ask = Callable[[int], Awaitable[bool]]


@contextmanager
def mock_server(**behaviour: object) -> Iterator[str]:
    """The address of one that runs while the block does."""
    keys = [f"{key}={value}" for key, value in behaviour.items()]
    command = [sys.executable, "-m", "synth", ".mock_server", f"answers=text:{ANSWER_BYTES}", *keys]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def stats(address: str) -> dict[str, Any]:
    """What the server counted."""
    with urlopen(f"{address}/mock/stats") as response:
        counted: dict[str, Any] = json.load(response)
    return counted


def request(sample: int) -> Request:
    """Requests differ, as a run's do."""
    return Request(sample, 1, (), "Model", 0, 0.7, (Message("user", f"{PROMPT}{sample}"),), 4096)


def new_asker(in_flight: int) -> Asker:
    """With everything a run has, money included."""
    return Asker(Limits(max_in_flight=in_flight), Budget(1e9), lambda about: Price(1, 1, 4), lambda call: None)


async def flight(name: str, in_flight: int, latency: float) -> dict[str, Any]:
    """Ramps up, then measures for four latencies."""
    around = f"uniform:{0.75 * latency}:{1.25 * latency}"
    with mock_server(latency=around, slots=in_flight) as address:
        provider = open_provider(f"{name}:mock", Options(base_url=address, max_in_flight=in_flight))
        asker, samples, began = new_asker(in_flight), count(), time.monotonic()

        async def worker() -> None:
            while True:
                await asker.ask(provider, request(next(samples)))

        # As many again wait, as in a run: an answer is followed by another request at once.
        workers = [asyncio.create_task(worker()) for _ in range(2 * in_flight)]
        while asker.in_flight < in_flight:
            await asyncio.sleep(0.1)
        ramp = time.monotonic() - began
        await asyncio.sleep(1.25 * latency)
        server = stats(address)["process_cpu_seconds"]
        (before,), cpu, start = asker.endpoints(), time.process_time(), time.monotonic()
        await asyncio.sleep(4 * latency)
        (after,), cpu, seconds = asker.endpoints(), time.process_time() - cpu, time.monotonic() - start
        served = stats(address)
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await provider.aclose()
    answered, limit = after.answered - before.answered, in_flight / latency
    return {
        "in_flight": served["max_in_flight"],
        "seconds_to_ramp_up": round(ramp, 1),
        "server_limit_per_second": limit,
        "answered_per_second": round(answered / seconds, 1),
        "share_of_limit": round(answered / seconds / limit, 4),
        "client_cpu_ms_per_request": round(1000 * cpu / answered, 2),
        "client_cpu_share": round(cpu / seconds, 2),
        "server_cpu_share": round((served["process_cpu_seconds"] - server) / seconds, 2),
        "p50_s": round(after.p50 or 0, 2),
        "p95_s": round(after.p95 or 0, 2),
    }


async def storm(phase: float, behaviour: dict[str, object], asking: Callable[[str], tuple[Ask, Any]]) -> dict[str, Any]:
    """`asking` makes, for an address, what asks for a sample and says whether it was answered, and what to close."""
    schedule = json.dumps([[number * phase, rate] for number, rate in enumerate(RATES)]).replace(" ", "")
    with mock_server(latency=0.5, requests_per_second=schedule, **behaviour) as address:
        ask, provider = asking(address)
        requests, began = int(REQUESTS * phase), time.monotonic()
        answered = await asyncio.gather(*(ask(sample) for sample in range(requests)))
        seconds, served = time.monotonic() - began, stats(address)
        await provider.close() if hasattr(provider, "close") else await provider.aclose()
    ideal = 2 * phase + (requests - (RATES[0] + RATES[1]) * phase - int(str(behaviour["burst"]))) / RATES[2]
    return {
        "requests": requests,
        "answered": sum(answered),
        "seconds": round(seconds, 1),
        "seconds_at_best": round(ideal, 1),
        "share_of_allowed": round(served["let_in"] / served["allowed_by_last_let_in"], 4),
        "refused": sum(served["refused"].values()),
        "asked_twice": served["answered"] - requests,
    }


def through_asker(name: str) -> Callable[[str], tuple[Ask, Provider]]:
    """As a run asks."""

    def asking(address: str) -> tuple[Ask, Provider]:
        provider, asker = open_provider(f"{name}:mock", Options(base_url=address)), new_asker(512)

        async def ask(sample: int) -> bool:
            return isinstance(await asker.ask(provider, request(sample)), Answer)

        return ask, provider

    return asking


def naively(workers: int, lost: list[int]) -> Callable[[str], tuple[Ask, Any]]:
    """As most tools ask."""
    import openai

    def asking(address: str) -> tuple[Ask, Any]:
        client = openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="mock", max_retries=SDK_RETRIES)
        places = asyncio.Semaphore(workers)

        async def ask(sample: int) -> bool:
            while True:
                async with places:
                    try:
                        await client.chat.completions.create(
                            model="mock", messages=[{"role": "user", "content": f"{PROMPT}{sample}"}]
                        )
                        return True
                    except openai.RateLimitError:
                        lost.append(sample)

        return ask, client

    return asking


async def overhead(requests: int = 20_000) -> dict[str, Any]:
    """With a provider that answers at once."""

    class Instant:
        about = About("instant", "mock", endpoint="memory")

        async def answer(self, request: Request) -> Answer:
            await asyncio.sleep(0)
            return Answer("text", usage=Usage(prompt_tokens=1000, output_tokens=1500))

        async def aclose(self) -> None: ...

    async def alone(provider: Instant) -> None:
        for sample in range(requests):
            await provider.answer(request(sample))

    provider, asker = Instant(), new_asker(512)
    start = time.process_time()
    await alone(provider)
    middle = time.process_time()
    await asyncio.gather(*(asker.ask(provider, request(sample)) for sample in range(requests)))
    cpu = time.process_time() - middle - (middle - start)
    return {"requests": requests, "cpu_us_per_request": round(1e6 * cpu / requests, 1)}


async def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    parts = given.get("parts", "flight,storm,naive,overhead").split(",")
    providers = given.get("providers", "openai,gemini").split(",")
    in_flight, latency = int(given.get("in_flight", 2000)), float(given.get("latency", 8))
    phase, workers = float(given.get("phase", 60)), int(given.get("workers", 64))
    behaviour: dict[str, object] = {"burst": given.get("burst", "5"), "hint": given.get("hint", "retry-after-ms")}
    os.environ |= {"OPENAI_API_KEY": "mock", "GEMINI_API_KEY": "mock"}
    allow_many_connections()
    result: dict[str, Any] = {"benchmark": "ask", "cores": os.cpu_count()}
    for name in providers:
        if "flight" in parts:
            result[f"flight_{name}"] = await flight(name, in_flight, latency)
        if "storm" in parts:
            # The openai SDK's clients read no RetryInfo, nor Google's any header: each is told in its own way.
            hints = behaviour | ({"hint": "retry-info"} if name == "gemini" and "hint" not in given else {})
            result[f"storm_{name}"] = await storm(phase, hints, through_asker(name))
    if "naive" in parts:
        lost: list[int] = []
        result["storm_naive"] = await storm(phase, behaviour, naively(workers, lost))
        result["storm_naive"]["retries_used_up"] = len(lost)
    if "overhead" in parts:
        result["overhead"] = await overhead()
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main())
