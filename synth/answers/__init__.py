"""What is asked of a model and what becomes of its answer: a prompt, a program, or a verdict why there is none."""
