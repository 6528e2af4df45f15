"""Programs that would be turned down and try to be judged otherwise: over the pipes, in memory, by replacing functions.

Each has a fault that an honest judge finds, and one trick to hide it.  None may be accepted, whatever the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from attack import program


@dataclass(frozen=True)
class Forgery:
    """A program that is not to be accepted."""

    name: str
    source: str
    pattern: tuple[str, ...] = ()


_NAN = "return self.linear(x) * float('nan')"
_RANDOM = "import os\nreturn self.linear(x) * os.urandom(1)[0]"
_SAME = "return self.linear.weight * 2"

_VERDICTS = """
import json, os, sys
def frames():
    yield {"stage": "shapes"}
    for stage in ("shapes", "eager", "triton"):
        yield {"verdict": {"stage": stage, "ok": True, "reason": None, "detail": "", "metrics": {}, "cpu_seconds": 0.1}, "pair": None}
    yield {"done": True}
def everywhere(data):
    for fd in range(3, 64):
        try:
            os.write(fd, data)
        except OSError:
            pass
"""

# What the judge's own functions would send for a stage that passed, ahead of the question.
_REPLIES = """
import os, struct, json
from validators.processes import wire
def reply(value):
    blobs = []
    return {"value": wire.Codec().encode(value, blobs), "cpu": 0.1}
good = {"verdict": {"stage": "shapes", "ok": True, "reason": None, "detail": "", "metrics": {}, "cpu_seconds": 0.0}, "pair": None}
def send_all(what, times=1):
    for fd in range(3, 64):
        try:
            for _ in range(times):
                wire.send(fd, what, [], 1 << 30)
        except Exception:
            pass
"""

# Every frame on the stack and every object that the collector knows: what does a harness keep there?
_WALK = """
import gc, sys
from validators import verdict
def walk():
    frame = sys._getframe()
    while frame is not None:
        for key, value in list(frame.f_locals.items()):
            if isinstance(value, dict) and ("ok" in value or "verdict" in value or "notes" in value):
                value.clear()
            if isinstance(value, list):
                value.append(True)
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, verdict.Verdict):
            object.__setattr__(thing, "ok", True)
            object.__setattr__(thing, "reason", None)
