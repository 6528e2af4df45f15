"""The text of a pair's Triton side: the kernels and their `call`, the program's constructor, a `forward` on top."""

from __future__ import annotations

import ast
import copy
import re
import symtable
from dataclasses import dataclass, replace

from validators.emission import plain, readable

KERNEL = re.compile(r"^(triton_\w+) = async_compile\.triton\(", re.MULTILINE)
EXTERN = re.compile(r"(?:= |^\s*)(extern_kernels\.\w+|torch\.ops\.[\w.]+)\(", re.MULTILINE)
# Where a cache file lay and how many graphs the process had compiled before: nothing about the program.
# A tensor constant's line ends with its Python hash, which is an address.
_ADDRESS = re.compile(r"^(\w+ = None  # device\(.*\) torch\.\w+ \(.*\) \(.*\)) -?[0-9a-f]+$", re.MULTILINE)
_FUTURE = "from __future__ import annotations\n\n"
_INCIDENTAL = re.compile(r"^# (?:kernel path|AOT ID): .*\n", re.MULTILINE)


def kernel_names(text: str) -> tuple[str, ...]:
    """The Triton kernels that Inductor's text defines, in order."""
    return tuple(KERNEL.findall(text))


def extern_calls(text: str) -> tuple[str, ...]:
    """The library kernels that Inductor's text calls, in order, with repeats."""
    return tuple(EXTERN.findall(text))


def has_cpu_kernel(text: str) -> bool:
    """True when part of the graph became C++ for the CPU."""
    return "async_compile.cpp" in text


def original(text: str) -> str:
    """Inductor's text as it wrote it, but for comments about the process that wrote it."""
    return _ADDRESS.sub(r"\1", _INCIDENTAL.sub("", text))


def uses_constant(text: str, name: str) -> bool:
    """Whether Inductor's text hands the constant to a kernel; it may declare copies that nothing reads."""
    used = rf"^[^#\n]*\b{re.escape(name)}\b(?! = None)"
    return re.search(used, _without_benchmark(text), re.MULTILINE) is not None


@dataclass(frozen=True)
class Written:
    """A pair's Triton side: Inductor's part, and the class that calls it."""

    inductor: str
    constants: str
    own: str

    @property
    def text(self) -> str:
        """The whole module, not formatted, with the program's leading imports beside Inductor's."""
        own = self.own.removeprefix(_FUTURE)
        future = _FUTURE if own != self.own else ""  # has to come first in a file
        leading, own = readable.leading_imports(own)
        first, rest = readable.leading_imports(self.inductor)
        imports = "\n".join(sorted(dict.fromkeys([*first, *leading]), key=lambda said: said.startswith("from ")))
        return f"{future}{imports}\n\n{rest.rstrip()}\n\n{self.constants}\n{own}\n"


@dataclass(frozen=True)
class Binding:
    """How `forward` reaches the kernels: expressions over `self`, its parameters and `result`."""

    names: list[str]  # local variables, one per argument of Inductor's `call`
    arguments: list[str]  # what each of them is
    result: str  # the local variable for what `call` returns
    output: str  # what forward returns, over `<result>[k]`
    constants: dict[str, str]  # tensors Inductor's text refers to by a global name
    init_lines: list[str]  # statements the constructor ends with
    note: str  # the class's docstring


