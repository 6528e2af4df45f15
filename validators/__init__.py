"""Stages that judge a program, cheapest first, and the processes they run in.  See ARCHITECTURE.md."""
