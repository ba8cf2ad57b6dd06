"""forward: ports that are taken, and a tunnel that is opened again whenever it ends."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.actions import forward as actions
from gpuinfra.errors import ConfigError, HostError
from tests.actions.test_sync import reachable
from tests.fakes import RUNNING, FakeNarrator
from tests.fakes_host import FakeCloud, ports


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

    def __init__(self, *carried: FakeCarried, taken: Sequence[int] = ()) -> None:
        self.carried, self.ports_taken = list(carried), set(taken)
        self.asked: list[tuple[int, int]] = []

    def taken(self, port: int) -> bool:
        """Tell."""
        return port in self.ports_taken

    def free(self, near: int) -> int:
        """Return the next that is not taken."""
        return next(p for p in range(near, near + 99) if p not in self.ports_taken)

    def carry(self, ssh: Sequence[str], *, local: int, remote: int) -> FakeCarried:
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


def test_a_taken_port_names_a_free_one() -> None:
    """The command to type is complete."""
    with pytest.raises(ConfigError, match="port 6006 of this machine is in use") as caught:
        actions.refuse_taken(FakeTunnel(taken=[6006, 6007]), 6006, lambda free: f"forward {free}:6006")
    assert caught.value.hint == "forward 6008:6006"


def test_a_tunnel_that_ends_is_opened_again(tmp_path: Path) -> None:
    """Until Ctrl-C; each ssh is ended, and the URL is told as new only once."""
    carried = [FakeCarried("Timeout, server not responding."), FakeCarried("gone", is_up=False)]
    tunnel = FakeTunnel(*carried, last := FakeCarried(KeyboardInterrupt()))
    narrator = FakeNarrator()
    ups: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        actions.carry(
            ports(tmp_path, link=reachable(), narrator=narrator),
            tunnel,
            local=1,
            remote=2,
            on_up=ups.append,
        )
    assert ups == [True, False]
    assert tunnel.asked == [(1, 2)] * 3
    assert all(c.ended for c in (*carried, last))
    assert any("server not responding" in line for line in narrator.said)


def test_a_host_that_is_gone_ends_it(tmp_path: Path) -> None:
    """What waits for hosts does not wait for one that was destroyed meanwhile."""
    link, cloud = reachable(), FakeCloud(instance=None)
    tunnel = FakeTunnel(FakeCarried("closed"))
    link.answers_at = AnswersOnce(str(RUNNING.public_ip))
    with pytest.raises(HostError, match="is gone"):
        actions.carry(
            ports(tmp_path, link=link, cloud=cloud), tunnel, local=1, remote=2, on_up=lambda first: None
        )


class AnswersOnce(set[str]):
    """Addresses that answer at the first question only."""

    def __init__(self, address: str) -> None:
        super().__init__([address])

    def __contains__(self, address: object) -> bool:
        found = super().__contains__(address)
        self.clear()
        return found
