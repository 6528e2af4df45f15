"""What a run is, and whether it may go on in a directory that already holds one."""

from __future__ import annotations

from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from synth import __version__
from synth import config as configs
from synth.config import RunConfig
from synth.errors import UsageError
from synth.files.rundir import RunDir, write_file
from synth.run.judging import settings_of
from synth.sampling import OperatorSets
from synth.store.journal import Journal
from validators.contamination import packs


def versions() -> dict[str, str]:
    """Versions that decide what programs and Triton code look like, told without importing anything heavy."""
    found = {"synth": __version__}
    for package in ("torch", "triton"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def surroundings(config: RunConfig, sets: OperatorSets, answers: dict[str, str]) -> dict[str, str]:
    """What samples depend on beside the configuration; `answers` says it of where answers come from.

    Raises UsageError where a file of fingerprints cannot be used.
    """
    kept_out = {"benchmark fingerprints": _digest(config)}
    return versions() | {"operator catalogue": sets.digest()} | kept_out | answers


def _digest(config: RunConfig) -> str:
    """Of all that is kept out of the corpus."""
    settings_of(config)
    digest = blake2b(digest_size=8)
    for path in (packs.SHIPPED, *map(Path, config.packs)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def admit(config: RunConfig, around: dict[str, str], journal: Journal, run: RunDir) -> None:
    """Lets a run into its directory and notes there what it is, or refuses it with the differences."""
    identity = configs.role_values(config, configs.IDENTITY) | around
    scope = configs.role_values(config, configs.SCOPE)
    noted = journal.meta()
    if "identity" not in noted:
        if stray := next(run.root.glob("SynthModel_*.py"), None):
            raise UsageError(f"output_dir={run.root}: holds {stray.name} but no journal; choose another output_dir.")
        journal.set_meta("versions", versions())
        journal.set_meta("scope", scope)
        journal.set_meta("identity", identity)  # last: with it, all of them are there
    elif "scope" not in noted:
        raise UsageError(f"{journal.path}: is damaged (scope is missing); it was left as it is.")
    elif differences := [*_differences(noted["identity"], identity), *_lowered(noted["scope"], scope)]:
        lines = "\n".join(f"  {line}" for line in differences)
        raise UsageError(
            f"output_dir={run.root}: holds a run of another configuration:\n{lines}\n"
            "Choose another output_dir, or leave it out."
        )
    else:
        journal.set_meta("scope", scope)
    write_file(run.config, configs.dump(config))


def _differences(there: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    return [
        f"{key}: {_shown(there.get(key))} there, {_shown(asked.get(key))} asked"
        for key in sorted(there.keys() | asked.keys())
        if there.get(key) != asked.get(key)
    ]


def _lowered(there: dict[str, int | None], asked: dict[str, int | None]) -> list[str]:
    """What of the scope would shrink; none, as in target_accepted, is without end."""
    return [
        f"{key}: {_shown(there[key])} there, {_shown(value)} asked (can only be raised)"
        for key, value in asked.items()
        if value is not None and value < (there[key] or float("inf"))
    ]


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
