"""Addresses of servers: checked before anything starts, and named without what is secret in them."""

from __future__ import annotations

from urllib.parse import urlsplit

from synth.errors import UsageError
from synth.providers.keys import redact


def checked_url(base_url: str, default_path: str = "") -> str:
    """The URL without a slash at its end; `default_path` is added where it has no path.  Raises UsageError."""
    try:
        parts = urlsplit(base_url.strip())
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise UsageError(
            f"base_url={redact(base_url)}: allowed is http://HOST:PORT or https://HOST, with a path or not."
        )
    url = base_url.strip().rstrip("/")
    return url if parts.path.strip("/") else url + default_path


def endpoint_name(url: str, model: str) -> str:
    """What shares one limit, as `About.endpoint` names it: host, path and model."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}{parts.path.rstrip('/')} {model}"
