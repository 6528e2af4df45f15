"""What moves a run: a session opens it, the orchestrator leads samples through ask, extract, judge and settle."""
