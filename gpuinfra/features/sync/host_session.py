"""The host's end of a sync, started over ssh; its refusals and the connection's end as errors of ours."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from gpuinfra.features.sync.conversation import Conversation, SyncRefused
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.ground.names import command
from gpuinfra.tools import process
from gpuinfra.tools.ssh import host_bundle

SSH_FAILED = 255
PROGRAM = ("/usr/bin/python3", "-I", "-S", "gpuinfra/host/sync/__main__.py")
NO_SPACE = "No space left on device"
GOES_ON = "the same command goes on"


@contextmanager
def opened(ssh: Sequence[str], folder: str, *, stack: str) -> Iterator[Conversation]:
    """Start the host's end for a folder below its home.

    Raises:
        Unreachable: the connection ended, or there is none.
        HostError: the host refuses.
    """
    bundle = host_bundle.files()
    argv = [*ssh, "--", host_bundle.command([*PROGRAM, folder], bundle)]
    with tempfile.TemporaryFile() as words:
        child = process.start(argv, stdin=process.PIPE, stdout=process.PIPE, stderr=words)
        try:
            assert child.stdin and child.stdout  # noqa: S101, PT018 - PIPE was asked for
            host_bundle.hand_over(child.stdin.fileno(), child.stdout.fileno(), bundle)
            yield Conversation(child.stdout, child.stdin)
        except SyncRefused as refused:
            raise _refusal(refused, folder, stack) from None
        except (host_bundle.NoMarker, EOFError, BrokenPipeError):
            child.kill()
            raise _ended(child.wait(), words) from None
        finally:
            with suppress(BrokenPipeError):
                child.communicate()


def _refusal(refused: SyncRefused, folder: str, stack: str) -> GpuInfraError:
    if refused.kind == "owner":
        join = command("sync --join", stack)
        return HostError(
            f"~/{folder} on the host {refused}", hint=f"{join}   # merges both; nothing is overwritten"
        )
    if refused.kind == "empty":
        return HostError(
            f"{refused}; nothing was done", hint=command("sync --keep here", stack) + "   # or: --keep host"
        )
    if refused.kind == "much":
        return ConfigError(
            f"{refused}, more than is sent before a command", hint=f"{command('sync up', stack)}, once"
        )
    if NO_SPACE in str(refused):
        return HostError(f"a disk is full: {refused}", hint=command("ssh -- df -h", stack))
    return HostError(f"the host's end of the sync failed, nothing was changed here: {refused}")


def _ended(code: int, words: IO[bytes]) -> GpuInfraError:
    words.seek(0)
    why = (words.read().decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
    if code == SSH_FAILED or code < 0:
        return Unreachable(f"the connection ended during the sync: {why}", hint=GOES_ON)
    return HostError(f"the host's end of the sync ended: {why[-300:]}")
