"""What near-duplicates are compared by: hashed token 5-grams of a program's body, and of its Triton text.

Normal form of the program: classes and functions without the harness (`get_inputs`, `get_init_inputs`), docstrings,
annotations and formatting; numbers are one token.  Names of the program's own become roles rather than the numbers by
order of appearance that `validators.normalize` gives them: one statement more near the top would renumber, and so
change, every shingle behind it.  A module attribute's role is what it was made with: `self.act(x)` reads as
`self.GELU(v)`.

Normal form of the Triton text: kernels and `call` without comments; kernel names, numbers and the numerals within names
are taken away.  The classes are left out, because they repeat the program.  A kernel that Inductor wrote from a
template (matrix products, convolutions) is one token, the hash of its own normal form: templates are long and always
the same, and would make near-duplicates of all programs that multiply matrices.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from validators.normalize import is_code

#: tokens in a shingle: long enough that unrelated modules share few (median Jaccard below 0.2), short enough that one
#: changed operator leaves most of them
SIZE = 5

Shingles = npt.NDArray[np.uint32]  # ascending, each once

# Odd multipliers for the five places, from splitmix64's constants (Steele, Lea, Flood: "Fast splittable pseudorandom
# number generators", 2014), so that a shingle's hash depends on the order of its tokens.
_PLACES = np.array(
    [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F],
    dtype=np.uint64,
)


def of_program(source: str, entry_point: str) -> Shingles:
    """Of a program's body.  Raises SyntaxError, ValueError or RecursionError where it is no Python that can be read."""
    return of_tokens(program_tokens(source, entry_point))


def of_triton(text: str) -> Shingles:
    """Of a pair's Triton text, which need not be valid Python."""
    return of_tokens(triton_tokens(text))


def of_tokens(tokens: Iterable[str]) -> Shingles:
    """32 bits of each 5-gram; a shorter text is one shingle, an empty one none."""
    hashed = np.array([_hash(token) for token in tokens], dtype=np.uint64)
    if not len(hashed):
        return np.empty(0, dtype=np.uint32)
    if len(hashed) < SIZE:
        hashed = np.concatenate([hashed, np.zeros(SIZE - len(hashed), dtype=np.uint64)])
    grams = np.lib.stride_tricks.sliding_window_view(hashed, SIZE)
    summed = (grams * _PLACES).sum(axis=1, dtype=np.uint64)
    return np.unique((mixed(summed) >> np.uint64(32)).astype(np.uint32))


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """splitmix64's finalizer: each bit of the input changes half of the output's."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def jaccard(first: Shingles, second: Shingles) -> float:
    """The share of common shingles; 0 where both are empty, since nothing is known of such texts."""
    together = len(first) + len(second)
    if not together:
        return 0.0
    both = np.sort(np.concatenate([first, second]))
    common = int(np.count_nonzero(both[1:] == both[:-1]))
    return common / (together - common)


@lru_cache(maxsize=1 << 16)
def _hash(token: str) -> int:
    return int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def program_tokens(source: str, entry_point: str) -> list[str]:
    """The normal form of a program's body, token by token.  Raises as `of_program` does."""
    tree = ast.parse(source)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    foreign = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    walk = _Walk(foreign, {node.name for node in tree.body if isinstance(node, ast.ClassDef)})
    for node in tree.body:
        if is_code(node):
            walk.visit(node)
    return walk.tokens


_BUILTINS = {*dir(builtins), "self"}