def assemble(text: str, source: str, entry_point: str, binding: Binding) -> Written:
    """One self-contained module: what of Inductor's `text` is used, as plain Triton, then class `<entry_point>New`.

    The class has the constructor of `entry_point` in `source`; its `forward` has the same parameters and calls the
    kernels as `binding` says.  Raises ValueError where Inductor's text has a form that `plain` does not know.
    """
    inductor = plain.write(_without_benchmark(original(text)), binding.constants)
    inductor = readable.without_unused(inductor, {"call", "torch"})
    program = ast.parse(source)
    same = [n for n in program.body if isinstance(n, ast.ClassDef) and n.name == entry_point]
    program.body = [n for n in program.body if n not in same[:-1]]  # the last definition is the one that counts
    taken = _top_level_names(ast.parse(inductor))
    kept = _needed(program, entry_point, [*binding.arguments, binding.output])
    renames = {name: f"{name}_of_program" for name in _defined(kept) & taken if name != entry_point}
    renames[entry_point] = f"{entry_point}New"
    parameters = forward_parameters(program, entry_point)
    body = [_Rename(renames).visit(node) for node in kept]
    cls = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == f"{entry_point}New")
    _replace_forward(cls, parameters, _with_renames(binding, renames))
    _extend_init(cls, binding.init_lines)
    module = _spaced([ast.unparse(ast.fix_missing_locations(node)) for node in body], body)
    assigned = "".join(f"{name} = {value}\n" for name, value in binding.constants.items())
    extra = "from collections import OrderedDict\n\n\n" if "OrderedDict(" in binding.output else ""
    own = extra + module
    used = {n.id for n in ast.walk(ast.parse(assigned + own)) if isinstance(n, ast.Name)}
    inductor = readable.without_unused(inductor, used | {"call"})  # torch, unless someone uses it
    return Written(inductor, assigned, (_FUTURE if _defers_annotations(program) else "") + own)


