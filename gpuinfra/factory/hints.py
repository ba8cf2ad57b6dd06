"""Hints of the Python API: like those of the command line, about the stack that was asked for."""

from collections.abc import Callable
from functools import wraps
from typing import Protocol, TypeVar

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.names import of_stack


class _OfStack(Protocol):
    stack: str


Kind = TypeVar("Kind")


def about_its_stack(kind: type[Kind]) -> type[Kind]:
    """Let what the public methods of a class with a `stack` raise name it in each command to type."""
    for name, method in list(vars(kind).items()):
        if callable(method) and not name.startswith("_"):
            setattr(kind, name, _told(method))
    return kind


def _told(method: Callable[..., object]) -> Callable[..., object]:
    @wraps(method)
    def call(self: _OfStack, *args: object, **options: object) -> object:
        try:
            return method(self, *args, **options)
        except GpuInfraError as error:
            error.retell(error.message, hint=of_stack(error.hint, self.stack))
            raise

    return call
