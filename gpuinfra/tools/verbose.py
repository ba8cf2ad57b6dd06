"""What -v shows: each external command, as one would type it, and what Terraform says of its plan."""

import logging
import shlex
from collections.abc import Sequence

from gpuinfra.ground.printable import printable

log = logging.getLogger("gpuinfra.commands")
MAX_WORD = 300  # characters of a word that are shown


def is_on() -> bool:
    """Tell whether the user wants to see it."""
    return log.isEnabledFor(logging.INFO)


def note(argv: Sequence[str]) -> None:
    """Show a command; a script that is sent is cut short."""
    if is_on():
        log.info("%s", shlex.join(word if len(word) <= MAX_WORD else f"{word[:40]}..." for word in argv))


def told(text: str) -> None:
    """Show what a command has said."""
    log.info("%s", printable(text))
