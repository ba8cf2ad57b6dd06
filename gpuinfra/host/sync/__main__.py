"""Where the host's end of a sync starts: `python3 -I -S .../gpuinfra/host/sync/__main__.py FOLDER`."""

import sys

if __name__ == "__main__":
    sys.path.append(__file__.removesuffix("/gpuinfra/host/sync/__main__.py"))
    from gpuinfra.host.sync.serve import main

    main(sys.argv[1])
