"""What proves the readers of GPUs on a machine that has some, and the tests of that."""
