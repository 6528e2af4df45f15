"""Deduplication: which pairs of a set are kept, as a pure function of the set."""
