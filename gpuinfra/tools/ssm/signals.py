"""The signals that end a program which has something to clean up."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

ENDING = (signal.SIGHUP, signal.SIGTERM)


async def until_signalled(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do the work; SIGHUP (how ssh ends its ProxyCommand) and SIGTERM cancel it, so that it cleans up.

    Ctrl-C at the terminal is for ssh, which decides what becomes of the connection.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in ENDING:
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
