"""On the host: what watches the bill, and how the host ends. Standard library of Python 3.10 only."""
