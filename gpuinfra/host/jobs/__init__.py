"""Commands on the host: each has a supervisor that keeps its output and exit code, whoever is attached.

`gpuinfra run` waits for the start of this program, so what is on its path imports built-in and C modules
alone: no json, re, pathlib, subprocess, selectors, socket, signal (enum), contextlib, shlex, threading,
datetime or typing. Together those took 40 ms of its 83 ms on a host. What is rarely needed is imported inside
the function that needs it.
"""
