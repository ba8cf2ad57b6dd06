"""The one printer: results to stdout, errors to stderr; nothing that a host said can steer the terminal."""

import re
import sys

from gpuinfra.ground.errors import GpuInfraError

# ESC [ ... letter (CSI); ESC ] ... BEL or ESC \ (OSC: titles, links, the clipboard), and the like (DCS, PM,
# APC, SOS); any other ESC with its byte. ECMA-48, sections 5.4, 5.6 and 8.3.
SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# C0 but tab and line feed, DEL, and C1; halves of letters, which cannot be written at all.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# How our next step begins: in a message it is somebody else's.
NEXT = re.compile(r"^(?=\s*next:)", re.MULTILINE)


def printable(text: str) -> str:
    """Return a text without what steers a terminal; a carriage return ends a line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return CONTROLS.sub("", SEQUENCES.sub("", lines))


def emit(text: str) -> None:
    """Print a result to stdout."""
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()


def emit_json(value: object) -> None:
    """Print a result as JSON to stdout; JSON escapes control characters itself."""
    import dataclasses
    import json

    plain = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
    sys.stdout.write(json.dumps(plain, indent=2) + "\n")
    sys.stdout.flush()


def complain(error: GpuInfraError) -> None:
    """Tell an error and its next step on stderr."""
    sys.stderr.write(f"error: {NEXT.sub('| ', printable(error.message))}\n")
    if error.hint:
        sys.stderr.write(f"  next: {printable(error.hint)}\n")
