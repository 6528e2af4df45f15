"""What the mock server says through the real SDKs: programs, recordings, filler, and the tokens it counts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from mock_clients import CLIENTS, PROMPT, Said, asking, openai_client, serving

from synth.answers.extraction import extract
from synth.errors import UsageError
from synth.mock_server import Behaviour, MockServer


def ask_all(behaviour: Behaviour, client: str, *asked: dict[str, Any]) -> list[Said]:
    async def visit(server: MockServer) -> list[Said]:
        async with asking(server, client) as ask:
            return [await ask(**one) for one in asked]

    answers: list[Said] = serving(behaviour, visit)
    return answers


def run_program(answer: str, name: str = "Asked") -> Any:
    """The output of the program in an answer; raises what it raises."""
    program = extract(answer, name, ("Conv2d", "ReLU")).program
    assert program is not None
    space: dict[str, Any] = {}
    exec(compile(program.source, "answer", "exec"), space)
    args, kwargs = space["get_init_inputs"]()
    return space[name](*args, **kwargs)(*space["get_inputs"]())


@pytest.mark.parametrize("client", CLIENTS)
def test_a_prompt_gets_the_program_it_asks_for(client: str) -> None:
    [said] = ask_all(Behaviour(), client, {})
    assert "class Asked(nn.Module)" in said.text
    assert said.text.rstrip().endswith("Final Pattern: [Conv2d, ReLU]")
    assert said.finish in ("stop", "STOP")
    assert 0 < said.prompt_tokens <= len("Be brief." + PROMPT)
    assert 0 < said.text_tokens <= len(said.text)
    assert said.reasoning_tokens == 0
    run_program(said.text)


def test_words_that_are_no_operators_are_left_out_and_without_any_there_is_no_program() -> None:
    some, none = ask_all(
        Behaviour(), CLIENTS[0], {"prompt": "operators: Conv9d, ReLU, Nonsense"}, {"prompt": "How are you?"}
    )
    assert "Final Pattern: [ReLU]" in some.text
    assert "class Model(nn.Module)" in some.text
    assert "```" not in none.text


def test_the_shipped_prompts_are_understood() -> None:
    import prompts

    rendered = [
        prompts.load(name).rendered(operators="Conv2d, ReLU", class_name="Asked", hints="- ReLU: F.relu(x)")
        for name in prompts.names()
    ]
    assert rendered
    for said in ask_all(Behaviour(), CLIENTS[0], *({"prompt": text} for text in rendered)):
        assert "class Asked(nn.Module)" in said.text
        assert "Final Pattern: [Conv2d, ReLU]" in said.text


def test_the_same_request_is_answered_the_same_and_another_seed_asks_for_another_program() -> None:
    asked = [{"seed": 1}, {"seed": 1}, {"seed": 2}]
    first, again, other = ask_all(Behaviour(), "gemini-aiohttp", *asked)
    assert first == again
    assert first.text != other.text
    assert [first, again, other] == ask_all(Behaviour(), "gemini-aiohttp", *asked)


@pytest.mark.parametrize("client", CLIENTS[::2])
def test_what_exceeds_the_token_limit_is_cut(client: str) -> None:
    [said] = ask_all(Behaviour(answers="text:4000"), client, {"limit": 100})
    assert said.finish in ("length", "MAX_TOKENS")
    assert said.text_tokens == 100
    assert len(said.text) == 400


def test_faulty_first_answers_are_wrong_in_each_way_and_repaired_when_sent_back() -> None:
    async def visit(server: MockServer) -> dict[str, int]:
        found = dict.fromkeys(("SyntaxError", "KeyError", "RuntimeError"), 0)
        client = openai_client(server)
        for seed in range(12):
            first = [{"role": "user", "content": PROMPT}]
            made = await client.chat.completions.create(model="m", messages=first, seed=seed)
            wrong = made.choices[0].message.content
            try:
                run_program(wrong)
            except (SyntaxError, KeyError, RuntimeError) as error:
                found[type(error).__name__] += 1
            turns = [*first, {"role": "assistant", "content": wrong}, {"role": "user", "content": "It was rejected."}]
            made = await client.chat.completions.create(model="m", messages=turns, seed=seed)
            run_program(made.choices[0].message.content)
        await client.close()
        return found

    found = serving(Behaviour(faulty_rate=1), visit)
    assert sum(found.values()) == 12
    assert all(found.values())


def test_a_conversation_written_out_for_the_completions_endpoint_is_repaired_too() -> None:
    async def visit(server: MockServer) -> list[str]:
        client = openai_client(server)
        prompts = [f"User:\n{PROMPT}\n\nAssistant:\n"]
        prompts.append(f"{prompts[0]}a wrong program\n\nUser:\nIt was rejected.\n\nAssistant:\n")
        made = [await client.completions.create(model="m", prompt=prompt, max_tokens=9999) for prompt in prompts]
        await client.close()
        assert all(one.usage.completion_tokens > 50 for one in made)
        return [one.choices[0].text for one in made]

    wrong, right = serving(Behaviour(faulty_rate=1), visit)
    with pytest.raises((SyntaxError, KeyError, RuntimeError)):
        run_program(wrong)
    run_program(right)


def test_a_recording_answers_by_pattern_and_in_turn_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    records = [{"pattern": ["Conv2d", "ReLU"], "response": "both"}, {"pattern": ["Tanh"], "response": "one"}]
    file.write_text(json.dumps(records))
    prompts = [{"prompt": f"operators: {names}"} for names in ("Tanh", "Conv2d, ReLU", "Linear", "Linear")]
    said = [one.text for one in ask_all(Behaviour(answers=str(file)), CLIENTS[0], *prompts)]
    assert said == ["one", "both", "both", "one"]


def test_a_recording_without_answers_is_refused_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text('[{"pattern": ["Tanh"]}]')
    with pytest.raises(UsageError, match="record 1 needs a text under response"):
        serving(Behaviour(answers=str(file)), lambda server: asyncio.sleep(0))
