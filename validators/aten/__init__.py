"""A program's ATen graph: recorded from a forward pass, brought into normal form, turned into features."""
