"""The bootstrap, run for real: real packages from loopback, and a stand-in for the Miniconda installer."""
