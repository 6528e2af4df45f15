"""The model behind the mock server: from a request to its reply or refusal, by its content alone."""

from __future__ import annotations

from synth.mock_server.answers import Speak, speaker
from synth.mock_server.behaviour import Behaviour
from synth.mock_server.exchange import Asked, Cause, Finish, Refusal, Reply, draws, tokens_in


class Model:
    """The same request gets the same reply, whenever and however often it is asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._speak: Speak = speaker(behaviour.answers, behaviour.faulty_rate)

    def objection(self, asked: Asked) -> Refusal | None:
        """What is wrong with the request itself, told before any limit is looked at."""
        behaviour = self._behaviour
        if behaviour.models and asked.model not in behaviour.models:
            return Refusal(Cause.UNKNOWN_MODEL, asked.model)
        limit = behaviour.context_tokens
        if limit is not None and asked.prompt_tokens > limit:
            return Refusal(Cause.CONTEXT_TOO_LONG, asked.model, str(asked.prompt_tokens), limit=limit)
        return None

    def reply(self, asked: Asked) -> Reply | Refusal:
        """What the model makes of a request without objection."""
        behaviour = self._behaviour
        block, reason, fault, *_ = draws(behaviour.seed, asked.identity, visit=0)
        if block < behaviour.blocked_rate:
            if behaviour.blocked_at == "prompt":
                return Refusal(Cause.BLOCKED, asked.model, str(asked.prompt_tokens))
            return Reply("", Finish.BLOCKED, asked.prompt_tokens, 0)
        room, reasoning = asked.max_tokens, 0
        if reason < behaviour.reasoning_rate:
            if room is not None and room < behaviour.reasoning_needs:
                return Reply("", Finish.LENGTH, asked.prompt_tokens, 0, room)
            reasoning = behaviour.reasoning_needs // 2
        text, finish = self._speak(asked, fault), Finish.STOP
        if room is not None and tokens_in(text) > room - reasoning:
            kept = text.encode("utf-8", "replace")[: 4 * (room - reasoning)]
            text, finish = kept.decode(errors="ignore"), Finish.LENGTH
        return Reply(text, finish, asked.prompt_tokens, tokens_in(text), reasoning)
