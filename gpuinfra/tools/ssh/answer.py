"""What a program on the host prints, read up to a limit: the host may be hostile, or broken."""

import threading

from gpuinfra.tools import process

CHUNK = 65536


class TooMuch(Exception):
    """A child printed more than it may, and has been killed."""


def talk(child: process.Child, given: bytes, *, most: int, timeout_s: float | None) -> bytes:
    """Give a child its input, and return its stdout once it has ended; its stderr is the caller's.

    Raises:
        TooMuch: there are more than `most` bytes; so much was kept, no more.
        TimeoutExpired: it has not ended in time, and has been killed.
    """
    stdout, said = child.stdout, bytearray()
    assert stdout  # noqa: S101 - PIPE was asked for

    def read() -> None:
        with stdout:
            while len(said) <= most and (chunk := stdout.read1(CHUNK)):  # type: ignore[attr-defined]
                said.extend(chunk)
        if len(said) > most:
            child.kill()

    reader = threading.Thread(target=read, daemon=True)
    child.stdout = None  # communicate() must not read it as well
    reader.start()
    try:
        child.communicate(given, timeout=timeout_s)
    except BaseException:  # Ctrl-C: over a dead connection it would stay
        child.kill()
        child.wait()
        raise
    reader.join(timeout_s)
    if len(said) > most:
        raise TooMuch(f"more than {most} bytes came where a few lines were expected")
    return bytes(said)
