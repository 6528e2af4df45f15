"""How a program behaves when it runs: what executed, what it read and changed, what it pretends."""
