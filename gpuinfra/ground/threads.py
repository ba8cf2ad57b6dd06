"""Questions asked at the same time, each in a thread that nobody waits for once its answer is not wanted."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def begin(call: Callable[[], T]) -> "Future[T]":
    """Make a call in a thread of its own; its result, or what it raised, is in the future.

    A daemon, which those of concurrent.futures are not: at Ctrl-C, and at the end of a command, Python waits
    for such a pool until AWS has answered or its time-outs are over, for most of a minute.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
