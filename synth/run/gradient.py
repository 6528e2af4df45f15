"""A program's gradient as a program of its own: `backward=true`.

The program's text stays as it is; behind it comes a class whose forward takes the inputs and a gradient for each output
and returns the gradients of inputs and parameters, in that order.  `torch.func.vjp` writes them, which torch.compile
traces, so that the class goes through the same stages as any program and is a pair with evidence of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from synth.run.judging import JudgingPool
from validators.verdict import Judgement, Program, Reason, Stage, Verdict

_REAL = re.compile(r"(float\d+|bfloat16)\[(.*)\]")  # of `shapes.shape_list`: what can have a gradient


class NoGradientError(Exception):
    """The form of a program does not allow to derive another from it; the message says why."""


async def judged(program: Program, verdicts: Iterable[Verdict], pool: JudgingPool) -> tuple[Program | None, Judgement]:
    """The gradient of a program that passed with `verdicts`, and what the validators say of it."""
    try:
        gradient = derive(program, verdicts)
    except NoGradientError as error:
        return None, Judgement((Verdict(Stage.CONTRACT, False, Reason.UNSUPPORTED_FORM, f"its gradient: {error}"),))
    return gradient, await pool.judge(gradient)


def derive(program: Program, verdicts: Iterable[Verdict]) -> Program:
    """The gradient as a program.  Raises NoGradientError.

    Shapes and dtypes are those that the eager stage saw; a program whose inputs or outputs are nested otherwise than as
    a list of tensors gives a gradient that fails in its own first run.
    """
    seen = next((verdict.metrics for verdict in verdicts if verdict.stage is Stage.EAGER), {})
    inputs, outputs = seen.get("inputs", []), seen.get("outputs", [])
    tree = ast.parse(program.source)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    given = _parameters(classes, program.entry_point, len(inputs))
    taken = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | set(classes) | set(given)
    differentiated = [name for name, shape in zip(given, inputs, strict=True) if _REAL.fullmatch(shape)]
    answered = [index for index, shape in enumerate(outputs) if _REAL.fullmatch(shape)]
    has_parameters = bool(seen.get("parameters"))
    if not answered or not (differentiated or has_parameters):
        raise NoGradientError("nothing in it has one")
    names = [_free("grad_output" if len(answered) == 1 else f"grad_output_{index}", taken) for index in answered]
    name, before = _free(f"{program.entry_point}Backward", taken), _free("get_forward_inputs", taken)
    signature, passed_on = _constructor(classes, program.entry_point)
    imported = _imported(tree)
    module = "nn.Module" if "nn" in imported else "torch.nn.Module"
    lines = [] if "torch" in imported else ["import torch", "", ""]
    lines += [
        f"class {name}({module}):",
        f'    """The gradients of {program.entry_point}: of its inputs, then of its parameters."""',
        "",
        f"    def __init__({', '.join(filter(None, ['self', signature]))}):",
        "        super().__init__()",
        f"        self.model = {program.entry_point}({passed_on})",
        "",
        f"    def forward({', '.join(['self', *given, *names])}):",
        *(f"        {line}" if line else "" for line in _body(given, differentiated, outputs, names, has_parameters)),
        "",
        "",
        f"{before} = get_inputs",
        "",
        "",
        "def get_inputs():",
        f"    return [*{before}(), {', '.join(_random(outputs[index]) for index in answered)}]",
    ]
    return Program(program.source.rstrip() + "\n\n\n" + "\n".join(lines) + "\n", name)


def _body(
    given: Sequence[str],
    differentiated: Sequence[str],
    outputs: Sequence[str],
    gradients: Sequence[str],
    has_parameters: bool,
) -> list[str]:
    taken = {*given, *gradients}
    parameters, run, vjp, found = (_free(name, taken) for name in ("parameters", "run", "vjp", "outputs"))
    arguments = [*([parameters] if has_parameters else []), *differentiated]
    one = "," if len(given) == 1 else ""
    call = f"self.model({', '.join(given)})"
    if has_parameters:
        call = f"torch.func.functional_call(self.model, {parameters}, ({', '.join(given)}{one}))"
    real = [index for index, shape in enumerate(outputs) if _REAL.fullmatch(shape)]
    lines = [f"def {run}({', '.join(arguments)}):"]
    if len(real) == len(outputs) == 1:
        lines += [f"    return {call}"]
    else:
        chosen = ", ".join(f"{found}[{index}]" for index in real)
        lines += [f"    {found} = {call}", f"    return {chosen}"]
    values = ["dict(self.model.named_parameters())" if name == parameters else name for name in arguments]
    handed = gradients[0] if len(real) == 1 else f"({', '.join(gradients)})"
    lines += ["", f"_, {vjp} = torch.func.vjp({', '.join([run, *values])})"]
    if not has_parameters:
        return [*lines, f"return {vjp}({handed})"]
    if not differentiated:
        return [*lines, f"({parameters},) = {vjp}({handed})", f"return tuple({parameters}.values())"]
    inputs = _free("inputs", taken)
    return [*lines, f"{parameters}, *{inputs} = {vjp}({handed})", f"return (*{inputs}, *{parameters}.values())"]


def _random(shape: str) -> str:
    found = _REAL.fullmatch(shape)
    assert found is not None
    dtype, sizes = found.groups()
    return f"torch.randn({sizes or '()'}{'' if dtype == 'float32' else f', dtype=torch.{dtype}'})"


def _parameters(classes: dict[str, ast.ClassDef], name: str, count: int) -> list[str]:
    """What the first `count` arguments of forward are called."""
    forward = _method(classes, name, "forward")
    if forward is None:
        raise NoGradientError("its forward is written elsewhere")
    arguments = forward.args
    names = [a.arg for a in [*arguments.posonlyargs, *arguments.args]][1:]
    if arguments.vararg is not None:
        names += [f"{arguments.vararg.arg}_{index}" for index in range(len(names), count)]
    if len(names) < count or not count:
        raise NoGradientError(f"its forward takes {len(names)} arguments, get_inputs() holds {count} tensors")
    return names[:count]


def _constructor(classes: dict[str, ast.ClassDef], name: str) -> tuple[str, str]:
    """The constructor's parameters without self, and how they are passed on."""
    found = _method(classes, name, "__init__")
    if found is None:
        return "*args, **kwargs", "*args, **kwargs"  # that of a class from elsewhere
    arguments = found.args
    first = arguments.posonlyargs or arguments.args
    first.pop(0)
    passed = [a.arg for a in [*arguments.posonlyargs, *arguments.args]]
    passed += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    passed += [f"{a.arg}={a.arg}" for a in arguments.kwonlyargs]
    passed += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    # A slash needs something before it.
    return ast.unparse(arguments).removeprefix("/, ").removeprefix("/"), ", ".join(passed)


def _method(classes: dict[str, ast.ClassDef], name: str, method: str) -> ast.FunctionDef | None:
    """A method of the class or of the first of its bases in the text that has it."""
    cls = classes.get(name)
    if cls is None:
        return None
    for node in cls.body:
        if isinstance(node, ast.FunctionDef) and node.name == method:
            return node
    bases = [base.id for base in cls.bases if isinstance(base, ast.Name) and base.id != name]
    return next((found for base in bases if (found := _method(classes, base, method))), None)


def _imported(tree: ast.Module) -> set[str]:
    """What the text's imports bind."""
    aliases = [alias for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    return {alias.asname or alias.name.partition(".")[0] for alias in aliases}


def _free(name: str, taken: set[str]) -> str:
    """`name`, with underscores behind it until it is none of `taken`; taken from now on."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name
