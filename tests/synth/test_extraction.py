"""Answers as models write them, and renaming through the syntax tree."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.answers.extraction import extract, find_code, find_entry, find_final_pattern
from synth.answers.rename import rename_class
from validators.verdict import Reason, Stage

PROGRAM = """\
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return x


def get_inputs():
    return []


def get_init_inputs():
    return [], {}
"""
DRAFT = "class Model(nn.Module):\n    pass\n"
HEAD, TAIL = PROGRAM.split("\n\n\ndef get_inputs", 1)


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{PROGRAM}```\n\nFinal Pattern: [A, B]\n",
        f"Idea first.\n\n```\n{PROGRAM}```\nFinal Pattern: [A, B]",
        f"```Python\n{PROGRAM}\n```",
        f"~~~py\n{PROGRAM}~~~",
        f"```python\r\n{PROGRAM.replace(chr(10), chr(13) + chr(10))}```",
        f"Draft:\n```python\n{DRAFT}```\nNow all of it:\n```python\n{PROGRAM}```\n",
        f"```python\n{PROGRAM}```\nA shorter form of the class:\n```python\n{DRAFT}```\n",
        f"```bash\npip install torch\n```\n```python\n{PROGRAM}```",
        f"```python\n{PROGRAM}",
        f"```python\n{PROGRAM}\nFinal Pattern: [A, B]",
        PROGRAM,
        f"Here is the module you asked for.\n\n{PROGRAM}\nHope this helps!\n",
        f"1. The code:\n   ```python\n{''.join('   ' + line for line in PROGRAM.splitlines(True))}   ```\n",
        f"````markdown\nnot code\n````\n```python\n{PROGRAM}```",
    ],
)
def test_the_program_is_found(answer: str) -> None:
    code = find_code(answer.replace("\r\n", "\n"))
    assert code is not None
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(PROGRAM))
    program = extract(answer, "SynthModel_A", ("A",)).program
    assert program is not None
    assert program.entry_point == "SynthModel_A"
    assert "class SynthModel_A(nn.Module)" in program.source


def test_a_program_in_two_blocks_is_put_together() -> None:
    code = find_code(f"The class:\n```python\n{HEAD}\n```\nInputs:\n```python\ndef get_inputs{TAIL}```\n")
    assert code is not None
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse(PROGRAM))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, Reason.NO_ANSWER),
        ("  \n", Reason.NO_ANSWER),
        ("I cannot help with that.", Reason.NO_CODE),
        ("```python\nx = 1\n```", Reason.NO_CODE),
        ("```json\n{}\n```", Reason.NO_CODE),
    ],
)
def test_what_holds_no_program_is_refused(answer: str | None, reason: Reason) -> None:
    extracted = extract(answer, "SynthModel_A", ())
    assert extracted.program is None
    assert extracted.refusal is not None
    assert (extracted.refusal.stage, extracted.refusal.reason) == (Stage.ANSWER, reason)


def test_a_broken_program_is_left_for_the_contract_stage() -> None:
    program = extract("```python\nclass Model(nn.Module):\n    def forward(self, x\n", "SynthModel_A", ()).program
    assert program is not None
    assert program.entry_point == "SynthModel_A"


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Final Pattern: [Conv2d, ReLU]", ("Conv2d", "ReLU")),
        ("**Final Pattern:** [`nn.Conv2d`, 'ReLU']", ("Conv2d", "ReLU")),
        ("final pattern : [Conv2d,\n ReLU]\nNotes.", ("Conv2d", "ReLU")),
        ("Final Pattern: [A]\n...\nFinal Pattern: [B]", ("B",)),
        ("Final Pattern: []", ()),
        ("no such line", ()),
    ],
)
def test_the_final_pattern_is_read(text: str, pattern: tuple[str, ...]) -> None:
    assert find_final_pattern(text) == pattern


def test_the_entry_is_the_expected_one_or_model() -> None:
    two = "import torch.nn as nn\nclass Block(nn.Module):\n  def forward(self, x): return x\n"
    assert find_entry(two + "class Net(nn.Module):\n  def forward(self, x): return Block()(x)\n") == "Net"
    assert find_entry(two + "class Model(nn.Module):\n  def forward(self, x): return x\n") == "Model"
    assert find_entry(two, "Block") == "Block"
    assert find_entry("x = 1") is None


RENAMES = [
    ("class Model(nn.Module):\n    pass  # a Model\n", "class New(nn.Module):\n    pass  # a Model\n"),
    ("class  \\\n  Model : pass\n", "class  \\\n  New : pass\n"),
    ("class Model: pass\nsuper(Model, self)", "class New: pass\nsuper(New, self)"),
    ("é = 'é'; class_ = 1\nclass Model: é = 1; x: 'Model' = Model\n",) * 2,
    ("class Model: pass\nx = 'Model'; y.Model = Model.Model", "class New: pass\nx = 'Model'; y.Model = New.Model"),
    ("class Model: pass\ndef f(Model): return Model", "class New: pass\ndef f(Model): return Model"),
    ("class Model: pass\ndef f(a=Model): Model = 1", "class New: pass\ndef f(a=New): Model = 1"),
    ("class Model: pass\ndef f():\n  global Model\n  Model = 1", "class New: pass\ndef f():\n  global New\n  New = 1"),
    ("class Model: pass\n[Model for Model in x]", "class New: pass\n[Model for Model in x]"),
    ("class Model: pass\nModel2 = MyModel", "class New: pass\nModel2 = MyModel"),
    ("class Model: pass\nx = f'{Model} Model'", "class New: pass\nx = f'{New} Model'"),
    ("@d\nclass Model: pass\r\nz = Model\r\n", "@d\nclass New: pass\r\nz = New\r\n"),
]
RENAMES[3] = (RENAMES[3][0], "é = 'é'; class_ = 1\nclass New: é = 1; x: 'Model' = New\n")


@pytest.mark.parametrize(("before", "after"), RENAMES)
def test_only_references_are_renamed(before: str, after: str) -> None:
    assert rename_class(before, "Model", "New") == after


def test_a_name_already_taken_is_not_merged() -> None:
    assert rename_class("class Model: pass\nNew = 1", "Model", "New") is None
    assert rename_class("class New: pass", "New", "New") == "class New: pass"


SNIPPETS = st.sampled_from(
    [
        "# Model in a comment",
        "Model_ = 1",
        "x = Model",
        "y = 'Model'",
        "class Other(Model): pass",
        "y = [Model, 'é', Model]",
        "def f(a: Model, *, b=Model) -> 'Model': return Model(a, Model=1)",
        "z = lambda Model: Model",
        "o.Model = Model",
        '"""Model\n  docs: Model"""',
        "def g():\n    Model = 3\n    return Model",
        "{Model: 1}[Model]",
        "é = Model; ö = Model",
    ]
)


@given(st.lists(SNIPPETS, max_size=8), st.integers(0, 8))
def test_renaming_keeps_everything_else(snippets: list[str], position: int) -> None:
    snippets.insert(min(position, len(snippets)), "class Model(Base):  # Model\n    '''Model'''\n    own = 1")
    source = "\n".join(snippets) + "\n"
    renamed = rename_class(source, "Model", "Replaced")
    assert renamed is not None
    assert renamed.replace("Replaced", "Model") == source
    loads = [n for n in ast.walk(ast.parse(renamed)) if isinstance(n, ast.Name) and n.id == "Model"]
    local = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == "g"]
    lambdas = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Lambda)]
    assert len(loads) == 2 * len(local) + len(lambdas)


@given(st.text(max_size=300))
def test_no_answer_breaks_the_extraction(text: str) -> None:
    for answer in (text, f"```python\n{text}"):
        assert extract(answer, "SynthModel_A", ()) is not None  # a program or a refusal, never an error


@pytest.mark.parametrize(
    "hostile",
    [
        "\n" * 50_000,
        "*" * 50_000,
        "Final Pattern: [" * 10_000,
        "```\n" * 20_000,
        "class A(B): pass\nclass B(A): pass\n",
        "class Model: x = " + "-" * 50_000 + "1",
        "class Model: x = " + "(" * 50_000,
        "class Model: x = " + "a." * 50_000 + "b",
        "class Model: pass\nx = " + "Model + " * 5_000 + "1",
        "class Model: pass\n" + "x = 1\n" * 100_000,
        "class Model: pass\x00",
        "class Model: '\ud800'",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_hostile_answers_cost_little(hostile: str) -> None:
    started = time.process_time()
    extract(hostile, "SynthModel_A", ())
    extract(f"```python\n{hostile}\n```\n{hostile}", "SynthModel_A", ())
    assert time.process_time() - started < 5
