"""Commands on the host: each has a supervisor that keeps its output and exit code, whoever is looking."""
