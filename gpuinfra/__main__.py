"""Where the program starts: the quick commands first, then the command line proper."""

import os
import sys

from gpuinfra.ground import platforms, streams
from gpuinfra.ground.names import ENDPOINT, is_simulated
from gpuinfra.quick import dispatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def _leave() -> "NoReturn":
    """End at once: Python's own farewell takes as long as the answer did, and nothing is left to close."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def main() -> None:
    """Run gpuinfra."""
    streams.prepare()
    try:
        _run()
    except (streams.ReaderGone, streams.Unwritable) as error:
        sys.exit(streams.end(error))


def _run() -> None:
    if refusal := platforms.refusal(sys.platform):
        sys.stderr.write(refusal)
        sys.exit(2)
    if is_simulated(os.environ):
        sys.stderr.write(f"[SIMULATED AWS at {os.environ[ENDPOINT]}: not the real one, no cost]\n")
        sys.stderr.flush()
    try:
        if dispatch.try_quick(sys.argv[1:], os.environ):
            _leave()
        from gpuinfra.cli import app  # typer: 60 ms
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped by Ctrl-C\n")
        sys.exit(130)
    app.main()


if __name__ == "__main__":
    main()
