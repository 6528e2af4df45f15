"""A run with the fake pool in a process of its own, so that a test can kill it.

OUTPUT_DIR SAMPLES WORKERS SLOW [backward] [steered]
"""

import sys
from dataclasses import replace
from pathlib import Path

from fake_pool import run_fake

from synth.config import RunConfig

if __name__ == "__main__":
    config = RunConfig(
        output_dir=Path(sys.argv[1]),
        num_total_samples=int(sys.argv[2]),
        num_worker=int(sys.argv[3]),
        seed=3,
        backward="backward" in sys.argv[5:],
    )
    if "steered" in sys.argv[5:]:
        config = replace(config, steer="coverage", steer_every=8)
    code, text = run_fake(config, slow=float(sys.argv[4]))
    print(text)
    sys.exit(code)
