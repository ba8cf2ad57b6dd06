"""`python -m gpuinfra.simulator serve`: the simulator's process, for tests, demos, and by hand."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.api.serve import serve
from gpuinfra.simulator.demo import demo
from gpuinfra.simulator.hosts import HostFolders
from gpuinfra.simulator.lab import cli as lab


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gpuinfra.simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("serve", help="serve until ended")
    command.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 (default) takes a free one")
    command.add_argument("--ready-file", type=Path, help="JSON {url, pid}, written once calls are answered")
    command.add_argument("--log-file", type=Path, help="one line a call, and moto's tracebacks")
    command.add_argument("--hosts", type=Path, help="folders of real hosts, whose consoles are theirs")
    lab.add_to(commands)
    commands.add_parser("demo", help="run every command of a day against a simulator, explained")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        if options.command == "demo":
            return demo()
        if options.command == "lab":
            return lab.lab(options)
        serve(
            port=options.port,
            ready_file=options.ready_file,
            log_file=options.log_file,
            hosts=HostFolders(options.hosts) if options.hosts else None,
        )
    except GpuInfraError as error:
        hint = f"  next: {error.hint}\n" if error.hint else ""
        sys.stderr.write(f"error: {error.message}\n{hint}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
