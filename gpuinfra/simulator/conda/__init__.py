"""A stand-in for Miniconda and conda-forge: real packages, real solves, and labelled wherever it shows."""
