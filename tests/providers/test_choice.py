"""Mixtures: what a list of providers may look like, and who answers which sample."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import UsageError
from synth.providers import Options, open_choice


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaTest1234567890")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")


@pytest.mark.parametrize(
    ("model_name", "models", "weights"),
    [
        ("builtin", [""], (1,)),
        ("openai:gpt-x", ["gpt-x"], (1,)),
        ("local:llama3:70", ["llama3:70"], (1,)),  # no list, so no weight
        ("[gemini:gemini-2.5-flash:0.7,builtin:0.3]", ["gemini-2.5-flash", ""], (0.7, 0.3)),
        ("[ 'gemini:a' , \"openai:b:2\" ]", ["a", "b"], (1, 2)),
        (["openai:ft:gpt:org:1e-1", "builtin"], ["ft:gpt:org", ""], (0.1, 1)),
        (("local:qwen2.5:7b", "builtin:3"), ["qwen2.5:7b", ""], (1, 3)),
        ("[builtin:5]", [""], (5,)),
    ],
)
def test_lists(model_name: str | list[str], models: list[str], weights: tuple[float, ...]) -> None:
    choice = open_choice(model_name, Options(base_url="http://127.0.0.1:1"))
    assert [provider.about.model for provider in choice.providers] == models
    assert choice.weights == weights
    asyncio.run(choice.aclose())


@pytest.mark.parametrize(
    ("model_name", "said"),
    [
        ("[gemini:0.7,biultin:0.3]", "Did you mean builtin"),
        ("opena", "Did you mean openai"),
        ("[gemini:0,builtin]", "the weight 0 of gemini must be above 0"),
        ("[gemini:-1,builtin]", "weight -1"),
        ("[gemini:nan,builtin]", "weight nan"),
        ("[gemini:inf,builtin]", "weight inf"),
        ("[]", "a list such as"),
        ("[builtin,,builtin]", "a list such as"),
        ([], "a list such as"),
        ("[builtin:x]", "builtin takes no argument"),
        ("[replay:nowhere.json,builtin]", "brings its own patterns"),
    ],
)
def test_what_is_refused(model_name: str | list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        open_choice(model_name)


def test_who_answers_is_a_function_of_seed_and_sample() -> None:
    one, other = open_choice("[builtin:3,gemini:1]"), open_choice("[builtin:3,gemini:1]")
    drawn = [one.provider_for(5, sample).about.name for sample in range(4000)]
    assert [other.provider_for(5, sample).about.name for sample in reversed(range(4000))] == drawn[::-1]
    assert drawn != [one.provider_for(6, sample).about.name for sample in range(4000)]
    assert 0.72 < Counter(drawn)["builtin"] / 4000 < 0.78


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_single_provider_answers_everything(seed: int, sample: int) -> None:
    choice = open_choice("[builtin:0.2]")
    assert choice.provider_for(seed, sample) is choice.providers[0]


def test_identity_tells_models_weights_and_fingerprints_apart() -> None:
    mixture = open_choice("[gemini:a:0.7,builtin:0.3]")
    builtin = open_choice("builtin")
    assert builtin.identity == f"builtin ({builtin.providers[0].about.fingerprint})"
    assert mixture.identity == f"gemini:a x 0.7, {builtin.identity} x 0.3"
    assert open_choice("gemini").identity.startswith("gemini:gemini-")
    assert mixture.prompted and not builtin.prompted


def test_a_single_replay_brings_its_patterns(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"pattern": ["ReLU"], "response": "x"}\n{"pattern": ["GELU", "Sum"], "response": "y"}\n')
    assert open_choice(f"replay:{file}").patterns == (("ReLU",), ("GELU", "Sum"))
    assert open_choice([f"replay:{file}"]).patterns == (("ReLU",), ("GELU", "Sum"))
    assert open_choice("[builtin,builtin]").patterns is None


def test_the_base_url_is_the_local_servers_where_there_is_one() -> None:
    options = Options(base_url="http://127.0.0.1:1")
    with_local = open_choice("[openai:a,local:b]", options).providers
    assert [provider.about.endpoint for provider in with_local] == ["api.openai.com/v1 a", "127.0.0.1:1/v1 b"]
    without = open_choice("[openai:a,gemini:b]", options).providers
    assert [provider.about.endpoint for provider in without] == ["127.0.0.1:1/v1 a", "127.0.0.1:1 b"]
