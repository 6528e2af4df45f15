"""Tier T0: a program's source against a benchmark's, before anything runs.  Torch-free.

N-grams are of the normal form of class bodies and functions (own names are one name, constants one number, docstrings
and what every module repeats gone): on raw text any shared n-gram would reject everything, since all modules share
their boilerplate.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from validators.contamination.packs import Finding, Packs, Problem
from validators.normalize import own_names, source_hash

GRAM = 10  # tokens
MIN_GRAMS = 10  # of a problem; shorter ones are told by equality alone
MIN_WORDS = 6  # of a docstring that is a problem's own
MIN_SIGNATURE = 2  # one operator alone is a level 1 problem's name; a corpus without ReLU would be absurd

_HARNESS = {"get_inputs", "get_init_inputs"}
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|[^\s\w]")
_LOADERS = ("transformers", "diffusers", "timm", "torchvision")

# Spellings of one operation.  Ranks are dropped first, so `MaxPool2d` and `MaxPool` are the same.
_ALIASES = {
    "gemm": "linear",
    "matmul": "linear",
    "bmm": "linear",
    "mm": "linear",
    "swish": "silu",
    "scaling": "multiply",
    "scale": "multiply",
    "mul": "multiply",
    "biasadd": "add",
    "residualadd": "add",
    "sub": "subtract",
    "div": "divide",
    "globalavgpool": "avgpool",
    "adaptiveavgpool": "avgpool",
    "maximum": "max",
    "minimum": "min",
}


def fingerprint(problem_id: str, level: int, name: str, source: str, entry_point: str) -> Problem:
    """What the source of a problem is known by.  Raises SyntaxError."""
    names = canonical_operators(name.split("_"))
    signature = signature_hash(names) if level == 2 and len(names) >= MIN_SIGNATURE else ""
    tree = ast.parse(source)
    found = grams(tree)
    return Problem(
        problem_id,
        level,
        source=source_hash(source, entry_point, keep_constants=False),
        grams=tuple(sorted(found)) if len(found) >= MIN_GRAMS else (),
        texts=tuple(sorted(texts(tree))),
        names=tuple(sorted(model_names(tree))),
        signature=signature,
    )


def check(source: str, entry_point: str, pattern: Sequence[str], packs: Packs, containment: float) -> list[Finding]:
    """What of the packs is in a program, the nearest first.  Raises SyntaxError.

    `containment` is the share of a problem's n-grams from which on it is told as T0 grams.
    """
    findings = []
    tree = ast.parse(source)
    known = packs.sources.get(source_hash(source, entry_point, keep_constants=False))
    if known is not None:
        findings.append(packs.finding("T0 source", known))
    shares = packs.best_share(Counter(dict.fromkeys(grams(tree), 1)), packs.grams, MIN_GRAMS)
    findings += [packs.finding("T0 grams", key, share) for share, key in shares[:1] if share >= containment]
    findings += [packs.finding("T0 text", packs.texts[text]) for text in sorted(texts(tree)) if text in packs.texts]
    names = [packs.names[name] for name in sorted(model_names(tree)) if name in packs.names]
    findings += [packs.finding("T0 name", key) for key in names]
    operators = canonical_operators(pattern)
    if len(operators) >= MIN_SIGNATURE and (known := packs.signatures.get(signature_hash(operators))) is not None:
        findings.append(packs.finding("T0 signature", known))
    return findings


def canonical_operators(names: Sequence[str]) -> tuple[str, ...]:
    """Operator names with case, rank and spelling taken away."""
    plain = (re.sub(r"[123]d$", "", name.lower()) for name in names)
    return tuple(_ALIASES.get(name, name) for name in plain)


def signature_hash(operators: Sequence[str]) -> str:
    """Of canonical names in their order."""
    return hashlib.blake2b("\n".join(operators).encode(), digest_size=16).hexdigest()


def grams(tree: ast.Module) -> set[str]:
    """Hashes of the token n-grams of each class and function body, 12 hex digits each."""
    own = own_names(tree)
    found: set[str] = set()
    for body in _bodies(tree):
        tokens = [_role(token, own) for token in _TOKEN.findall(body)]
        for at in range(len(tokens) - GRAM + 1):
            found.add(_short("\x00".join(tokens[at : at + GRAM])))
    return found


def _bodies(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and node.name not in _HARNESS):
            yield ast.unparse(_Bare().visit(ast.parse(ast.unparse(node))))


def _role(token: str, own: set[str]) -> str:
    if token[0].isdigit():
        return "0"
    return "v" if token in own else token


class _Bare(ast.NodeTransformer):
    """Takes away docstrings, annotations and the call of the base class's constructor."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        value = node.value
        if isinstance(value, ast.Constant):
            return ast.copy_location(ast.Pass(), node)
        text = ast.unparse(value)
        return ast.copy_location(ast.Pass(), node) if re.match(r"super\(.*\)\.__init__\(", text) else node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], node.value, lineno=node.lineno), node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, int | float | complex) and not isinstance(node.value, bool):
            return ast.copy_location(ast.Constant(0), node)
        return node


def texts(tree: ast.Module) -> set[str]:
    """Hashes of the docstrings that say something: six words or more."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            first = " ".join(re.findall(r"\w+", text.partition("\n\n")[0].lower()))
            if len(first.split()) >= MIN_WORDS:
                found.add(_short(first))
    return found


def model_names(tree: ast.Module) -> set[str]:
    """Hashes of the texts that a program which imports a library of pretrained models may mean one by."""
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    if not imported & set(_LOADERS):
        return set()
    strings = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {_short(s.lower()) for s in strings if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", s) and len(s) > 3}


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
