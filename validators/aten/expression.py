"""Interned expressions, which the loose form of an ATen graph is made of.  Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

SCALAR, TENSOR = "s", "t"  # constants: a number; a tensor that depends on no input


@dataclass(frozen=True, eq=False, slots=True)
class Expr:
    """An interned expression: operator, operands that depend on an input, the constants among them ("", "s", "sst")."""

    op: str
    of: tuple[Expr, ...] = ()
    constants: str = ""
    digest: bytes = b""

    @property
    def label(self) -> str:
        """The operator, with the constants that take part."""
        return f"{self.op}:{self.constants}" if self.constants else self.op

    def is_(self, op: str, constants: str = "", operands: int = 1) -> bool:
        """Whether it is that operator with those constants and so many operands."""
        return self.op == op and self.constants == constants and len(self.of) == operands


#: operators whose operands have no order
UNORDERED = {"add", "mul", "matmul", "cat", "maximum", "minimum"}
#: an operand: an expression, or constants
Operand = Expr | str
