"""Configuration: file, overrides, what is saved, what names a run."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth import config as configs
from synth.config import RunConfig, build, config_hash, dump
from synth.errors import UsageError
from synth.run.judging import PROOFS, settings_of
from validators.verdict import settings_from_json, settings_to_json


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("num_total_samples = 7\np_value = 0.2\nnum_core_ops_range = [2, 4]\n")
    config = build({"p_value": 0.5}, file)
    assert (config.num_total_samples, config.p_value, config.num_core_ops_range) == (7, 0.5, (2, 4))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("p_valu = 0.2\n", ["unknown key p_valu", "Did you mean p_value?"]),
        ("p_value = 'x'\n", ["p_value=x", "from 0 to 1"]),
        ("num_core_ops_range = [1, 2, 3]\n", ["num_core_ops_range"]),
        ("p_value = \n", ["not valid TOML"]),
    ],
)
def test_a_wrong_file_is_named_with_the_field(tmp_path: Path, content: str, words: list[str]) -> None:
    file = tmp_path / "run.toml"
    file.write_text(content)
    with pytest.raises(UsageError) as caught:
        build({}, file)
    for word in [str(file), *words]:
        assert word in str(caught.value)


@given(
    st.builds(
        RunConfig,
        num_total_samples=st.integers(1, 10**9),
        target_accepted=st.none() | st.just(1),
        model_name=st.sampled_from(["builtin", 'replay:a "b"\\c.json', "replay:ä\u2028.json", ("gemini:0.7", "x")]),
        price=st.none() | st.just((0.1, 2.5)),
        device_target=st.sampled_from(["sm_90", ("sm_80", "sm_100", "gfx942")]),
        max_cost=st.none() | st.floats(0.001, 1e9),
        base_url=st.none() | st.just("https://x.example/v1"),
        num_core_ops_range=st.just((1, 4)),
        p_value=st.floats(0, 1),
        output_dir=st.none() | st.just(Path("some/where")),
        seed=st.integers(0, 2**40),
    )
)
def test_what_is_saved_reads_back(config: RunConfig) -> None:
    import tomllib

    data = tomllib.loads(dump(config))
    assert build(data) == replace(config, **{k: v for k, v in vars(config).items() if k in data})


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ({"base_url": "http://x:1/v1/"}, "http://x:1/v1"),
        ({"server_address": "gpu1", "port": 30000}, "http://gpu1:30000/v1"),
        ({"port": 8000}, "http://localhost:8000/v1"),
        ({}, ""),
    ],
)
def test_a_server_is_named_in_either_way(given: dict[str, object], server: str) -> None:
    assert build(given).server == server


@pytest.mark.parametrize("typed", ["[gemini:0.7, builtin]", ["gemini:0.7", "builtin"], "['gemini:0.7',\"builtin\"]"])
def test_several_models_are_typed_or_listed(typed: object) -> None:
    assert build({"model_name": typed}).model_name == ("gemini:0.7", "builtin")


@pytest.mark.parametrize(
    ("typed", "targets"),
    [
        ("sm_90", ("sm_90",)),
        ("[sm_90]", ("sm_90",)),
        ("[sm_80, sm_100,gfx942]", ("sm_80", "sm_100", "gfx942")),
        (["sm_100", "sm_80"], ("sm_100", "sm_80")),
    ],
)
def test_code_is_written_for_the_first_target(typed: object, targets: tuple[str, ...]) -> None:
    config = build({"device_target": typed})
    assert config.device_targets == targets
    settings = settings_of(config)
    assert (settings.device_target, settings.further_targets, settings.device_targets) == (
        targets[0], targets[1:], targets,
    )  # fmt: skip
    assert settings_from_json(json.loads(json.dumps(settings_to_json(settings)))) == settings


@pytest.mark.parametrize("typed", ["gfx942", "[gfx942,sm_80]", "[sm_80,sm_80]", "[]", "sm_70", 80])
def test_a_target_that_no_code_is_written_for_is_refused(typed: object) -> None:
    with pytest.raises(UsageError, match="sm_80, sm_90, sm_100"):
        build({"device_target": typed})


def test_what_the_validators_need_reaches_them() -> None:
    given = {"templates": "extern", "prove": False, "seed": 7, "max_tensor_bytes": 9, "benchmark_containment": 0.7}
    config = build(given)
    settings = settings_of(config)
    assert settings.benchmark_containment == 0.7 and settings.fingerprints == ()
    assert (settings.templates, settings.seed, settings.max_tensor_bytes) == ("extern", 7, 9)
    assert not set(PROOFS) & set(settings.stages)
    assert set(PROOFS) <= set(settings_of(RunConfig()).stages)


def test_every_field_changes_the_hash_unless_operational() -> None:
    base = RunConfig()
    changed = {
        "num_total_samples": 7, "target_accepted": 3, "num_worker": 99, "model_name": "replay:x", "p_value": 0.1,
        "num_core_ops_range": (2, 3), "num_compound_ops_range": (1, 2), "num_supporting_ops_range": (0, 1), "seed": 9,
        "max_retries": 1, "temperature": 0.1, "device_target": "sm_90", "prove": False, "validation_timeout": 1.0,
        "max_tensor_bytes": 5, "output_dir": Path("x"), "repair_model": "builtin", "prompt": "resample",
        "prompt_dir": Path("x"), "max_output_tokens": 5, "api": "completions", "base_url": "http://x",
        "server_address": "x", "port": 5, "mode": "batch", "batch_size": 5, "max_in_flight": 5,
        "requests_per_minute": 5.0,
        "tokens_per_minute": 5.0, "request_timeout": 5.0, "max_cost": 5.0, "price": (1.0, 2.0),
        "templates": "triton", "backward": True, "allow_unsafe": True,
        "steer": "coverage", "steer_every": 7, "fingerprints": ("x.json",), "benchmark_containment": 0.5,
    }  # fmt: skip
    assert set(changed) == {field.name for field in fields(RunConfig)}
    for key, value in changed.items():
        same = config_hash(replace(base, **{key: value}), {}) == config_hash(base, {})
        assert same == (key in configs.role_values(base, configs.OPERATION)), key
    assert config_hash(base, {"torch": "2.12"}) != config_hash(base, {"torch": "2.13"})


def test_the_version_is_the_one_of_the_project() -> None:
    import tomllib

    from synth import __version__

    project = tomllib.loads((Path(__file__).parent.parent.parent / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
