"""Models behind any OpenAI-compatible server (vLLM, SGLang, llama.cpp, Ollama): `local[:model]`.

Tokens of one's own server cost nothing: who prices calls goes by the provider's name.
"""

from __future__ import annotations

from synth.errors import UsageError
from synth.providers.endpoint import checked_url
from synth.providers.interface import Options, Provider
from synth.providers.keys import find_key, redact

NO_KEY = "none"  # the SDK insists on one; servers without keys read none
MODELS_TIMEOUT = 10.0  # seconds a server may take to name its models


def open_local(argument: str, options: Options) -> Provider:
    """Without a model's name, asks the server for its models and takes the first.

    Raises UsageError without `Options.base_url`, and when the server cannot be asked.
    """
    name = f"model_name=local{argument and ':'}{argument}"
    if not options.base_url:
        raise UsageError(f"{name}: say where the server is, as in base_url=http://localhost:8000/v1.")
    url = checked_url(options.base_url, "/v1")
    key = find_key("LOCAL_API_KEY") or NO_KEY
    from synth.providers.openai_protocol import CompletionServer, new_client

    model = argument or _first_model(url, key)
    return CompletionServer("local", model, new_client(key, url, options), options, "max_tokens")


def _first_model(url: str, key: str) -> str:
    """Asked before the run, not within it: which model answers is part of what the run is."""
    import openai

    where = f"model_name=local: {redact(url)}/models"
    try:
        with openai.OpenAI(api_key=key, base_url=url, max_retries=0, timeout=MODELS_TIMEOUT) as client:
            models = client.models.list().data
            names = [model.id for model in models or ()]
    except Exception as error:
        status = getattr(error, "status_code", None)
        why = f"HTTP {status}" if status else "no answer"
        raise UsageError(
            f"{where} does not name the server's models ({why}); is the server up? Else name one, as in local:MODEL."
        ) from None
    if not names or not names[0]:
        raise UsageError(f"{where} names no model; name one, as in local:MODEL.")
    return names[0]
