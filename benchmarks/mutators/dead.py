"""Code that changes nothing: layers and values that nobody uses, Identity and Dropout, branches never taken."""

from __future__ import annotations

import ast

from benchmarks.mutators.work import Work, after_super, expression, module_classes, needs_import, parameters, parse


def dead_code(work: Work) -> None:
    """Some of it in every module class that has an __init__ and a forward."""
    needs_import(work.tree, "import torch.nn as nn")
    needs_import(work.tree, "import torch")
    for _, init, forward in module_classes(work.tree):
        given = parameters(forward)
        spare = [work.fresh(stem) for stem in ("spare", "noop", "quiet")]
        init.body[after_super(init) : after_super(init)] = parse(
            f"self.{spare[0]} = nn.Linear(7, 5)\n"
            f"self.{spare[0]}_scale = nn.Parameter(torch.ones(3))\n"
            f"self.{spare[1]} = nn.Identity()\n"
            f"self.{spare[2]} = nn.Dropout(0.1)\n"
        )
        _PassThrough(work, spare[1:]).visit(forward)
        start = 1 if forward.body and ast.get_docstring(forward) else 0
        unused = f"unused = torch.tanh(self.{spare[0]}_scale * 0.25).sum()\n"
        if given and work.inputs and work.attempt == 0 and "None" not in ast.unparse(forward.args):
            unused += f"checked = {given[0]}.abs() + 1.5\nif {given[0]}.dim() > 9:\n    return checked * unused\n"
        forward.body[start:start] = parse(unused)


class _PassThrough(ast.NodeTransformer):
    """Lets results of calls of layers go through Identity or Dropout, which does nothing in evaluation mode."""

    def __init__(self, work: Work, layers: list[str]) -> None:
        self.work, self.layers = work, layers

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        one = len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        called = isinstance(node.value, ast.Call) and ast.unparse(node.value.func).startswith(("self.", "torch."))
        if one and called and "shape" not in ast.unparse(node.value) and self.work.rng.random() < 0.6:
            node.value = self._through(node.value)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if isinstance(node.value, ast.Name | ast.Call | ast.BinOp):
            node.value = expression(f"self.{self.layers[0]}(x)", x=node.value)
        return node

    def _through(self, value: ast.expr) -> ast.expr:
        # Only Identity takes a tuple, which the call of a recurrent layer gives; it goes without saying elsewhere.
        dropout = self.work.attempt == 0 and self.work.rng.random() < 0.5
        return expression(f"self.{self.layers[1 if dropout else 0]}(x)", x=value)
