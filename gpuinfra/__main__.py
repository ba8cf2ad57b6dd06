"""Where the program starts: the quick commands first, then the command line proper."""

import os
import sys

from gpuinfra import fast, platforms
from gpuinfra.names import ENDPOINT, is_simulated


def main() -> None:
    """Run gpuinfra."""
    if refusal := platforms.refusal(sys.platform):
        sys.stderr.write(refusal)
        sys.exit(2)
    if is_simulated(os.environ):
        sys.stderr.write(f"[SIMULATED AWS at {os.environ[ENDPOINT]}: not the real one, no cost]\n")
        sys.stderr.flush()
    try:
        if fast.answer(sys.argv[1:], os.environ):
            return
        from gpuinfra import cli  # typer: 60 ms
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped by Ctrl-C\n")
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
