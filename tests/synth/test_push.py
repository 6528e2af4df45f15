"""push=user/name: the real client against a stand-in hub; what goes wrong is said, and the token never is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_server import TOKEN, Hub, hub
from made_run import made_run

from synth import cli
from synth.files.rundir import RunDir

pytest.importorskip("huggingface_hub", reason="huggingface_hub is the extra hub")
from huggingface_hub import constants

ROOT = Path(__file__).resolve().parents[2]
Export = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return made_run(tmp_path / "made", samples=64)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub() as state:
        monkeypatch.setenv("HF_ENDPOINT", state.address)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield state


@pytest.fixture
def export(run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Export:
    """The command with a push, in this process: exit code, output, errors; none of which, nor a file, has the token."""
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no login"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the stand-in speaks the older protocol of the two
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def call(*words: str) -> tuple[int, str, str]:
        code = cli.main([".export", f"path={run.root}", "push=me/pairs", "dedup=false", *words])
        said = capsys.readouterr()
        assert TOKEN not in said.out + said.err
        assert not any(TOKEN.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        return code, said.out, said.err

    return call


def test_the_folder_is_on_the_hub_file_by_file(run: RunDir, there: Hub, export: Export) -> None:
    code, out, err = export("splits=[0.5,0.3,0.2]")
    assert code == 0, err
    assert f"uploaded: {there.address}/datasets/me/pairs/commit/" in out
    folder = run.root / "export" / "dataset"
    here = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    assert here.pop("dedup.json")  # for whoever made it; the card tells readers
    assert there.files == here
    assert len(there.files) == 4 and len(there.commits) == 1
    assert there.repos == {"me/pairs": True}


def test_a_later_export_takes_the_place_of_the_earlier_one(there: Hub, export: Export) -> None:
    assert export("splits=[0.5,0.3,0.2]", "private=false")[0] == 0
    there.files["LICENSE"] = b"the user's own"
    assert export("splits=[1,0,0]")[0] == 0
    assert sorted(there.files) == ["LICENSE", "README.md", "data/train-00000-of-00001.parquet"]
    assert there.repos == {"me/pairs": False} and len(there.commits) == 2


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "the hub does not accept the token"),
        (403, "the token may not write there"),
        (404, "the hub knows no such user or organisation"),
        (400, "the hub refuses (HTTP 400)"),
    ],
)
def test_what_the_hub_refuses_is_said_and_the_export_stays(
    run: RunDir, there: Hub, export: Export, status: int, words: str
) -> None:
    there.refuse = status
    check_failure(export(), run, there, f"push=me/pairs: {words}")


def test_an_upload_that_breaks_off_commits_nothing(run: RunDir, there: Hub, export: Export) -> None:
    there.refuse, there.refuse_from = 403, "/objects/"
    check_failure(export(), run, there, "push=me/pairs: the token may not write there")
    assert not there.commits


def test_a_wrong_token_is_not_accepted(
    run: RunDir, there: Hub, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    code, out, err = export()
    check_failure((code, out, err), run, there, "push=me/pairs: the hub does not accept the token")
    assert "hf_another" not in out + err


def test_a_hub_that_is_not_there_is_said(
    run: RunDir, there: Hub, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the port that discards
    check_failure(export(), run, there, "push=me/pairs: the hub cannot be reached")


def check_failure(done: tuple[int, str, str], run: RunDir, there: Hub, words: str) -> None:
    code, _, err = done
    assert code == 1
    assert err.startswith(f"synth: {words}") and err.count("\n") == 1
    assert f"The export is whole: {run.root}" in err
    assert (run.root / "export" / "dataset" / "README.md").is_file()
    assert not there.files


def test_without_a_token_or_the_client_nothing_is_begun(
    run: RunDir, there: Hub, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    code, _, err = export()
    assert code == 2 and "push: no token; set HF_TOKEN, or log in" in err
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # as where it is not installed
    code, _, err = export()
    assert code == 2 and "pip install 'synth[hub]'" in err
    assert not there.requests and not (run.root / "export").exists()


def test_without_push_nothing_leaves_and_the_client_is_not_even_imported(run: RunDir, there: Hub) -> None:
    code = (
        f"import sys; from synth import cli; code = cli.main(['.export', 'path={run.root}']);"
        "sys.exit(code or 'huggingface_hub' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ), check=False)
    assert done.returncode == 0 and not there.requests