class _Walk:
    def __init__(self, foreign: set[str], classes: set[str]) -> None:
        self.foreign, self.classes = foreign | _BUILTINS, classes
        self.roles: dict[str, str] = {}
        self.tokens: list[str] = []

    def visit(self, node: ast.AST) -> None:
        """The node's tokens, in the order of the text."""
        own_way = _WAYS.get(type(node))
        if own_way is not None:
            own_way(self, node)
            return
        self.tokens.append(type(node).__name__)
        self.children(node)

    def children(self, node: ast.AST) -> None:
        """All that is in the node."""
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context):
                self.visit(child)

    def name(self, name: str) -> str:
        """A name of the program's own as its role."""
        if name in self.classes:
            return "C"
        return name if name in self.foreign else "v"

    def class_(self, node: ast.ClassDef) -> None:
        self.roles.update(_roles(node, self.name))
        self.tokens.append("class")
        for base in node.bases:
            self.visit(base)
        self.statements(node.body)

    def function(self, node: ast.FunctionDef) -> None:
        self.tokens += ["def", node.name if node.name.startswith("__") or node.name == "forward" else "f"]
        self.visit(node.args)
        self.statements(node.body)

    def statements(self, body: list[ast.stmt]) -> None:
        for number, statement in enumerate(body):
            if number == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a docstring
            self.visit(statement)

    def arg(self, node: ast.arg) -> None:
        self.tokens.append("v")

    def identifier(self, node: ast.Name) -> None:
        self.tokens.append(self.name(node.id))

    def attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in self.roles:
            self.tokens.append("self." + self.roles[node.attr])
            return
        self.visit(node.value)
        self.tokens.append("." + node.attr)

    def constant(self, node: ast.Constant) -> None:
        plain = isinstance(node.value, bool | str) or node.value is None
        self.tokens.append(repr(node.value) if plain else "0")

    def call(self, node: ast.Call) -> None:
        self.visit(node.func)
        self.tokens.append("(")
        for argument in (*node.args, *node.keywords):
            self.visit(argument)
        self.tokens.append(")")

    def keyword(self, node: ast.keyword) -> None:
        self.tokens.append(f"{node.arg}=")
        self.visit(node.value)

    def annotated(self, node: ast.AnnAssign) -> None:
        self.tokens.append("Assign")
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)


_WAYS: dict[type[ast.AST], Callable[[_Walk, Any], None]] = {
    ast.ClassDef: _Walk.class_,
    ast.FunctionDef: _Walk.function,
    ast.arg: _Walk.arg,
    ast.Name: _Walk.identifier,
    ast.Attribute: _Walk.attribute,
    ast.Constant: _Walk.constant,
    ast.Call: _Walk.call,
    ast.keyword: _Walk.keyword,
    ast.AnnAssign: _Walk.annotated,
    ast.Expr: _Walk.children,
}


def _roles(node: ast.ClassDef, name_of: Callable[[str], str]) -> dict[str, str]:
    """For each attribute that a class assigns to itself what it is made with; for its methods that they are some."""
    methods = [child for child in node.body if isinstance(child, ast.FunctionDef)]
    roles = {method.name: "f" for method in methods if method.name != "forward" and not method.name.startswith("__")}
    for statement in _statements(methods):
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
                roles.setdefault(target.attr, _made_with(statement.value, name_of))
    return roles


def _made_with(value: ast.expr | None, name_of: Callable[[str], str]) -> str:
    function = value.func if isinstance(value, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return name_of(function.id) if isinstance(function, ast.Name) else "a"


def _statements(found: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Those and all in their blocks."""
    for statement in found:
        yield statement
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(statement, block, None)
            if isinstance(inner, list):
                yield from _statements(inner)


_COMMENTS = re.compile(r"#.*")
_FUNCTIONS = re.compile(r"^def (\w+)(.*\n(?:[ \t)].*\n|\n)*)", re.MULTILINE)
_TEMPLATE = "triton_template_"  # how Inductor's names of such kernels begin
_TOKENS = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|[^\s\w]")
_DTYPES = re.compile(r"(?:u?int|float|bfloat|fp|bf|tf|complex)\d+\w*")
_NUMERALS = re.compile(r"_?\d+")


def triton_tokens(text: str) -> list[str]:
    """The normal form of a Triton text, token by token."""
    functions = _FUNCTIONS.findall(_COMMENTS.sub("", text) + "\n")
    kernels = {name for name, _ in functions} - {"call"}
    tokens: list[str] = []
    for name, body in functions:
        normal = ["k" if token in kernels else _without_numerals(token) for token in _TOKENS.findall(body)]
        if name.startswith(_TEMPLATE):
            normal = [blake2b(" ".join(normal).encode(), digest_size=8).hexdigest()]
        tokens += ["def", *normal]
    return tokens


@lru_cache(maxsize=1 << 16)
def _without_numerals(token: str) -> str:
    if token[0].isdigit():
        return "0"
    return token if _DTYPES.fullmatch(token) else _NUMERALS.sub("", token)
