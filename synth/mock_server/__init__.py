"""A server that speaks the OpenAI and Gemini protocols and misbehaves on demand, for tests and benchmarks.

`server.MockServer` runs one, in a test or behind `python -m synth .mock_server`; `behaviour.Behaviour` says how it
acts.  Answers are programs of the built-in synthesizer, recorded answers or filler; no model is involved.
"""

from synth.mock_server.behaviour import Behaviour
from synth.mock_server.server import MockServer

__all__ = ["Behaviour", "MockServer"]
