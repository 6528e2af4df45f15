"""The figures of a run (`tally`, `groups`, `estimation`) and how they are shown, while it happens and afterwards."""
