"""The source of `get_inputs()`: what each tensor is filled with, its element type and how it lies in memory."""

from __future__ import annotations

from random import Random

from operators.spec import Layout, Shape
from synth.synthesizer.scope import Input, Program
from synth.synthesizer.style import Style

_AXES: dict[Layout, tuple[str, ...]] = {
    Layout.VECTOR: ("batch_size", "num_features"),
    Layout.SEQUENCE: ("batch_size", "seq_len", "embed_size"),
    Layout.SIGNAL: ("batch_size", "in_channels", "length"),
    Layout.IMAGE: ("batch_size", "in_channels", "height", "width"),
    Layout.VOLUME: ("batch_size", "in_channels", "depth", "height", "width"),
}
_CHANNELS_LAST = {Layout.IMAGE: "torch.channels_last", Layout.VOLUME: "torch.channels_last_3d"}
# How features-last data becomes what the layout wants: (order of axes in the data, the call that turns it).
_TURNED: dict[Layout, tuple[tuple[int, ...], tuple[str, ...]]] = {
    Layout.VECTOR: ((1, 0), (".t()", ".transpose(0, 1)")),
    Layout.SEQUENCE: ((0, 2, 1), (".transpose(1, 2)", ".permute(0, 2, 1)", ".mT")),
    Layout.SIGNAL: ((0, 2, 1), (".transpose(1, 2)", ".permute(0, 2, 1)")),
    Layout.IMAGE: ((0, 2, 3, 1), (".permute(0, 3, 1, 2)", ".movedim(-1, 1)")),
    Layout.VOLUME: ((0, 2, 3, 4, 1), (".permute(0, 4, 1, 2, 3)", ".movedim(-1, 1)")),
}


def cased(role: str, style: Style) -> str:
    """A constant's name as this author writes it."""
    return role.upper() if style.constants == "upper" else role


def write_inputs(program: Program, inputs: list[Input], names: list[str], width: int) -> tuple[dict[str, int], str]:
    """Module-level constants by name, and the source of `get_inputs`."""
    style, rng = program.style, program.rng
    constants: dict[str, int] = {}
    calls = [_call(program, entry, constants) for entry in inputs]
    single = f"    return [{', '.join(calls)}]"
    if rng.random() < 0.35 or len(single) > width:
        text = [f"    {name} = {call}" for name, call in zip(names, calls, strict=True)]
        body = "\n".join([*text, f"    return [{', '.join(names)}]"])
    else:
        body = single
    arrow = " -> list[torch.Tensor]" if style.hints else ""
    return constants, f"def get_inputs(){arrow}:\n{body}\n"


def _call(program: Program, entry: Input, constants: dict[str, int]) -> str:
    """The text that makes one input."""
    style, shape = program.style, entry.value.shape
    sizes = [str(size) for size in shape]
    if style.constants != "literal":
        roles = _AXES[entry.value.layout]
        if len(roles) != len(shape) or entry.hint:
            roles = roles[:1] if entry.kind != "grid" else ()
        for at, role in enumerate(roles):
            if constants.setdefault(role, shape[at]) == shape[at]:
                sizes[at] = cased(role, style)
    if entry.kind == "real":
        return _real(program, entry, sizes)
    if entry.kind in ("mask", "grid"):
        return _mask(entry, sizes, program.rng)
    joined = ", ".join(sizes)
    dtype = ", dtype=torch.uint8" if entry.kind == "bytes" else ""
    return f"torch.randint(0, {entry.high}, ({joined}{',' if len(sizes) == 1 else ''}){dtype})"


def _mask(entry: Input, sizes: list[str], rng: Random) -> str:
    """Truth values: a triangle of positions that may be seen, or most elements at random."""
    if entry.kind == "grid":
        return f"torch.ones({', '.join(sizes)}, dtype=torch.bool).tril()"
    share = rng.choice((0.1, 0.2, 0.25, 0.3, 0.5))
    joined = ", ".join(sizes)
    if share == 0.5 and rng.random() < 0.6:
        return f"torch.randint(0, 2, ({joined}), dtype=torch.bool)"
    return f"torch.rand({joined}) < {share}" if rng.random() < 0.5 else f"torch.rand({joined}) > {1 - share}"


def _real(program: Program, entry: Input, sizes: list[str]) -> str:
    rng, layout = program.rng, entry.value.layout
    tail, after = "", ""
    if program.dtype != "float32":
        if rng.random() < 0.8:
            tail = f", dtype=torch.{program.dtype}"
        else:
            after = rng.choice(
                (f".to(torch.{program.dtype})", ".half()" if program.dtype == "float16" else ".bfloat16()")
            )
    if entry.memory == "channels_last":
        way = rng.choice((".to(memory_format={})", ".to(memory_format={})", ".contiguous(memory_format={})"))
        after += way.format(_CHANNELS_LAST[layout])
    elif entry.memory == "transposed":
        order, calls = _TURNED[layout]
        sizes = [sizes[axis] for axis in order]
        after += rng.choice(calls)
    elif entry.memory == "sliced":
        sizes, cut = _sliced(entry.value.shape, sizes, rng)
        after += cut
    return f"torch.{entry.draw}({', '.join(sizes)}{tail}){after}"


def _sliced(shape: Shape, sizes: list[str], rng: Random) -> tuple[list[str], str]:
    """A larger tensor of which every second element, or all but a border, is taken along one axis."""
    axis = rng.randrange(1, len(shape))
    before = ":, " * axis
    written = sizes[axis]
    if rng.random() < 0.4:
        bigger, cut = f"2 * {written}", f"[{before}::2]"
    else:
        extra = rng.choice((1, 2, 4))
        bigger = f"{written} + {extra}"
        cut = rng.choice((f"[{before}:-{extra}]", f"[{before}{extra}:]"))
    if written.isdigit():
        bigger = str(2 * shape[axis] if bigger.startswith("2 *") else shape[axis] + extra)
    return [*sizes[:axis], bigger, *sizes[axis + 1 :]], cut
