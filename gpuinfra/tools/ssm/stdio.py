"""This process's stdin and stdout as ssh gives them to its ProxyCommand: pipes, or one socket for both."""

import asyncio
import os
from collections.abc import Callable

from gpuinfra.tools.ssm.protocols import LocalClosed

READ_BYTES = 64 * 1024


class Stdio:
    """The Local port; asyncio's own pipes take a socket that is both ends for a closed one."""

    def __init__(self, *, reads: int = 0, writes: int = 1) -> None:
        self._reads, self._writes = reads, writes
        os.set_blocking(reads, False)
        os.set_blocking(writes, False)

    async def read(self) -> bytes:
        """Return what ssh sends next; nothing at its end."""
        while True:
            try:
                return os.read(self._reads, READ_BYTES)
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._until(loop.add_reader, loop.remove_reader, self._reads)
            except OSError:  # ssh has reset it
                return b""

    async def write(self, data: bytes) -> None:
        """Write all of it.

        Raises:
            LocalClosed: ssh reads no more.
        """
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._writes, rest) :]
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._until(loop.add_writer, loop.remove_writer, self._writes)
            except OSError:
                raise LocalClosed from None

    @staticmethod
    async def _until(add: Callable[..., object], remove: Callable[[int], object], number: int) -> None:
        ready = asyncio.Event()
        add(number, ready.set)
        try:
            await ready.wait()
        finally:
            remove(number)
