"""`python -m synth`."""

import sys

from synth.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
