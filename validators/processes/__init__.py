"""The processes that programs are judged in, and what they say to each other."""
