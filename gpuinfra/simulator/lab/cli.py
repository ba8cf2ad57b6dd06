"""`python -m gpuinfra.simulator lab`: its options, and what each does."""

import argparse
import os
import sys
from pathlib import Path

from gpuinfra.simulator import programs
from gpuinfra.simulator.api.serve import die_with_parent
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.machines import image
from gpuinfra.simulator.lab.run import run_in_lab


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the simulator's own."""
    parser = commands.add_parser("lab", help="run a command where simulated instances are real hosts")
    parser.add_argument("--packages", action="store_true", help="print the Debian packages that it needs")
    parser.add_argument("--check", action="store_true", help="say whether hosts can boot on this machine")
    parser.add_argument("--build", action="store_true", help="make the hosts' image, if not in the cache")
    parser.add_argument("--mirror", type=Path, help="folders <host name>/<path>, served inside by HTTP(S)")
    parser.add_argument(
        "argv",
        nargs=argparse.REMAINDER,
        metavar="-- CMD ARGS",
        help="what to run inside; without it the lab is held open, and JSON on stdout says how to enter it",
    )


def lab(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if options.packages:
        sys.stdout.write(" ".join(programs.packages()) + "\n")
        return 0
    if options.check:
        requirements.require_platform()
        return 0
    if options.build:
        sys.stdout.write(f"{image.ensure(os.environ)}\n")
        return 0
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    command = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not command:
        die_with_parent(os.getppid())
    return run_in_lab(command, mirror=options.mirror)
