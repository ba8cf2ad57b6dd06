"""What the host is asked for by `run` and `job start`; lean, since the quick way of `run` imports it, too."""

from __future__ import annotations

from gpuinfra.host.jobs.frames import new_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

# a run's id is made here, so that it is known if the connection breaks at once
__all__ = ["command_request", "new_id"]


def command_request(
    verb: str, *, words: Sequence[str], folder: str, env: Mapping[str, str], tty: bool, name: str = "",
    time_limit_s: float | None = None, then: str = "none", save: str = "", flags: str = "", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return the request to run a command; flags: what hints add to a command line (another stack)."""
    return {
        "verb": verb,
        "words": list(words),
        "env": dict(env),
        "name": name,
        "tty": tty,
        "time_limit_s": time_limit_s,
        "then": then,
        "save": save,
        "directory": folder,
        "flags": flags,
        **more,
    }
