"""On the host: what it does, how much it is used, and what ends it. Standard library of Python 3.10 only."""
