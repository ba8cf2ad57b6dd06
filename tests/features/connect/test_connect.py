"""The way to a host: its true key from the console, its present address, or the reason why not."""

import base64
import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.connect import connect, pin
from gpuinfra.ground.errors import CloudError, HostError, KeyChanged, Unreachable
from gpuinfra.ground.model import Host, Record
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter, FakeTime
from tests.samples import host

ADDRESS = RUNNING.public_ip


def key(name: str = "ssh-ed25519", *, inside: str = "") -> str:
    """Return a public key line whose data names `inside` as its type."""
    text = (inside or name).encode()
    data = len(text).to_bytes(4, "big") + text + b"\0\0\0\x20" + b"k" * 32
    return f"{name} {base64.b64encode(data).decode()}"


def block(*keys: str, token: str) -> str:
    """Return a block as the host prints it."""
    lines = [
        f"-----BEGIN GPUINFRA HOST KEYS {token}-----",
        *keys,
        f"-----END GPUINFRA HOST KEYS {token}-----",
    ]
    return "\r\n".join(lines) + "\r\n"


def test_a_late_console_is_waited_for_and_told(tmp_path: Path, token: str) -> None:
    """The keys come some time after the host runs; the user sees what is waited for, once."""
    reporter, ssh, time = FakeReporter(), FakeSshClient(answers_at=[ADDRESS]), FakeTime()
    cloud = FakeCloud(consoles=["", "booting", block(key(), token=token)])
    connect.connect(fake_world(tmp_path, reporter=reporter, ssh=ssh, cloud=cloud, time=time))
    assert ssh.keys == {RUNNING.instance_id: [key()]}
    assert time.now_s == 2 * pin.POLL_S
    assert len([s for s in reporter.said if "waiting for the host to print its keys" in s]) == 1


@pytest.mark.parametrize(("launched", "waited_s"), [("", 300), ("2020-01-01T00:00:00+00:00", 0)])
def test_a_host_that_never_prints_its_keys_is_refused(tmp_path: Path, launched: str, waited_s: float) -> None:
    """No key, no connection: no trust on first use; one that has been on for long is not waited for."""
    instance, time = dataclasses.replace(RUNNING, launched=launched), FakeTime()
    cloud = FakeCloud(consoles=["hello"], instance=instance)
    with pytest.raises(HostError, match="does not connect to a host that it cannot verify"):
        connect.connect(fake_world(tmp_path, cloud=cloud, ssh=FakeSshClient(), time=time))
    assert time.now_s == waited_s


def test_a_lost_console_is_made_up_for_by_the_agent(tmp_path: Path) -> None:
    """Systems Manager's agent shows the same keys, and AWS vouches for it; the user is told."""
    reporter, ssh = FakeReporter(), FakeSshClient(answers_at=[ADDRESS])
    cloud = FakeCloud(consoles=["hello"], agent=f"{key()} root@host\nnonsense\n")
    connect.connect(fake_world(tmp_path, cloud=cloud, ssh=ssh, reporter=reporter))
    assert ssh.keys == {RUNNING.instance_id: [key()]}
    assert any("asking its Systems Manager agent" in said for said in reporter.said)


def test_a_lost_nonce_is_told_at_once(tmp_path: Path) -> None:
    """Keys that carry another mark will not change by waiting: the agent is asked."""
    reporter, ssh, time = FakeReporter(), FakeSshClient(answers_at=[ADDRESS]), FakeTime()
    cloud = FakeCloud(consoles=[block(key("ssh-rsa"), token="f" * 32)], agent=f"{key()} root@host\n")
    connect.connect(fake_world(tmp_path, cloud=cloud, ssh=ssh, reporter=reporter, time=time))
    assert (ssh.keys, time.now_s) == ({RUNNING.instance_id: [key()]}, 0)
    assert any("host-key-nonce, which was lost or replaced" in said for said in reporter.said)


def test_a_refusal_of_systems_manager_is_told(tmp_path: Path) -> None:
    """The user sees why neither way worked."""
    cloud = FakeCloud(
        consoles=["hello"], agent=CloudError("your AWS user or role may not do ssm:SendCommand")
    )
    with pytest.raises(HostError, match="may not do ssm:SendCommand"):
        connect.connect(fake_world(tmp_path, cloud=cloud, ssh=FakeSshClient()))


@pytest.mark.parametrize(
    "console",
    [
        "-----BEGIN GPUINFRA HOST KEYS {t}-----\nssh-ed25519 AAAA",
        "ssh-ed25519 AAAA\n-----END GPUINFRA HOST KEYS {t}-----",
        "-----BEGIN GPUINFRA HOST KEYS other-----\n{k}\n-----END GPUINFRA HOST KEYS other-----",
        "-----BEGIN SSH HOST KEY KEYS-----\n{k}\n-----END SSH HOST KEY KEYS-----",
        "-----BEGIN GPUINFRA HOST KEYS {t}-----\n{bad}\n-----END GPUINFRA HOST KEYS {t}-----",
    ],
    ids=["cut at the end", "cut at the start", "another token", "no token", "type and data differ"],
)
def test_what_is_not_a_whole_true_block_is_ignored(console: str, tmp_path: Path, token: str) -> None:
    """A forged, cut or inconsistent block pins nothing."""
    text = console.format(t=token, k=key(), bad=key("ssh-rsa", inside="ssh-ed25519"))
    ssh = FakeSshClient(answers_at=[ADDRESS])
    with pytest.raises(HostError):
        connect.connect(fake_world(tmp_path, cloud=FakeCloud(consoles=[text]), ssh=ssh))
    assert ssh.keys == {}


