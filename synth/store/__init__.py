"""What a run remembers: the journal with its ledger of calls, and the files of programs that are copies of it."""
