"""OpenAI's models: `openai[:model]`."""

from __future__ import annotations

from synth.providers.endpoint import checked_url
from synth.providers.interface import Options, Provider
from synth.providers.keys import need_key

#: OpenAI's cheapest for "focused, high-volume tasks" in November 2026: 0.10 and 0.50 US dollars per million tokens
DEFAULT_MODEL = "gpt-6-luna"


def open_openai(argument: str, options: Options) -> Provider:
    """Raises UsageError when there is no key.  `Options.base_url` is for proxies; it may leave out the `/v1`."""
    key = need_key(f"openai{argument and ':'}{argument}", "OPENAI_API_KEY")
    url = checked_url(options.base_url, "/v1") if options.base_url else None
    from synth.providers.openai_batch import OpenAIBatches
    from synth.providers.openai_protocol import PATHS, CompletionServer, new_client

    client = new_client(key, url, options)
    server = CompletionServer("openai", argument or DEFAULT_MODEL, client, options, "max_completion_tokens")
    server.batches = OpenAIBatches(server, client, PATHS[options.api], options.request_timeout)
    return server
