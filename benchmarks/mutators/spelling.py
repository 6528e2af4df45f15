"""Other spellings of one operation: operators, functions of torch, methods of tensors."""

from __future__ import annotations

import ast

from benchmarks.mutators.work import Work, classes, expression, library, parameters, self_attribute

#: functions of torch whose first argument is a tensor, and which tensors have as methods with the same arguments
_METHOD_NAMES = """
    relu sigmoid tanh exp log sqrt abs sum mean max min logsumexp softmax log_softmax clamp flatten matmul bmm
    cumsum cumprod argmax argmin norm sign pow transpose permute squeeze unsqueeze add sub mul div tril triu
    roll log2
    """
_METHODS = frozenset(_METHOD_NAMES.split())
_OPERATORS: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("torch.add(LEFT, RIGHT)", "LEFT.add(RIGHT)"),
    ast.Sub: ("torch.sub(LEFT, RIGHT)", "torch.subtract(LEFT, RIGHT)", "LEFT.sub(RIGHT)", "LEFT + -RIGHT"),
    ast.Mult: ("torch.mul(LEFT, RIGHT)", "torch.multiply(LEFT, RIGHT)", "LEFT.mul(RIGHT)"),
    ast.Div: ("torch.div(LEFT, RIGHT)", "torch.true_divide(LEFT, RIGHT)", "LEFT.div(RIGHT)"),
    ast.MatMult: ("torch.matmul(LEFT, RIGHT)", "LEFT.matmul(RIGHT)"),
    ast.Pow: ("torch.pow(LEFT, RIGHT)", "LEFT.pow(RIGHT)"),
}
_SAME = {
    "view": "reshape",
    "clamp": "clip",
    "transpose": "swapaxes",
    "mul": "multiply",
    "sub": "subtract",
    "div": "divide",
    "contiguous": "clone",
}
_NOT_TENSORS = {"size", "dim", "numel", "item", "tolist", "split", "chunk", "unbind", "ndimension", "max", "min"}


def respell(work: Work) -> int:
    """Rewrites operators on tensors, functions and methods; how many places."""
    done = 0
    for owner in classes(work.tree):
        for item in owner.body:
            if isinstance(item, ast.FunctionDef) and item.name == "forward":
                speller = Speller(work, set(parameters(item)))
                for _ in range(2):  # once for what names hold, in loops
                    speller.learn(item)
                item.body = [speller.visit(statement) for statement in item.body]
                done += speller.done
    return done


class Speller(ast.NodeTransformer):
    """Rewrites a forward; `tensors` are names that hold tensors, to which `learn` adds."""

    def __init__(self, work: Work, tensors: set[str]) -> None:
        self.work, self.tensors, self.done = work, tensors, 0

    def learn(self, function: ast.FunctionDef) -> None:
        """Which names hold tensors, and nothing but tensors."""
        others: set[str] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        (self.tensors if self.is_tensor(node.value) else others).add(target.id)
                    else:
                        others |= {name.id for name in ast.walk(target) if isinstance(name, ast.Name)}
            elif isinstance(node, ast.For | ast.comprehension):
                others |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        self.tensors -= others

    def is_tensor(self, node: ast.expr) -> bool:
        """Whether the expression gives a tensor beyond doubt."""
        if isinstance(node, ast.Name):
            return node.id in self.tensors
        if isinstance(node, ast.BinOp):
            return self.is_tensor(node.left) or self.is_tensor(node.right)
        if isinstance(node, ast.Subscript):
            return self.is_tensor(node.value)
        if isinstance(node, ast.UnaryOp):
            return self.is_tensor(node.operand)
        if isinstance(node, ast.Call):
            home, name = library(node.func)
            if home in ("torch", "F"):
                whole = name in ("max", "min") and (len(node.args) > 1 or bool(node.keywords))
                return not whole and name not in _NOT_TENSORS - {"max", "min"} | {"meshgrid", "lstm"}
            if isinstance(node.func, ast.Attribute) and self.is_tensor(node.func.value):
                return node.func.attr not in _NOT_TENSORS
        return False

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        tensor, right = self.is_tensor(node.left), self.is_tensor(node.right) or _is_number(node.right)
        self.generic_visit(node)
        forms = _OPERATORS.get(type(node.op), ())
        if not tensor or not forms or self.work.rng.random() < 0.2 or (self.work.attempt and not right):
            return node
        self.done += 1
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 2:
            forms = (*forms, "LEFT * LEFT", "torch.square(LEFT)")
        return expression(self.work.rng.choice(forms), LEFT=node.left, RIGHT=node.right)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        home, name = library(node.func)
        tensor = bool(node.args) and self.is_tensor(node.args[0])
        method = isinstance(node.func, ast.Attribute) and self.is_tensor(node.func.value)
        self.generic_visit(node)
        if self.work.rng.random() < 0.2:
            return node
        if home in ("torch", "F") and name in _METHODS and (tensor or (self_attribute(node.func) is None and tensor)):
            receiver, *rest = node.args
            self.done += 1
            new = ast.Attribute(receiver, _SAME.get(name, name) if self.work.rng.random() < 0.5 else name, ast.Load())
            return ast.Call(new, rest, node.keywords)
        if method and isinstance(node.func, ast.Attribute):
            self.done += 1
            if node.func.attr in _METHODS and not any(isinstance(given, ast.Starred) for given in node.args):
                if node.func.attr not in ("permute", "relu"):
                    callee = expression(f"torch.{node.func.attr}")
                    return ast.Call(callee, [node.func.value, *node.args], node.keywords)
            elif node.func.attr in _SAME:
                node.func.attr = _SAME[node.func.attr]
            else:
                self.done -= 1
        return node


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)
