"""What stands between a program and the machine: one file per layer, and the tier that those which hold add up to."""
