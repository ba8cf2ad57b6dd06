"""Where the jobs' program starts: `python3 -I -S .../gpuinfra/host/jobs/__main__.py`, one request by stdin.

-I leaves our own directory out of sys.path, so it is added here: last, so that no file of it
hides a module of Python. Short, since Python keeps no compiled form of the file that it starts with.
"""

import sys

if __name__ == "__main__":
    sys.path.append(__file__.removesuffix("/gpuinfra/host/jobs/__main__.py"))
    from gpuinfra.host.jobs.requests import main

    sys.exit(main())
