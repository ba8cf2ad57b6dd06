"""The one rule of all adapters: what the user's machine does wrong never ends as a bug of ours."""

import errno
import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from gpuinfra.ground.errors import ConfigError

A = TypeVar("A", bound=type)
HINTS = {
    errno.ENOSPC: "df -h .   # free 100 MB or more, then the same command again",
    errno.EDQUOT: "df -h .   # or your administrator's quota; then the same command again",
    errno.EMFILE: "ulimit -n 4096   # then the same command again",
}


def adapter(
    what: str, *library: type[Exception], passes: tuple[type[Exception], ...] = (), hint: str = ""
) -> Callable[[A], A]:
    """Make a class an adapter: an OSError or UnicodeError that leaves a public method is a ConfigError.

    what: the thing that could not be used, for the message. library: the base exceptions of its library,
    treated alike. passes: exceptions that a caller of it handles. hint: the next command where errno names
    none. A BrokenPipeError always passes: the reader of our output has gone, which is no error.
    """

    def decorate(cls: A) -> A:
        for name, method in list(vars(cls).items()):
            if callable(method) and (name == "__init__" or name == "__call__" or name[0] != "_"):
                setattr(cls, name, _guarded(method, what, (OSError, UnicodeError, *library), passes, hint))
        cls.is_adapter = True  # type: ignore[attr-defined]  # for the test that lists them
        return cls

    return decorate


def _guarded(
    method: Callable[..., Any],
    what: str,
    caught: tuple[type[Exception], ...],
    passes: tuple[type[Exception], ...],
    hint: str,
) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        with _mapped(what, caught, passes, hint):
            return method(*args, **options)

    @functools.wraps(method)
    def iterate(*args: Any, **options: Any) -> Iterator[Any]:
        with _mapped(what, caught, passes, hint):
            yield from method(*args, **options)

    return iterate if inspect.isgeneratorfunction(method) else call


@contextmanager
def _mapped(
    what: str, caught: tuple[type[Exception], ...], passes: tuple[type[Exception], ...], hint: str
) -> Iterator[None]:
    try:
        yield
    except caught as error:
        if isinstance(error, (BrokenPipeError, *passes)):
            raise
        advice = HINTS.get(getattr(error, "errno", None) or 0, hint)
        raise ConfigError(f"{what}: {error}", hint=advice) from error
