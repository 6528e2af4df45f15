"""Programs that run without harm and are not what they look like: each is turned down for the reason it deserves."""

from __future__ import annotations

from attack import attack, program

from validators.verdict import Reason

R = Reason
_STATE = "state = {'n': 0}\n"
_SUBCLASS = "class T(torch.Tensor):\n    pass\n"

ATTACKS = [
    attack("zeros", program("return torch.zeros_like(self.linear(x))"), R.CONSTANT_OUTPUT),
    attack("softmax_over_one", program("return self.linear(x).mean(1, keepdim=True).softmax(1)"), R.CONSTANT_OUTPUT),
    attack("dead_relu", program("return F.relu(-self.linear(x).abs() - 1)"), R.CONSTANT_OUTPUT),
    attack("not_a_number", program("return self.linear(x) * float('nan')"), R.NON_FINITE),
    attack("infinite", program("return self.linear(x) / 0"), R.NON_FINITE),
    attack("weights_only", program("return self.linear.weight * 2"), R.IGNORES_INPUTS),
    attack("identity", program("return x"), R.RETURNS_INPUT),
    attack("view_of_input", program("return x.view(2, 12).t()"), R.RETURNS_INPUT),
    attack("copy_of_input", program("return x.clone()"), R.RETURNS_INPUT),
    attack("changes_input", program("x.mul_(2)\nreturn self.linear(x)"), R.MUTATES_INPUTS),
    attack("changes_input_through_numpy", program("x.numpy()[:] = 1\nreturn self.linear(x)"), R.MUTATES_INPUTS),
    attack("changes_parameters", program("self.linear.weight.mul_(0.5)\nreturn self.linear(x)"), R.HIDDEN_STATE),
    attack(
        "changes_parameters_by_data", program("self.linear.weight.data *= 0.5\nreturn self.linear(x)"), R.HIDDEN_STATE
    ),
    attack(
        "changes_buffers",
        program(
            "self.seen += 1\nreturn self.linear(x)",
            init="self.linear = nn.Linear(6, 5)\nself.register_buffer('seen', torch.zeros(()))",
        ),
        R.HIDDEN_STATE,
    ),
    attack(
        "norm_in_training_mode",
        program(
            "return F.batch_norm(self.linear(x), self.m, self.v, training=True)",
            init="self.linear = nn.Linear(6, 5)\nself.register_buffer('m', torch.zeros(5))\nself.register_buffer('v', torch.ones(5))",
        ),
        R.HIDDEN_STATE,
    ),
    attack(
        "counts_calls", program("state['n'] += 1\nreturn self.linear(x) * state['n']", extra=_STATE), R.HIDDEN_STATE
    ),
    attack(
        "second_call_differs",
        program("self.n = getattr(self, 'n', 0) + 1\nreturn self.linear(x) * (1 if self.n == 1 else 2)"),
        R.HIDDEN_STATE,
    ),
    attack(
        "bides_its_time",
        program("self.n = getattr(self, 'n', 0) + 1\nreturn self.linear(x) * (1 if self.n < 50 else 2)"),
        R.HIDDEN_STATE,
    ),
    attack(
        "keeps_first_output",
        program(
            "self.kept = getattr(self, 'kept', None)\nif self.kept is None:\n    self.kept = self.linear(x)\nreturn self.kept"
        ),
        R.HIDDEN_STATE,
    ),
    attack(
        "calibrates_on_first_input",
        program("state.setdefault('m', x.mean())\nreturn self.linear(x) - state['m']", extra=_STATE),
        R.HIDDEN_STATE,
    ),
    attack("reseeds", program("torch.manual_seed(1)\nreturn self.linear(x) + torch.randn(5)"), R.HIDDEN_STATE),
    attack(
        "by_the_clock",
        program("import time\nreturn self.linear(x) * (time.perf_counter_ns() % 997)"),
        R.NONDETERMINISTIC,
    ),
    attack("by_entropy", program("import os\nreturn self.linear(x) * os.urandom(1)[0]"), R.NONDETERMINISTIC),
    attack(
        "by_address",
        program("return self.linear(x) * (id(object()) // 16 % 97 + x.data_ptr() // 64 % 97)"),
        R.NONDETERMINISTIC,
        R.HIDDEN_STATE,
    ),
    attack("unwritten_memory", program("return self.linear(x) + torch.empty(5)"), R.UNINITIALIZED_MEMORY),
    attack(
        "partly_written_memory",
        program("y = torch.empty(4, 6)\ny[1:] = x[1:]\nreturn self.linear(y) * x.sum()"),
        R.UNINITIALIZED_MEMORY,
    ),
    attack(
        "unwritten_parameter",
        program("return x * self.w", init="self.w = nn.Parameter(torch.empty(6))"),
        R.UNINITIALIZED_MEMORY,
    ),
    attack("unwritten_input", program(inputs="return [torch.empty(4, 6)]"), R.UNINITIALIZED_MEMORY),
    attack(
        "works_in_training_only",
        program("if self.training:\n    return self.linear(x).tanh()\nreturn self.linear(x) * 2"),
        R.TRAINING_ONLY,
    ),
    attack("refuses_eval", program(init="self.linear = nn.Linear(6, 5)\nself.eval = lambda: self"), R.TRAINING_ONLY),
    attack(
        "goes_back_to_training",
        program("self.train()\nreturn F.dropout(self.linear(x), training=self.training)"),
        R.TRAINING_ONLY,
    ),
    attack(
        "asks_whether_compiled",
        program("return self.linear(x) * (1 if torch.compiler.is_compiling() else 2)"),
        R.ASKS_FOR_COMPILER,
    ),
    attack(
        "hides_from_compiler",
        program(init="self.linear = torch._dynamo.disable(nn.Linear(6, 5))", extra="import torch._dynamo"),
        R.EVADES_COMPILER,
    ),
    attack(
        "silences_compiler",
        program(
            extra="import torch._dynamo",
            init="self.linear = nn.Linear(6, 5)\ntorch._dynamo.config.suppress_errors = True",
        ),
        R.EVADES_COMPILER,
    ),
    attack("subclass_as_output", program("return self.linear(x).as_subclass(T)", extra=_SUBCLASS), R.TENSOR_SUBCLASS),
    attack(
        "subclass_inside",
        program("return torch.Tensor.as_subclass(self.linear(x.as_subclass(T)), torch.Tensor)", extra=_SUBCLASS),
        R.TENSOR_SUBCLASS,
    ),
    attack("sparse_output", program("return self.linear(x).to_sparse()"), R.BAD_OUTPUT),
    attack("meta_output", program("return self.linear(x).to('meta')"), R.BAD_OUTPUT),
    attack("no_tensor", program("return float(self.linear(x).sum())"), R.BAD_OUTPUT),
    attack("text_output", program("return {'a': 'b', 'c': None}"), R.BAD_OUTPUT),
]
#: what an attack claims to run
PATTERNS = {"works_in_training_only": ("Linear", "Tanh")}
