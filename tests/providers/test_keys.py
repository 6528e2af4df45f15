"""Keys: where they are found, what is said when they are not, and that they do not show."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import UsageError
from synth.providers import keys
from synth.providers.keys import find_key, need_key, redact

NAMES = ("FIRST_TEST_KEY", "SECOND_TEST_KEY")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_nearest_dotenv_of_a_parent_is_read_and_the_environment_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SECOND_TEST_KEY='from$file'\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    before = dict(os.environ)
    assert find_key(*NAMES) == "from$file"
    assert dict(os.environ) == before
    (tmp_path / "a" / ".env").write_text("OTHER=1\n")
    assert find_key(*NAMES) is None


def test_the_environment_wins_and_an_empty_variable_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("FIRST_TEST_KEY=from-file\n")
    monkeypatch.setenv("FIRST_TEST_KEY", " from-environment \n")
    assert find_key(*NAMES) == "from-environment"
    monkeypatch.setenv("FIRST_TEST_KEY", "")
    assert find_key(*NAMES) == "from-file"


def test_a_missing_key_says_which_variable_and_where(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        need_key("gemini:x", *NAMES)
    for part in ("model_name=gemini:x", "FIRST_TEST_KEY or SECOND_TEST_KEY", str(tmp_path / ".env")):
        assert part in str(told.value)


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "schlüssel"])
def test_a_value_that_no_header_can_carry_is_refused_unseen(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_TEST_KEY", value)
    with pytest.raises(UsageError, match="FIRST_TEST_KEY") as told:
        find_key(*NAMES)
    assert value not in str(told.value)


def test_an_unreadable_dotenv_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"FIRST_TEST_KEY=\xff\xfe\n")
    with pytest.raises(UsageError, match=r"\.env: cannot be read \(it is not UTF-8"):
        find_key(*NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcdefghijklmnop1234.",
        "Incorrect API key provided: sk-ab***************wxyz.",
        "non*********none",
        "key AIzaSyA-1234567890abcdefghijklmnopqrstu is bad",
        "Authorization: Bearer abc.def-ghi_123",
        "https://host/v1?key=abcdefgh12345&x=1",
        "https://user:hunter2hunter2@host/v1",
        "AQ.Ab8RN6K1234567890_abc",
    ],
)
def test_what_looks_like_a_key_is_hidden(text: str) -> None:
    shown = redact(text)
    assert keys.HIDDEN in shown
    for secret in ("abcdefghijklmnop", "wxyz", "none", "SyA-", "abc.def", "abcdefgh12345", "hunter2", "Ab8RN"):
        assert secret not in shown


@given(st.text(st.characters(codec="ascii", exclude_characters=" ", categories=["L", "N", "P"]), min_size=8))
def test_a_key_in_use_is_hidden_whatever_it_looks_like(key: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRST_TEST_KEY", key)
        patch.setattr(keys, "_known", set())
        assert find_key(*NAMES) == key
        assert key not in redact(f"the key {key} was turned down") or key in keys.HIDDEN


def test_ordinary_words_stay() -> None:
    text = "HTTP 429: Rate limit reached for gpt-6-luna on tokens per min (TPM): Limit 200000. Try again in 1.2s."
    assert redact(text) == text
