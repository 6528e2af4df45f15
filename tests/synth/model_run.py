"""A run with a slow fake model in a process of its own, so that a test can kill it: OUTPUT_DIR SAMPLES SECONDS LOG.

LOG gets a line for each answer that reached the process, written before anything else happens with it.
"""

import os
import random
import sys
from pathlib import Path

from fake_model import FakeModel, good
from fake_pool import run_fake

from synth.config import RunConfig
from synth.providers import Answer, Failure, FailureKind, Request

if __name__ == "__main__":
    log = os.open(sys.argv[4], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    weather = random.Random()

    def reply(request: Request) -> Answer | Failure:
        if weather.random() < 0.05:
            return Failure(FailureKind.TRANSIENT, "HTTP 500: try again", status=500)
        if request.attempt == 1 and request.sample % 3 == 0:
            answer = Answer("I would rather not.", usage=good(request).usage)
        else:
            answer = good(request)
        os.write(log, f"{request.sample} {request.attempt}\n".encode())
        return answer

    config = RunConfig(
        output_dir=Path(sys.argv[1]), num_total_samples=int(sys.argv[2]), num_worker=2, seed=3, price=(1.0, 10.0)
    )
    code, text = run_fake(config, FakeModel(reply, seconds=float(sys.argv[3])), slow=0.004)
    print(text)
    sys.exit(code)
