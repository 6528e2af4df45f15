"""What lies on disk: a run's directory, files of records, folders that are replaced whole.  Knows nothing of a run."""