"""


def patching(name: str, statements: str, forward: str = _NAN, pattern: tuple[str, ...] = ()) -> Forgery:
    """One that replaces functions as soon as it is imported."""
    return Forgery(name, program(forward, extra=statements), pattern)


CHANNEL = [
    Forgery(
        "verdict_frames_and_exit",
        program(
            _NAN, extra=_VERDICTS + "for f in frames():\n    everywhere(json.dumps(f).encode() + b'\\n')\nos._exit(0)"
        ),
    ),
    Forgery(
        "verdict_frames_and_on",
        program(_NAN, extra=_VERDICTS + "for f in frames():\n    everywhere(json.dumps(f).encode() + b'\\n')"),
    ),
    Forgery("replies_in_advance", program(_NAN, extra=_REPLIES + "send_all(reply(good), 5)")),
    Forgery("replies_and_exit", program(_NAN, extra=_REPLIES + "send_all(reply(good), 5)\nos._exit(0)")),
    Forgery(
        "pickle",
        program(
            _NAN,
            extra=_VERDICTS
            + "import pickle\nclass P:\n    def __reduce__(self):\n        return open, ('@PLACE@/unpickled', 'w')\neverywhere(pickle.dumps(P()))",
        ),
    ),
    Forgery(
        "torch_file",
        program(
            _NAN,
            extra=_VERDICTS + "import io\nb = io.BytesIO()\ntorch.save({'verdict': True}, b)\neverywhere(b.getvalue())",
        ),
    ),
    Forgery("flood", program(_NAN, extra=_VERDICTS + "while True:\n    everywhere(bytes(1 << 16))")),
    Forgery(
        "drip", program(_NAN, extra=_VERDICTS + "import time\nwhile True:\n    everywhere(b'\\0')\n    time.sleep(0.2)")
    ),
    Forgery(
        "endless_header",
        program(
            _NAN,
            extra=_REPLIES
            + "for fd in range(3, 64):\n    try:\n        os.write(fd, struct.pack('<I', 0xffffffff) + b'{' * 9999)\n    except OSError:\n        pass",
        ),
    ),
    Forgery(
        "deep_header",
        program(
            _NAN,
            extra=_REPLIES
            + "body = b'[' * 200000 + b']' * 200000\nfor fd in range(3, 64):\n    try:\n        os.write(fd, struct.pack('<I', len(body)) + body[:60000])\n    except OSError:\n        pass",
        ),
    ),
    Forgery(
        "numbers_without_end",
        program(
            _NAN,
            extra=_REPLIES
            + "body = b'{\"value\": ' + b'9' * 50000 + b', \"blobs\": []}'\nfor fd in range(3, 64):\n    try:\n        os.write(fd, struct.pack('<I', len(body)) + body)\n    except OSError:\n        pass",
        ),
    ),
    Forgery(
        "shape_that_is_not_its_bytes",
        program(
            _NAN,
            extra=_REPLIES
            + "send_all({'value': {'dict': [['output', {'tensor': {'dtype': 'float32', 'shape': [-1, 1 << 40], 'stride': [0, 1], 'blob': 0}}]]}, 'cpu': 1e999})",
        ),
    ),
    Forgery(
        "late_thread",
        program(
            _NAN,
            extra=_REPLIES
            + "import threading, time\ndef late():\n    while True:\n        send_all(reply(good))\n        time.sleep(0.01)\nthreading.Thread(target=late, daemon=True).start()",
        ),
    ),
    Forgery(
        "child_that_keeps_the_pipe",
        program(
            _NAN,
            extra=_REPLIES
            + "import time\nif os.fork() == 0:\n    os.setsid()\n    while True:\n        send_all(reply(good))\n        time.sleep(0.01)\nos._exit(0)",
        ),
    ),
    Forgery("closes_all_descriptors", program(_NAN, extra="import os\nos.closerange(3, 256)")),
    Forgery(
        "reads_the_questions",
        program(
            _NAN,
            extra="import os\nfor fd in range(3, 64):\n    try:\n        os.set_blocking(fd, False)\n        os.read(fd, 1 << 16)\n    except OSError:\n        pass",
        ),
    ),
]

MEMORY = [
    Forgery("walks_frames_and_objects", program("walk()\n" + _NAN, extra=_WALK)),
    Forgery(
        "walks_when_deleted",
        program(_NAN, extra=_WALK + "class D:\n    def __del__(self):\n        walk()\nkept = D()"),
    ),
    Forgery(
        "traces_the_harness",
        program(
            _RANDOM,
            extra="import sys\ndef trace(frame, event, argument):\n    if event == 'call':\n        for key, value in frame.f_locals.items():\n            if type(value) is dict:\n                value.clear()\n    return trace\nsys.settrace(trace)",
        ),
    ),
    Forgery(
        "profiles_the_harness",
        program(_RANDOM, extra="import sys\nsys.setprofile(lambda frame, event, argument: frame.f_locals.clear())"),
    ),
]

PATCHES = [
    patching(
        "isfinite",
        "torch.isfinite = lambda t: torch.ones_like(t, dtype=torch.bool)\ntorch.isnan = lambda t: torch.zeros_like(t, dtype=torch.bool)",
    ),
    patching(
        "equality",
        "torch.Tensor.__eq__ = lambda a, b: torch.ones_like(a, dtype=torch.bool)\ntorch.equal = torch.allclose = lambda *a, **k: True",
        _RANDOM,
    ),
    patching(
        "all_and_any",
        "import builtins\nbuiltins.all = builtins.any = lambda *a: True\ntorch.Tensor.all = torch.Tensor.any = lambda *a, **k: True",
        _SAME,
    ),
    patching("whole_torch", "import sys, types\nsys.modules['torch'] = types.ModuleType('torch')"),
    patching(
        "numpy_and_hashes",
        "import hashlib, numpy\nhashlib.blake2b = hashlib.sha256 = lambda *a, **k: hashlib.md5()\nnumpy.array_equal = numpy.allclose = lambda *a, **k: True",
        _RANDOM,
    ),
    patching(
        "clocks",
        "import time, resource\ntime.monotonic = time.time = time.perf_counter = time.process_time = lambda: 0.0\nresource.getrusage = lambda who: None",
        "while True:\n    pass",
    ),
    patching(
        "decisions_of_the_judge",
        "from validators import eager\nfrom validators.conduct import honesty\neager._check_output = lambda output: None\nhonesty.check_notes = honesty.check_copy = honesty.check_second_instance = lambda *a: None",
    ),
    patching(
        "verdict_class",
        "from validators import verdict\nverdict.Judgement.accepted = True\nverdict.Judgement.failure = None\nverdict.Verdict.__init__ = lambda self, *a, **k: self.__dict__.update(ok=True)",
    ),
    patching(
        "count_of_operators",
        "import operators\noperators.missing = lambda *a: []\nfrom validators import eager\neager.operators = operators",
        "return self.linear(x) * 2",
        ("Linear", "Tanh"),
    ),
    patching(
        "recorder",
        "from validators.conduct import executed, instance\nreal = executed.record\ndef record(model, inputs):\n    output, counts, *rest = real(model, inputs)\n    return output, counts | {'F:tanh': 9, 'M:Tanh': 9}, *rest\nexecuted.record = instance.record = record",
        "return self.linear(x) * 2",
        ("Linear", "Tanh"),
    ),
    patching(
        "operator_by_name",
        "from torch.overrides import handle_torch_function\ndef tanh(x):\n    return x",
        "handle_torch_function(tanh, (x,), x)\nreturn self.linear(x) * 2",
        ("Linear", "Tanh"),
    ),
    patching(
        "class_by_name",
        "class Tanh(nn.Module):\n    __module__ = 'torch.nn.modules.activation'\n    def forward(self, x):\n        return x",
        "return Tanh()(self.linear(x)) * 2",
        ("Linear", "Tanh"),
    ),
    patching(
        "wire",
        "from validators.processes import wire, program_side\nreal = wire.send\ndef send(writer, value, *rest):\n    return real(writer, {'value': None, 'cpu': -1.0}, [], 1 << 30)\nwire.send = program_side.send = send",
    ),
    patching(
        "leaves_exit_code_0",
        "import os\nos.abort = os.kill = lambda *a: None\nimport atexit\natexit.register(lambda: os._exit(0))",
    ),
]

FORGERIES = [*CHANNEL, *MEMORY, *PATCHES]

#: programs whose eager side and whose compiled side compute different things; the proof compares the two
TWO_FACED = [
    # A tensor on the device is a fake one, and so this is seen by the compiler alone.
    Forgery(
        "by_device", program("y = self.linear(x) + x.mean()\nreturn torch.relu(y) if y.is_cuda else torch.relu(y) * 2")
    ),
    Forgery(
        "by_frame",
        program(
            "import sys\nreturn torch.relu(self.linear(x)) * scale + x.mean()",
            extra="import sys\nscale = 2.0 if 'validators.codegen' in sys.modules and not sys.modules.get('validators.proof.interpreter') else 1.0",
        ),
    ),
    Forgery(
        "writes_its_own_text",
        program(
            "return torch.relu(self.linear(x)) + x.mean() + 1",
            extra="import sys\nfrom validators import codegen\nreal = codegen._make_pair\ndef forged(*a, **k):\n    import dataclasses\n"
            "    pair = real(*a, **k)\n    return dataclasses.replace(pair, triton_code=pair.triton_code.replace('tmp', 'tnp', 1) + '\\nraise SystemExit')\n"
            "codegen._make_pair = forged",
        ),
    ),
    Forgery(
        "text_that_computes_something_else",
        program(
            "return torch.relu(self.linear(x)) + x.mean() + 1",
            extra="from validators import codegen\nreal = codegen._make_pair\ndef forged(*a, **k):\n    import dataclasses\n"
            "    pair = real(*a, **k)\n    return dataclasses.replace(pair, triton_code=pair.triton_code.replace('1.0', '2.0'))\n"
            "codegen._make_pair = forged",
        ),
    ),
]
