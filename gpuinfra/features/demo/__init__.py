"""The demo: the simulated AWS is an optional part, started as a program of its own."""