def _defers_annotations(program: ast.Module) -> bool:
    imports = [n for n in program.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    return any(alias.name == "annotations" for node in imports for alias in node.names)


def _with_renames(binding: Binding, renames: dict[str, str]) -> Binding:
    def renamed(expression: str) -> str:
        tree = ast.parse(expression, mode="eval")
        return ast.unparse(_Rename(renames).visit(tree)) if _uses(tree) & renames.keys() else expression

    return replace(binding, arguments=list(map(renamed, binding.arguments)), output=renamed(binding.output))


def _extend_init(cls: ast.ClassDef, lines: list[str]) -> None:
    if not lines:
        return
    found = next((n for n in cls.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if found is None:  # the base class's
        text = "def __init__(self, *args, **kwargs):\n    super().__init__(*args, **kwargs)"
        found = ast.parse(text).body[0]  # type: ignore[assignment]
        assert isinstance(found, ast.FunctionDef)
        cls.body.insert(1, found)
    own = found.args.args[0].arg
    found.body += [_Rename({"self": own}).visit(n) for n in ast.parse("\n".join(lines)).body]


def _without_benchmark(text: str) -> str:
    # The tail serves Inductor's own benchmarks; a training example has no use for it.
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    for node in reversed(tree.body):
        is_main = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        is_benchmark = isinstance(node, ast.FunctionDef) and node.name in {"get_args", "benchmark_compiled_module"}
        if is_main or is_benchmark:
            assert node.end_lineno is not None
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


def _top_level_names(tree: ast.Module) -> set[str]:
    """Names Inductor's text binds, but for plain `import x`, which means the same in both texts."""
    names = _defined([node for node in tree.body if not isinstance(node, ast.Import)])
    return names | {"call", "runner"}


def _defined(nodes: list[ast.stmt]) -> set[str]:
    """Names the statements bind, but for plain `import x`."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.asname for alias in node.names if alias.asname)
        else:
            names.update(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            # `try: import x`, `if condition: def f`
            inner = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt | ast.ExceptHandler)]
            names |= _defined([n for n in inner if isinstance(n, ast.stmt)])
            names |= _defined([n for handler in inner if isinstance(handler, ast.ExceptHandler) for n in handler.body])
    return names


def _binds(node: ast.stmt) -> set[str]:
    imported = [n for n in ast.walk(node) if isinstance(n, ast.Import)] if not _is_definition(node) else []
    plain = {(alias.asname or alias.name).split(".")[0] for n in imported for alias in n.names}
    return plain | _defined([node])


def _has_effect(node: ast.stmt) -> bool:
    """A statement that changes something instead of naming it: `torch.set_default_dtype(...)`, `CONFIG["d"] = 8`."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(not isinstance(target, ast.Name | ast.Tuple) for target in targets)
    return isinstance(node, ast.Expr)


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


def _uses(node: ast.AST) -> set[str]:
    """Global names that a statement or expression needs; parameters and locals of its functions are not among them."""
    table = symtable.symtable(ast.unparse(node), "<program>", "exec")
    used = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    inner = list(table.get_children())
    while inner:
        scope = inner.pop()
        # A class body that assigns a name may read the global one first: `eps = eps`.
        is_class = scope.get_type() == "class"
        used |= {s.get_name() for s in scope.get_symbols() if s.is_global() or (is_class and s.is_referenced())}
        inner.extend(scope.get_children())
    return used


def _needed(program: ast.Module, entry_point: str, expressions: list[str]) -> list[ast.stmt]:
    """The statements of the program that its entry point's constructor or the expressions can reach, in order."""
    wanted = {entry_point}.union(*(_uses(ast.parse(expression, mode="eval")) for expression in expressions))
    keep: set[int] = set()
    grew = True
    while grew:
        grew = False
        for index, node in enumerate(program.body):
            if index in keep or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                continue
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                continue
            if _binds(node) & (wanted | {"*"}) or _has_effect(node):
                keep.add(index)
                wanted |= _uses_of_definition(node, entry_point)
                grew = True
    return [node for index, node in enumerate(program.body) if index in keep]


def _uses_of_definition(node: ast.stmt, entry_point: str) -> set[str]:
    if isinstance(node, ast.ClassDef) and node.name == entry_point:
        return _uses(_without_forward(node))
    return _uses(node)


def _without_forward(node: ast.ClassDef) -> ast.ClassDef:
    """The class with an empty forward: its body is going to be replaced, its parameters' defaults stay."""
    copied = copy.deepcopy(node)
    for item in copied.body:
        if isinstance(item, ast.FunctionDef) and item.name == "forward":
            item.body = [ast.Pass()]
            item.returns = None
            _drop_annotations(item.args)
    return copied


def _drop_annotations(arguments: ast.arguments) -> None:
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            rest.annotation = None


class _Rename(ast.NodeTransformer):
    """Renames top-level names of the program where they are used as names."""

    def __init__(self, renames: dict[str, str]) -> None:
        self.renames = renames

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.renames.get(node.id, node.id)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self.renames.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.col_offset == 0:
            node.name = self.renames.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        for alias in node.names:
            name = alias.asname or alias.name
            if name in self.renames:
                alias.asname = self.renames[name]
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            if alias.asname in self.renames:
                alias.asname = self.renames[alias.asname]
        return node


def _replace_forward(cls: ast.ClassDef, parameters: str, binding: Binding) -> None:
    lines = [f"def forward({parameters}):"]
    lines += [f"    {name} = {value}" for name, value in zip(binding.names, binding.arguments, strict=True)]
    lines += [f"    {binding.result} = call([{', '.join(binding.names)}])", f"    return {binding.output}"]
    forward = ast.parse("\n".join(lines)).body[0]
    assert isinstance(forward, ast.FunctionDef)
    own = [*forward.args.posonlyargs, *forward.args.args][0].arg
    forward.body = [_Rename({"self": own}).visit(node) for node in forward.body]
    kept = [n for n in cls.body if not (isinstance(n, ast.FunctionDef) and n.name == "forward")]
    if kept and isinstance(kept[0], ast.Expr) and isinstance(kept[0].value, ast.Constant):
        kept = kept[1:]  # the program's docstring describes a forward that is no longer here
    cls.body = [ast.Expr(ast.Constant(binding.note)), *kept, forward]


def forward_parameters(program: ast.Module, entry_point: str) -> str:
    """The parameter list of the entry point's forward, or of the base class it inherits it from."""
    classes = {node.name: node for node in program.body if isinstance(node, ast.ClassDef)}
    name: str | None = entry_point
    while name in classes:
        node = classes[name]
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "forward":
                arguments = copy.deepcopy(item.args)
                _drop_annotations(arguments)
                return ast.unparse(arguments)
        name = next((b.id for b in node.bases if isinstance(b, ast.Name) and b.id in classes and b.id != name), None)
    return "self, *args"


def _spaced(texts: list[str], nodes: list[ast.stmt]) -> str:
    """Two blank lines around top-level classes and functions; what stands inside of a statement is left alone."""
    parts: list[str] = []
    for index, (text, node) in enumerate(zip(texts, nodes, strict=True)):
        apart = _is_definition(node) or (index > 0 and _is_definition(nodes[index - 1]))
        parts.append(("\n\n\n" if apart else "\n") * bool(index) + text)
    return "".join(parts)
