"""Providers of others: found by entry point, and blamed by name when they are broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from synth.errors import UsageError
from synth.providers import Options, open_provider

ROOT = Path(__file__).parents[2]
MODULE = """
from synth.errors import UsageError
from synth.providers import About, Answer

class Mine:
    about = About("mine", "m")
    async def answer(self, request): return Answer("x")
    async def aclose(self): pass

def good(argument, options):
    mine = Mine(); mine.given = (argument, options); return mine
def refusing(argument, options): raise UsageError("model_name=refusing: not today.")
def failing(argument, options): raise RuntimeError("no such\\nthing, key sk-abcdefgh1234")
def no_about(argument, options): return object()
def no_answer(argument, options):
    class Half: about = About("half")
    return Half()
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with entry points, as an installer would leave it."""
    names = ("good", "refusing", "failing", "no_about", "no_answer")
    points = [f"{name} = plugin_of_test:{name}" for name in names]
    points += ["missing = plugin_of_test:nothing", "absent = no_such_module:x", "builtin = plugin_of_test:good"]
    points += ["twice = plugin_of_test:good"]
    for number, lines in enumerate((points, ["twice = plugin_of_test:failing"])):
        info = tmp_path / f"plugin{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plugin{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[synth.providers]\n" + "\n".join(lines) + "\n")
    (tmp_path / "plugin_of_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "plugin_of_test", raising=False)


def test_an_entry_point_gets_argument_and_options() -> None:
    options = Options(base_url="http://x", max_in_flight=3)
    provider = open_provider("good:a:b", options)
    assert provider.given == ("a:b", options)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("refusing", "^model_name=refusing: not today.$"),
        ("failing", r"plugin_of_test:failing of plugin0 cannot be opened \(RuntimeError: no such thing, key \[key\]\)"),
        ("missing", "plugin_of_test:nothing of plugin0 cannot be loaded .AttributeError"),
        ("absent", "no_such_module:x of plugin0 cannot be loaded .ModuleNotFoundError"),
        ("no_about", "gave object, which has no About"),
        ("no_answer", "gave Half, which has no `answer`"),
        ("twice", "both provide twice"),
        ("goood", "installed: .*good.* Did you mean good"),
    ],
)
def test_a_broken_one_is_blamed_by_name(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        open_provider(name)


def test_a_built_in_name_cannot_be_taken() -> None:
    assert open_provider("builtin").about.name == "builtin"


def test_sdks_are_imported_only_when_they_are_needed() -> None:
    code = (
        "import sys\n"
        "from synth.providers import open_choice, keys\n"
        "open_choice('builtin')\n"
        "heavy = {'openai', 'google.genai', 'aiohttp', 'httpx2', 'pydantic', 'dotenv'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
