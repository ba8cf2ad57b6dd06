"""Where the guard starts: `python3 -I .../gpuinfra/host/guard/__main__.py run`, or a verb of control.py.

-I leaves our own directory out of sys.path, so it is added here: last, so that no file of it hides a module
of Python. What a connection has brought (install.py) goes before what came with user-data.
"""

import os
import sys

if __name__ == "__main__":
    root = __file__.removesuffix("/gpuinfra/host/guard/__main__.py")
    sys.path += [path for path in (f"{root}/renewed", root) if os.path.isdir(path)]
    if sys.argv[1:] == ["run"]:
        try:
            from gpuinfra.host.guard.daemon import main
        except ImportError:
            from gpuinfra.host.guard.first import main
        main()
    else:
        from gpuinfra.host.guard import control

        sys.exit(control.main(sys.argv[1:]))
