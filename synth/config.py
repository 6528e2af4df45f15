"""What a run is asked to do: the parameters of `.parallel`, their meaning, their limits, and their file.

Three kinds of parameter are kept apart, because a run directory outlives the command that made it:
identity (what the samples are; a run never mixes two), scope (how many; may be raised) and operation
(where and how fast; free to change).
"""

# ruff: noqa: RUF009 -- _key() is dataclasses.field() with our metadata: one field, not a shared default

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from synth import values
from synth.errors import UsageError, nearest

IDENTITY, SCOPE, OPERATION = "identity", "scope", "operation"
MAX_OPERATORS_PER_SET = 64


def _key(default: Any, rule: values.Rule, doc: str, role: str = IDENTITY) -> Any:
    return field(default=default, metadata={"rule": rule, "doc": doc, "role": role})


@dataclass(frozen=True)
class RunConfig:
    """Every parameter of `.parallel`; `.single_debug` uses the same ones."""

    num_total_samples: int = _key(100, values.whole(1), "samples to draw and decide", SCOPE)
    target_accepted: int | None = _key(
        None, values.whole(1, optional=True), "stop when that many programs are kept", SCOPE
    )
    num_worker: int = _key(
        os.cpu_count() or 1, values.whole(1, 4096), "programs judged at the same time (one process each)", OPERATION
    )
    model_name: str | tuple[str, ...] = _key(
        "builtin",
        values.one_or_more("a provider name"),
        "who writes the programs: builtin, replay:FILE, openai:MODEL, gemini:MODEL, local:MODEL",
    )
    repair_model: str | None = _key(
        None,
        values.text("a provider name", optional=True),
        "who answers attempts after the first; default the one that made it",
    )
    prompt: str | tuple[str, ...] = _key(
        "plain", values.one_or_more("a strategy of prompts/"), "the words language models are asked with"
    )
    prompt_dir: Path | None = _key(
        None,
        values.path("a directory", optional=True),
        "a folder with strategies of your own; they come before those of prompts/",
        OPERATION,
    )
    num_core_ops_range: tuple[int, int] = _key((1, 3), values.span(MAX_OPERATORS_PER_SET), "core operators a sample")
    num_compound_ops_range: tuple[int, int] = _key(
        (0, 2), values.span(MAX_OPERATORS_PER_SET), "compound operators a sample"
    )
    num_supporting_ops_range: tuple[int, int] = _key(
        (2, 6), values.span(MAX_OPERATORS_PER_SET), "supporting operators a sample"
    )
    p_value: float = _key(0.4, values.real(0, 1), "chance to stop adding operators; lower = more operators")
    seed: int = _key(0, values.whole(0), "another seed, another corpus")
    steer: str = _key(
        "none",
        values.choice("none", "coverage"),
        "how operators are drawn; none: each like any other; coverage: towards pairs of operators that no kept program"
        " has shown, in an order that is asked for, and away from operators that fail",
    )
    steer_every: int = _key(
        100, values.whole(1), "steer=coverage: samples drawn from the same knowledge, which lags as many behind"
    )
    max_retries: int = _key(3, values.whole(1, 100), "attempts a sample may take")
    temperature: float = _key(0.7, values.real(0, 2), "sampling temperature (language models only)")
    max_output_tokens: int = _key(
        16384, values.whole(1), "tokens an answer may take, reasoning included (language models only)"
    )
    api: str = _key(
        "chat",
        values.choice("chat", "completions"),
        "how an OpenAI-compatible server is spoken to; completions: servers without a chat template",
    )
    base_url: str | None = _key(None, values.url(), "the server, where it is not the provider's own", OPERATION)
    server_address: str | None = _key(None, values.host(), "with port: base_url=http://ADDRESS:PORT/v1", OPERATION)
    port: int | None = _key(None, values.whole(1, 65535, optional=True), "see server_address", OPERATION)
    mode: str = _key(
        "online",
        values.choice("online", "batch"),
        "batch: openai and gemini are asked in batches, which take up to a day and cost half; everyone else, and in"
        " online everyone, is asked at once",
        OPERATION,
    )
    batch_size: int = _key(1000, values.whole(1, 50_000), "mode=batch: requests in one batch at most", OPERATION)
    max_in_flight: int = _key(512, values.whole(1, 65536), "requests at one endpoint at the same time", OPERATION)
    requests_per_minute: float | None = _key(
        None, values.real(1, optional=True), "at each endpoint; none: what it lets through", OPERATION
    )
    tokens_per_minute: float | None = _key(
        None, values.real(1, optional=True), "at each endpoint; none: what it lets through", OPERATION
    )
    request_timeout: float = _key(
        600.0, values.real(0, 86400, above_low=True), "seconds one request may take from sending to its end", OPERATION
    )
    max_cost: float | None = _key(
        None, values.real(0, above_low=True, optional=True), "US dollars the run may spend in all", OPERATION
    )
    price: tuple[float, float] | None = _key(
        None, values.prices(), "what tokens of every model asked cost, instead of the built-in table", OPERATION
    )
    templates: str = _key(
        "auto",
        values.choice("auto", "triton", "extern"),
        "how matrix products and convolutions are written; auto: in Triton wherever that can be done; triton: a program"
        " with anything else left is turned down; extern: as calls to cuBLAS and cuDNN",
    )
    device_target: str | tuple[str, ...] = _key(
        "sm_80",
        values.first_and_further(("sm_80", "sm_90", "sm_100"), ("gfx942",)),
        "GPU architecture to write Triton code for; the kernels are compiled for the further ones of a list too",
    )
    prove: bool = _key(
        True,
        values.flag(),
        "keep only pairs whose kernels compile and whose Triton code, run in Triton's interpreter, agrees with eager",
    )
    backward: bool = _key(
        False, values.flag(), "judge each kept program's gradient as well, and export what passes as a pair of its own"
    )
    fingerprints: tuple[str, ...] | None = _key(
        None,
        values.files("a file that .fingerprint wrote", optional=True),
        "benchmarks of your own to keep out of the corpus, besides KernelBench",
        OPERATION,  # what is in them is part of the identity (`admission.surroundings`)
    )
    benchmark_containment: float = _key(
        0.8,
        values.real(0, 1, above_low=True),
        "the share of a benchmark problem's code or graph from which on a program is turned down",
    )
    validation_timeout: float = _key(
        120.0,
        values.real(0, 86400, above_low=True),
        "CPU seconds all stages of one program may take (and three times as many by the clock)",
    )
    max_tensor_bytes: int = _key(2 << 30, values.whole(1), "bytes of tensors a program may hold at once")
    allow_unsafe: bool = _key(
        False,
        values.flag(),
        "run programs also where this machine offers nothing to contain them (tier guarded; see .doctor)",
        OPERATION,
    )
    output_dir: Path | None = _key(
        None,
        values.path("a directory", optional=True),
        "where programs and journal go; default outputs/<config hash>",
        OPERATION,
    )

    @property
    def in_batches(self) -> int:
        """Requests to have under way: one batch with the provider while another's answers are judged; 0 online."""
        return 2 * self.batch_size if self.mode == "batch" else 0

    @property
    def device_targets(self) -> tuple[str, ...]:
        """What the kernels are compiled for; the first is what they are written for."""
        return (self.device_target,) if isinstance(self.device_target, str) else self.device_target

    @property
    def packs(self) -> tuple[str, ...]:
        """The files of fingerprints, where every process finds them."""
        return tuple(str(Path(file).resolve()) for file in self.fingerprints or ())

    @property
    def server(self) -> str:
        """The address asked for, whichever way it was given; "" for the provider's own."""
        if self.port is not None:
            return f"http://{self.server_address or 'localhost'}:{self.port}/v1"
        return self.base_url or ""


