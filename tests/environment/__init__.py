"""The offline checks of environment.yml: what is found, on which line, and what is left alone."""
