"""Uploads a dataset folder to the Hugging Face hub, where `push=` asks for it.

The client is `huggingface_hub` (extra `hub`), which knows the hub's address (HF_ENDPOINT) and the login.  What it
raises comes from several libraries and may hold addresses and headers, so it is worded here, and the token is taken
out of whatever is said.
"""

from __future__ import annotations

import os
from pathlib import Path

from synth.dataset.folder import CARD, DATA
from synth.errors import CommandError, UsageError

_MEANINGS = {
    401: "the hub does not accept the token; make one with write access, or log in again",
    403: "the token may not write there; it needs write access to that name",
    404: "the hub knows no such user or organisation, or does not show it to this token",
    409: "the hub holds something else under that name",
    429: "the hub asks to wait; try again later",
}


def token() -> str:
    """The token of HF_TOKEN or of the login.  Raises UsageError without the client or without a token."""
    try:
        import huggingface_hub
    except ImportError:
        raise UsageError("push: huggingface_hub is not installed; pip install 'synth[hub]'.") from None
    found = os.environ.get("HF_TOKEN", "").strip() or huggingface_hub.get_token()
    if not found:
        raise UsageError("push: no token; set HF_TOKEN, or log in with `hf auth login`.")
    return str(found)


def push(folder: Path, name: str, secret: str, private: bool) -> str:
    """Makes the repository where there is none and uploads the folder in one commit; the commit's address.

    Files of `data/` that are there and not in the folder are deleted in the same commit.  Raises CommandError; the
    folder stays as it is.
    """
    import huggingface_hub
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    hub = huggingface_hub.HfApi(os.environ.get("HF_ENDPOINT") or None, token=secret, library_name="synth")
    try:
        hub.create_repo(name, repo_type="dataset", private=private, exist_ok=True)
        commit = hub.upload_folder(
            repo_id=name,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=[CARD, f"{DATA}/*"],
            delete_patterns=[f"{DATA}/*"],
            commit_message="Export of synth",
        )
    except Exception as error:  # of the client, of its HTTP library, of the storage's client
        raise CommandError(f"push={name}: {_why(error, secret)}. The export is whole: {folder}") from None
    return str(commit.commit_url)


def _why(error: BaseException, secret: str) -> str:
    """One line without the token; a cause's status counts too, since uploads wrap it."""
    cause: BaseException | None = error
    while cause is not None:
        status = getattr(getattr(cause, "response", None), "status_code", None)
        if isinstance(status, int):
            return f"{_MEANINGS.get(status, 'the hub refuses')} (HTTP {status})"
        cause = cause.__cause__ or cause.__context__
    said = " ".join(str(error).split()).replace(secret, "***")[:300]
    return f"the hub cannot be reached, or broke off ({type(error).__name__}: {said})"