RULES: dict[str, values.Rule] = {f.name: f.metadata["rule"] for f in fields(RunConfig)}


def build(overrides: dict[str, Any], file: Path | None = None) -> RunConfig:
    """Defaults, then the file, then the overrides; each value checked, then the whole."""
    given = _read_file(file) if file is not None else {}
    for key, value in overrides.items():
        if key not in RULES:
            raise UsageError(f"unknown key {key}.{nearest(key, RULES)}")
        given[key] = values.check(key, value, RULES[key])
    config = replace(RunConfig(), **given)
    ranges = ("num_core_ops_range", "num_compound_ops_range", "num_supporting_ops_range")
    if all(getattr(config, name)[0] == 0 for name in ranges):
        raise UsageError(f"{', '.join(ranges)}: all start at 0, so a pattern could be empty; raise one minimum to 1.")
    if config.base_url and (config.server_address or config.port):
        raise UsageError("base_url, server_address: both name the server; give one of them.")
    if config.server_address and config.port is None:
        raise UsageError(f"server_address={config.server_address}: port is missing.")
    if config.target_accepted is not None and config.target_accepted > config.num_total_samples:
        raise UsageError(
            f"target_accepted={config.target_accepted}: allowed is at most num_total_samples"
            f" ({config.num_total_samples})."
        )
    return config


def _read_file(file: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"config={file}: cannot be read ({_why(error)}).") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"config={file}: not valid TOML ({error}).") from None
    checked = {}
    for key, value in data.items():
        if key not in RULES:
            raise UsageError(f"{file}: unknown key {key}.{nearest(key, RULES)}")
        checked[key] = values.check(key, value, RULES[key], where=f"{file}: ")
    return checked


def _why(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8 text"


def dump(config: RunConfig) -> str:
    """The effective configuration as TOML; `config=` reads it back."""
    lines = ["# The effective configuration of this run; `python -m synth .parallel config=<this file>` repeats it."]
    for spec in fields(config):
        value = getattr(config, spec.name)
        if value is None:
            lines.append(f"# {spec.name} is not set: {spec.metadata['doc']}")
            continue
        lines.append(f"{spec.name} = {_toml(value)}  # {spec.metadata['doc']}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return json.dumps(list(value))
    # A JSON string or number is a TOML one; non-ASCII stays readable, and TOML has no surrogate escapes.
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def role_values(config: RunConfig, role: str) -> dict[str, Any]:
    """The parameters of one role as JSON data."""
    chosen = {f.name: getattr(config, f.name) for f in fields(config) if f.metadata["role"] == role}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in chosen.items()}


def config_hash(config: RunConfig, surroundings: dict[str, str]) -> str:
    """Names a run's default directory: twelve digits over everything its export depends on.

    `surroundings` is what the configuration does not say but the samples depend on: versions, the operator
    catalogue, the replayed file.
    """
    whole = role_values(config, IDENTITY) | role_values(config, SCOPE) | surroundings
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=6).hexdigest()