def test_the_last_whole_block_counts(tmp_path: Path, token: str) -> None:
    """The host prints its keys at every boot; colours and prefixes of the console do not matter."""
    old = block(key("ssh-rsa"), token=token)
    new = "\x1b[0;32m[  OK  ]\x1b[0m" + block(key(), token=token)
    ssh = FakeSshClient(answers_at=[ADDRESS])
    connect.connect(fake_world(tmp_path, cloud=FakeCloud(consoles=[old + new]), ssh=ssh))
    assert ssh.keys[RUNNING.instance_id] == [key()]


@pytest.mark.parametrize(
    ("state", "says", "hint"),
    [("stopped", "is stopped", "gpuinfra start"), ("terminated", "is gone", "gpuinfra up")],
)
def test_a_host_that_does_not_run_is_told_with_the_next_command(
    state: str, says: str, hint: str, tmp_path: Path
) -> None:
    """Nobody waits for a host that is not there."""
    cloud = FakeCloud(instance=dataclasses.replace(RUNNING, state=state))
    with pytest.raises(HostError, match=says) as caught:
        connect.connect(fake_world(tmp_path, cloud=cloud))
    assert hint in caught.value.hint


def test_a_new_address_after_stop_and_start_is_taken_over(tmp_path: Path, token: str) -> None:
    """EC2 gives another address at every start."""
    ssh = FakeSshClient(answers_at=["52.7.7.7"])
    cloud = FakeCloud(
        instance=dataclasses.replace(RUNNING, public_ip="52.7.7.7"), consoles=[block(key(), token=token)]
    )
    connect.connect(fake_world(tmp_path, cloud=cloud, ssh=ssh))
    assert ssh.addresses == [ADDRESS, "52.7.7.7"]


class OpenLink(FakeSshClient):
    """A host whose shared connection is up."""

    def is_open(self, host: Host) -> bool:
        """Tell."""
        return True


def test_an_open_connection_is_not_written_over_with_the_recorded_address(tmp_path: Path) -> None:
    """It may go to a newer one; tunnels and editors, which log in anew, read it from the file."""
    ssh = OpenLink()
    ssh.pin(host(), [key()])
    connect.connect(fake_world(tmp_path, ssh=ssh))
    assert ssh.addresses == [""]


def test_another_host_at_the_old_address_is_no_alarm(tmp_path: Path, token: str) -> None:
    """EC2 gives old addresses to others; only a wrong key at the present address is a hard stop."""
    ssh = FakeSshClient(answers_at=[ADDRESS, "52.7.7.7"], strangers=[ADDRESS])
    consoles = [block(key(), token=token)]
    moved = dataclasses.replace(RUNNING, public_ip="52.7.7.7")
    found = connect.connect(fake_world(tmp_path, cloud=FakeCloud(instance=moved, consoles=consoles), ssh=ssh))
    assert found.public_ip == "52.7.7.7"
    with pytest.raises(KeyChanged):
        connect.connect(fake_world(tmp_path, cloud=FakeCloud(consoles=consoles), ssh=ssh))


def test_a_host_without_an_address_is_not_looked_for_here(tmp_path: Path, token: str) -> None:
    """An empty host name would be this very machine."""
    bare = dataclasses.replace(RUNNING, public_ip="")
    state = [dataclasses.replace(RECORDED, host=host(public_ip=""))]
    cloud = FakeCloud(instance=bare, consoles=[block(key(), token=token)])
    with pytest.raises(Unreachable, match="it has no public address"):
        connect.connect(fake_world(tmp_path, cloud=cloud, records=state, ssh=FakeSshClient(answers_at=[""])))


def test_a_closed_port_names_both_reasons(tmp_path: Path, token: str) -> None:
    """Still booting, or the caller's address has changed: the hint says what to do for each of ours."""
    cloud = FakeCloud(consoles=[block(key(), token=token)])
    with pytest.raises(HostError, match="nothing answers") as caught:
        connect.connect(fake_world(tmp_path, cloud=cloud))
    assert "gpuinfra status --watch" in caught.value.hint
    assert "gpuinfra allow" in caught.value.hint
    theirs = host(security_group_id="", security_group_ids=("sg-b",), allowed_cidrs=())
    with pytest.raises(HostError, match="not one of those that sg-b let in") as caught:
        connect.reach(fake_world(tmp_path, cloud=cloud), theirs)
    assert "allow" not in caught.value.hint


def test_a_connection_that_died_while_the_laptop_slept_is_made_anew(tmp_path: Path) -> None:
    """The user does not have to say it twice; a host that is away as well is told as such."""
    ssh = FakeSshClient(is_open=True, looks=[None, ""], answers_at=[RUNNING.public_ip])
    ssh.pin(host(), [key()])
    assert connect.connect(fake_world(tmp_path, ssh=ssh)).instance_id == RUNNING.instance_id
    away = FakeSshClient(is_open=True, looks=[None, ""])
    away.pin(host(), [key()])
    with pytest.raises(Unreachable, match="nothing answers at"):
        connect.connect(fake_world(tmp_path, ssh=away))


def test_no_host_is_told(tmp_path: Path) -> None:
    """Before the first up there is nothing to open."""
    with pytest.raises(HostError, match="has no host"):
        connect.connect(fake_world(tmp_path, records=[Record()]))
