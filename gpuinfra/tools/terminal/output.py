"""The one printer: results to stdout, errors to stderr; nothing that a host said can steer the terminal."""

import re
import sys

from gpuinfra.ground.errors import GpuInfraError, Interrupted
from gpuinfra.ground.printable import printable
from gpuinfra.tools.terminal.colour import coloured

# How our next step begins: in a message it is somebody else's.
NEXT = re.compile(r"^(?=\s*next:)", re.MULTILINE)


def emit(text: str) -> None:
    """Print a result to stdout."""
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()


def copy(data: bytes) -> None:
    """Copy what a program has printed to stdout as it is: it may go to a file or another program."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def emit_json(value: object) -> None:
    """Print a result as JSON to stdout; JSON escapes control characters itself."""
    import dataclasses
    import json

    plain = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
    sys.stdout.write(json.dumps(plain, indent=2) + "\n")
    sys.stdout.flush()


def complain(error: GpuInfraError) -> None:
    """Tell an error and its next step on stderr; what the user asked for is none."""
    kind = "" if isinstance(error, Interrupted) else "error: "
    message = f"{kind}{NEXT.sub('| ', printable(error.message))}"
    sys.stderr.write(f"{coloured(message, sys.stderr) if kind else message}\n")
    if error.hint:
        sys.stderr.write(f"{coloured(f'  next: {printable(error.hint)}', sys.stderr)}\n")
