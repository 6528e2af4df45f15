"""What a pair's text computes: run and compiled without a GPU, compared with eager in float64."""
