"""Everything that moves: command line, sampling, providers, orchestrator, journal, monitor, exports."""

__version__ = "0.1.0"
