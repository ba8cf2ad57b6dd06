"""forward: ports that are taken, and a tunnel that is opened again whenever it ends."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.features.web import forward as actions
from gpuinfra.ground.errors import ConfigError, HostError, Interrupted, KeyChanged
from gpuinfra.ground.model import Host
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, FakeReporter
from tests.features.sync.test_sync import reachable


class FakeCarried:
    """A tunnel that is up or not, and then ends as told."""

    def __init__(self, ends: BaseException | str, is_up: bool = True) -> None:
        self.ends, self.is_up, self.ended = ends, is_up, False

    def up(self, *, timeout_s: float) -> bool:
        """Tell whether it carries."""
        return self.is_up

    def wait(self) -> str:
        """End."""
        if isinstance(self.ends, BaseException):
            raise self.ends
        return self.ends

    def end(self) -> None:
        """Remember that it was ended."""
        self.ended = True


class FakeTunnel:
    """A machine on which some ports are taken."""

    def __init__(self, *carried: FakeCarried, taken: Sequence[int] = (), roots: Sequence[int] = ()) -> None:
        self.carried, self.ports_taken, self.roots = list(carried), set(taken), roots
        self.asked: list[tuple[int, int]] = []

    def taken(self, port: int) -> bool:
        """Tell."""
        if port in self.roots:
            raise PermissionError
        return port in self.ports_taken

    def free(self, near: int) -> int:
        """Return the next that is not taken."""
        return next(p for p in range(near, near + 99) if p not in self.ports_taken)

    def carry(self, host: Host, *, local: int, remote: int) -> FakeCarried:
        """Begin the next."""
        self.asked.append((local, remote))
        return self.carried.pop(0)


@pytest.mark.parametrize(("text", "found"), [("6006:16006", (6006, 16006)), ("6006", (6006, 6006))])
def test_ports(text: str, found: tuple[int, int]) -> None:
    """Local first, as in ssh -L; one number for both."""
    assert actions.parse(text) == found


@pytest.mark.parametrize(
    "text", ["", ":", "a:1", "1:", "0:1", "1:65536", "1:2:3", "-1:5", "6006:host:1", "²:1"]
)
def test_what_is_no_port_is_refused(text: str) -> None:
    """With an example."""
    with pytest.raises(ConfigError, match="two ports from 1 to 65535") as caught:
        actions.parse(text)
    assert caught.value.hint == "gpuinfra forward 6006:6006"


def again(free: int) -> str:
    """Return the command line for another port."""
    return f"forward {free}:6006"


def route(local: int = 1, remote: int = 2) -> actions.Route:
    """Return a way through the tunnel."""
    return actions.Route(local=local, remote=remote, again=again)


def carry(directory: Path, tunnel: FakeTunnel, ups: list[bool] | None = None, **parts: object) -> None:
    """Carry local port 1 in the fake world."""
    world = fake_world(directory, **{"ssh": reachable(), **parts})
    for first in actions.carry(world, tunnel, route()):
        (ups if ups is not None else []).append(first)


def test_a_taken_port_names_a_free_one() -> None:
    """The command to type is complete."""
    with pytest.raises(ConfigError, match="port 6006 of this machine is in use") as caught:
        actions.refuse_taken(FakeTunnel(taken=[6006, 6007]), route(6006))
    assert caught.value.hint == "forward 6008:6006"


def test_a_port_of_root_names_one_that_anybody_may_have() -> None:
    """80 is 8080 by custom."""
    with pytest.raises(ConfigError, match="port 80 of this machine is for root") as caught:
        actions.refuse_taken(FakeTunnel(roots=[80]), route(80))
    assert caught.value.hint == "forward 8080:6006"


def test_a_port_that_is_lost_meanwhile_ends_it(tmp_path: Path) -> None:
    """While the laptop slept, say; to try again would not help."""
    tunnel = FakeTunnel(FakeCarried("closed"), FakeCarried("bind: Address already in use", is_up=False))
    with pytest.raises(ConfigError, match="port 1 of this machine is in use") as caught:
        carry(tmp_path, tunnel)
    assert caught.value.hint == "forward 2:6006"


def test_a_tunnel_that_ends_is_opened_again(tmp_path: Path) -> None:
    """Until Ctrl-C; each ssh is ended, and the URL is told as new only once."""
    carried = [FakeCarried("Timeout, server not responding."), FakeCarried("gone", is_up=False)]
    tunnel = FakeTunnel(*carried, last := FakeCarried(KeyboardInterrupt()))
    reporter = FakeReporter()
    ups: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        carry(tmp_path, tunnel, ups, reporter=reporter)
    assert ups == [True, False]
    assert tunnel.asked == [(1, 2)] * 3
    assert all(c.ended for c in (*carried, last))
    assert any("server not responding" in line for line in reporter.said)


def test_one_that_was_up_is_tried_before_anything_else(tmp_path: Path) -> None:
    """After a sleep the shared connection is dead, too; who asked it first would wait for its end."""
    ssh = reachable()
    with pytest.raises(KeyboardInterrupt):
        carry(tmp_path, FakeTunnel(FakeCarried("slept"), FakeCarried(KeyboardInterrupt())), ssh=ssh)
    assert len(ssh.addresses) == 1


def test_a_silent_port_is_told(tmp_path: Path) -> None:
    """A server that is not started yet: the tunnel is made all the same."""
    ssh, reporter = reachable(), FakeReporter()
    ssh.looks = ["", "silent\n"]
    with pytest.raises(KeyboardInterrupt):
        carry(tmp_path, FakeTunnel(FakeCarried(KeyboardInterrupt())), ssh=ssh, reporter=reporter)
    assert reporter.said == ["nothing listens on port 2 of the host's loopback (yet)"]


def test_another_key_is_refused(tmp_path: Path) -> None:
    """With the words of a host that is not the one; never tried again."""
    ssh = reachable()

    tunnel = FakeTunnel(FakeCarried("Host key verification failed."))
    connections = actions.carry(fake_world(tmp_path, ssh=ssh), tunnel, route())
    assert next(connections)
    ssh.strangers = {str(RUNNING.public_ip)}
    with pytest.raises(KeyChanged):
        next(connections)


def test_a_host_that_is_gone_ends_it(tmp_path: Path) -> None:
    """What waits for hosts does not wait for one that was destroyed meanwhile."""
    ssh, cloud = reachable(), FakeCloud(instance=None)
    tunnel = FakeTunnel(FakeCarried("closed"), FakeCarried("no route", is_up=False))
    ssh.answers_at = AnswersOnce(str(RUNNING.public_ip))
    with pytest.raises(HostError, match="is gone"):
        carry(tmp_path, tunnel, ssh=ssh, cloud=cloud)


class AnswersOnce(set[str]):
    """Addresses that answer at the first question only."""

    def __init__(self, address: str) -> None:
        super().__init__([address])

    def __contains__(self, address: object) -> bool:
        found = super().__contains__(address)
        self.clear()
        return found


def test_ctrl_c_ends_it_with_words(tmp_path: Path) -> None:
    """Until then the user is told each time that it is connected."""
    reporter, tunnel = FakeReporter(), FakeTunnel(FakeCarried("gone"), FakeCarried(KeyboardInterrupt()))
    world = fake_world(tmp_path, ssh=reachable(), reporter=reporter)
    with pytest.raises(Interrupted, match="port 6006 is no longer carried"):
        actions.forward(world, tunnel, "6006:7007")
    assert tunnel.asked == [(6006, 7007)] * 2
    assert reporter.said.count("127.0.0.1:6006 is port 7007 of the host (Ctrl-C ends it)") == 2
