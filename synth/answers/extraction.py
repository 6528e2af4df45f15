"""From an answer's text to a program: its code, its `Final Pattern`, its entry class under the sample's name.

Models wrap code in prose, draft before they finish, forget fences or are cut off.  What can be read is read;
what holds no program at all is refused here, and a program that is wrong is left for the contract stage to
say so.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass

from synth.answers.rename import rename_class
from validators.contract import MAX_SOURCE_BYTES, find_entry_point
from validators.verdict import Program, Reason, Stage, Verdict

_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$")
# Bounded repeats: an answer is anyone's text, and must not be able to keep a regular expression busy.
_PATTERN = re.compile(
    r"^[^\w\n]{0,20}final[ \t]+pattern[^\w\n:]{0,9}:[^\w\n\[]{0,9}\s{0,9}\[(?P<items>[^\]]{0,4000})\]", re.I | re.M
)
_PATTERN_LINE = re.compile(r"^[^\w\n]{0,20}final[ \t]+pattern\b[^\n]*(\n|\Z)", re.I | re.M)
_CLASS_LINE = re.compile(r"^[ \t]*class\s+\w+", re.MULTILINE)
_CODE_START = re.compile(r"^(import |from \w[\w.]* import |class \w+|@\w|def \w+)")
_PYTHON = {"", "python", "python3", "py", "py3", "pytorch", "torch"}


@dataclass(frozen=True)
class Extracted:
    """What an answer holds: a program, or the verdict that refuses it; and the pattern it claims."""

    program: Program | None
    refusal: Verdict | None
    final_pattern: tuple[str, ...]


def extract(answer: str | None, name: str, pattern: tuple[str, ...]) -> Extracted:
    """The program of an answer, its entry class renamed to `name`."""
    if answer is None or not answer.strip():
        return Extracted(None, _refuse(Reason.NO_ANSWER, "the answer is empty"), ())
    text = answer.replace("\r\n", "\n").replace("\r", "\n")
    final_pattern = find_final_pattern(text)
    code = find_code(text)
    if code is None:
        return Extracted(None, _refuse(Reason.NO_CODE, "no block of the answer defines a class"), final_pattern)
    return Extracted(as_program(code, name, pattern), None, final_pattern)


def _refuse(reason: Reason, detail: str) -> Verdict:
    return Verdict(Stage.ANSWER, ok=False, reason=reason, detail=detail)


def as_program(source: str, name: str, pattern: tuple[str, ...]) -> Program:
    """`source` with its entry class called `name`; unchanged where there is no single such class."""
    entry = find_entry(source, name)
    if entry is None:
        return Program(source, name, pattern)
    renamed = rename_class(source, entry, name)
    return Program(source if renamed is None else renamed, name, pattern)


def find_final_pattern(text: str) -> tuple[str, ...]:
    """The operators of the last `Final Pattern: [...]` line, in order; empty without one."""
    found = list(_PATTERN.finditer(text))
    if not found:
        return ()
    items = (item.strip().strip("`'\"*").removeprefix("nn.") for item in found[-1]["items"].split(","))
    return tuple(item for item in items if item)


def find_code(text: str) -> str | None:
    """The program text of an answer, or None when nothing in it defines a class."""
    blocks = _blocks(text)
    candidates = [block for block in blocks if _CLASS_LINE.search(block)]
    if len(blocks) > 1:
        # Some answers spread one program over several blocks.
        candidates.insert(0, "\n\n".join(block.rstrip("\n") for block in blocks) + "\n")
    if not blocks and (bare := _without_prose(text)) is not None:
        candidates.append(bare)
    candidates = [candidate for candidate in candidates if _CLASS_LINE.search(candidate)]
    if not candidates:
        return None
    # The most complete one; among equals the last, since drafts come first.
    return max(enumerate(candidates), key=lambda pair: (_completeness(pair[1]), pair[0]))[1]


def _completeness(code: str) -> tuple[bool, int, bool]:
    tree = _parse(code)
    if tree is None:
        wanted = ("def get_inputs", "def get_init_inputs")
        return (False, sum(name in code for name in wanted), False)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    has_module = _entry_point(tree) is not None
    parts = len(functions & {"get_inputs", "get_init_inputs"}) + has_module
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return (has_module, parts, len(classes) == len(set(classes)))


def _blocks(text: str) -> list[str]:
    """The fenced Python blocks in order; a fence that never closes runs to the end of the answer."""
    blocks: list[str] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, lines = fence, []
            continue
        closes = fence and not fence["info"].strip() and fence["mark"].startswith(opened["mark"])
        if not closes:
            lines.append(line)
            continue
        _keep(blocks, opened, lines)
        opened = None
    if opened is not None:
        _keep(blocks, opened, _PATTERN_LINE.sub("", "\n".join(lines)).rstrip().split("\n"))
    return blocks


def _keep(blocks: list[str], opened: re.Match[str], lines: list[str]) -> None:
    words = opened["info"].strip().strip("{}.").lower().split()
    if (words[0] if words else "") in _PYTHON and any(line.strip() for line in lines):
        code = "\n".join(lines)
        blocks.append((textwrap.dedent(code) if opened["indent"] else code).rstrip() + "\n")


def _without_prose(text: str) -> str | None:
    """Code without fences: from the first line that looks like code to the last that still parses."""
    lines = _PATTERN_LINE.sub("", text).rstrip().split("\n")
    first = next((n for n, line in enumerate(lines) if _CODE_START.match(line)), None)
    if first is None:
        return None
    code = lines[first:]
    for end in range(len(code), max(0, len(code) - 40), -1):
        kept = "\n".join(code[:end]).rstrip() + "\n"
        if _parse(kept) is not None:
            return kept
    return "\n".join(code).rstrip() + "\n"


def _parse(source: str) -> ast.Module | None:
    if len(source) > MAX_SOURCE_BYTES:
        return None  # the contract stage refuses it by its size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a program is no news for the user's terminal
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _entry_point(tree: ast.Module) -> str | None:
    try:
        return find_entry_point(tree)
    except RecursionError:  # classes that inherit from each other in a circle
        return None


def find_entry(source: str, expected: str = "") -> str | None:
    """The class to build: the one with the expected name, else the one the validators would take."""
    tree = _parse(source)
    if tree is None:
        return None
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    if expected in classes:
        return expected
    # A lone class without a forward is named all the same, so that the contract stage can say what it lacks.
    return _entry_point(tree) or (classes[0] if len(classes) == 1 else None)
