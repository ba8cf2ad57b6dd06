"""A stand-in for conda: its flags and exit codes, with real solves and real packages. It is not conda."""
