"""A changed public key: the host takes it first; what cannot be is refused while the old one is recorded."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import keys
from gpuinfra.features.provision.resource_names import KEY_PAIR
from gpuinfra.features.provision.up import Consent, LivingHost, apply
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Change, Host, Outcome
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter, FakeTerraform, FakeValues
from tests.samples import host

OLD, NEW = "ssh-ed25519 AAAAold", "ssh-ed25519 AAAAnew=="


def values(key: str = NEW) -> FakeValues:
    """Return a terraform.tfvars that names a key."""
    made = FakeValues()
    made.key = key
    return made


def ssh(*looks: str | None) -> FakeSshClient:
    """Return a host that says these things when it is connected to, and asked."""
    made = FakeSshClient(answers_at=[RUNNING.public_ip], looks=looks)
    made.pin(host(), ["ssh-ed25519 AAAA"])
    return made


def test_the_host_takes_the_new_key_over_the_old_one(tmp_path: Path) -> None:
    """The user is told that the old one still lets in."""
    reporter = FakeReporter()
    keys.take(fake_world(tmp_path, values=values(), ssh=ssh("", "taken\n"), reporter=reporter), host())
    assert "the old key lets in, too" in reporter.said[-1]


def test_a_lost_key_is_made_up_for_by_the_agent(tmp_path: Path) -> None:
    """Who has lost the old private key is let in again through Systems Manager, if its agent runs."""
    cloud = FakeCloud(agent="taken\n")
    keys.take(fake_world(tmp_path, values=values(), ssh=ssh(None), cloud=cloud), host())


def test_what_cannot_be_brought_is_refused_with_the_way_back(tmp_path: Path) -> None:
    """Neither way in: the record keeps the old key, which is named."""
    with pytest.raises(HostError, match="its agent does not answer; nothing was changed") as caught:
        keys.take(fake_world(tmp_path, values=values(), ssh=ssh(None)), host())
    assert caught.value.hint == f'set public_key_path = "{host().private_key_path}.pub" in terraform.tfvars'


@pytest.mark.parametrize(
    "key", ["", "ssh-ed25519 AAAA$(reboot)", "ssh-dss AAAA", "ssh-rsa AAAA x\nssh-rsa B"]
)
def test_what_is_no_key_never_reaches_a_shell(key: str, tmp_path: Path) -> None:
    """The line is the user's file: only what looks like a key is sent."""
    with pytest.raises(ConfigError, match="does not name an"):
        keys.take(fake_world(tmp_path, values=values(key), ssh=ssh("", "taken")), host())


@pytest.mark.parametrize("before", [None, f"{OLD} me", f"{OLD} me\n"])
def test_the_file_on_the_host_gets_one_line_more(before: str | None, tmp_path: Path) -> None:
    """Once, however often it is run; what is there stays, also where the last line has no end."""
    file = tmp_path / ".ssh" / "authorized_keys"
    if before is not None:
        file.parent.mkdir()
        file.write_text(before)
    for _ in range(2):
        argv = ["sh", "-c", keys.script(NEW, str(tmp_path))]
        assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == "taken\n"
    assert [line for line in file.read_text().split("\n") if line] == [
        *([before.strip()] if before else []),
        NEW,
    ]
    assert file.stat().st_mode & 0o777 == (0o644 if before else 0o600)


def test_up_lets_the_host_take_the_key_before_the_record_changes(tmp_path: Path) -> None:
    """A stopped host is started for it; when it cannot be done nothing is applied."""
    pair = Change(address=KEY_PAIR, action="replace")
    terraform = FakeTerraform(Outcome(ok=True, added=1, destroyed=1, changes=(pair,)))
    record = dataclasses.replace(RECORDED, public_key=OLD)
    world = fake_world(tmp_path, values=values(), terraform=terraform, records=(record,))
    seen: list[str] = []

    def take(_: Host) -> None:
        seen.append("take")
        assert ("apply", True, (), ()) not in terraform.calls
        if seen.count("take") == 2:
            raise HostError("no way in")

    def started(found: Host) -> Host:
        seen.append("start")
        return found

    living = LivingHost(started=started, take_key=take)
    apply(world, Consent(yes=True), living=living)
    assert seen == ["start", "take"]
    assert terraform.calls[-1] == ("apply", True, (), ())
    terraform.calls.clear()
    with pytest.raises(HostError, match="no way in"):
        apply(world, Consent(yes=True), living=living)
    assert ("apply", True, (), ()) not in terraform.calls
