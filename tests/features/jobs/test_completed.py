"""A command that is waited for: its output as it came, its end; Ctrl-C ends it on the host, too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.features.jobs.completed import CommandFailed, completed, printed
from gpuinfra.features.jobs.job import parse
from gpuinfra.ground.errors import HostError, Interrupted
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import Request
from gpuinfra.ground.world import World
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import JOB, FakeHostClient
from tests.fakes.world import RUNNING

ENDED = {**JOB, "state": "failed", "exit_code": 3}


class Printing(FakeHostClient):
    """Its job prints these pieces; None is a Ctrl-C of the user."""

    pieces: tuple[bytes | None, ...] = ()
    code = 0

    def stream(self, host: Host, request: Request, write: Callable[[bytes], None]) -> tuple[int, int]:
        """Print them."""
        for piece in self.pieces:
            if piece is None:
                raise KeyboardInterrupt
            write(piece)
        return self.code, 0


def reachable(directory: Path, host: Printing) -> World:
    """Return a world whose host answers and whose key is known."""
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip])
    ssh.keys[RUNNING.instance_id] = ["key"]
    return fake_world(directory, ssh=ssh, host=host)


def test_letters_that_are_cut_by_the_wire_arrive_whole(tmp_path: Path) -> None:
    """And the exit code is that of the command."""
    host = Printing(JOB, ENDED)
    told: list[str] = []
    host.pieces = ("é".encode()[:1], "é".encode()[1:] + b"\xff\n")
    done = completed(reachable(tmp_path, host), parse(JOB), told.append)
    assert (done.output, "".join(told), done.code) == ("é\ufffd\n", "é\ufffd\n", 3)
    assert "exit code 3" in str(CommandFailed(done))


def test_an_interrupt_ends_the_command(tmp_path: Path) -> None:
    """Who presses stop in a notebook does not pay for what goes on unseen."""
    host = Printing(JOB, {**JOB, "state": "stopped"})
    host.pieces = (b"1\n", None)
    with pytest.raises(Interrupted, match="was ended"):
        completed(reachable(tmp_path, host), parse(JOB), lambda _: None)
    assert host.asked[-1]["verb"] == "stop"


def test_a_part_of_the_output_is_no_output(tmp_path: Path) -> None:
    """A connection that broke, or a host that could not read its log: an error, not half a text."""
    host = Printing(JOB)
    host.pieces, host.code = (b"half",), 255
    with pytest.raises(HostError, match="not all that the job abcd has printed") as caught:
        printed(reachable(tmp_path, host), "abcd")
    assert caught.value.hint == "gpuinfra job logs abcd"
    host.code = 0
    assert printed(reachable(tmp_path, host), "abcd") == "half"
