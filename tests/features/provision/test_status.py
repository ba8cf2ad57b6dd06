"""`status`: the record beside what EC2 says; every difference is told."""

import dataclasses
import re
from pathlib import Path

import pytest

from gpuinfra.features.provision.status import status
from gpuinfra.ground.model import HostDetails, Instance, Record
from tests import samples
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeStackFiles, FakeValues
from tests.ground.test_boot_status import look
from tests.samples import OUTPUTS, host

HALF = Record(resources={"module.host.module.instance.aws_instance.this": "i-0half"})


def seen(state: str, public_ip: str = RUNNING.public_ip) -> Instance:
    """Return the recorded instance in another state."""
    return dataclasses.replace(RUNNING, state=state, public_ip=public_ip)


@pytest.mark.parametrize(
    ("instance", "note"),
    [
        (RUNNING, ""),
        (None, "gone: it was terminated outside of gpuinfra; gpuinfra up makes a new one"),
        (seen("terminated"), "gone: it was terminated outside of gpuinfra; gpuinfra up makes a new one"),
        (seen("stopped", ""), "stopped: only its disk costs money; gpuinfra start starts it"),
        (
            seen("running", "52.9.9.9"),
            "the address was 52.1.2.3 when it was recorded; gpuinfra up records the new one",
        ),
    ],
)
def test_a_recorded_host(instance: Instance | None, note: str, tmp_path: Path) -> None:
    """What EC2 says differs from the record: the note says so, and what to do."""
    found = status(fake_world(tmp_path, cloud=FakeCloud(instance=instance)))
    assert (found.host, found.instance, found.note) == (RECORDED.host, instance, note)


def test_who_ended_a_host_is_told_by_its_console_for_as_long_as_that_is_there(tmp_path: Path) -> None:
    """In one line, also of a host that is gone; a running one's console is not asked for."""
    console = (
        'gpuinfra-event {"time": "2026-11-29T20:15:30Z", "kind": "end", "by": "guard", "reason": "idle"}\n'
    )
    for state in ("stopped", "terminated"):
        world = fake_world(tmp_path, cloud=FakeCloud(instance=seen(state), consoles=(console,)))
        assert "ended      idle (guard)" in status(world).text()
    assert status(fake_world(tmp_path, cloud=FakeCloud(consoles=(console,)))).last_words == ""


def test_what_differs_from_the_record_is_marked(tmp_path: Path) -> None:
    """Type, address, groups, disk and addresses let in are EC2's; what was recorded stands beside it."""
    now = dataclasses.replace(
        RUNNING,
        instance_type="g5.xlarge",
        security_group_ids=("sg-mine", "sg-other"),
        since="2026-01-02T03:04:05Z",
    )
    details = HostDetails(gpu_count=4, root_volume_size_gb=200, ssh_from=("0.0.0.0/0", "52.94.76.10/32"))
    shown = status(fake_world(tmp_path, cloud=FakeCloud(instance=now, details=details))).text()
    assert "running since 2026-01-0" in shown  # by the clock of this machine
    assert "g5.xlarge (4 GPU)   (differs: recorded was g4dn.xlarge (1 GPU))" in shown
    assert "200 GB   (differs: recorded was 128 GB)" in shown
    assert "0.0.0.0/0, 52.94.76.10/32   (differs: recorded was 52.94.76.10/32)" in shown
    assert "sg-mine, sg-other   (differs: recorded was" in shown


def test_rules_of_others_are_shown_as_they_are(tmp_path: Path) -> None:
    """Nothing was recorded of the rules of others' groups, so nothing differs; the groups are told."""
    theirs = samples.host(security_group_id="", security_group_ids=("sg-b",), allowed_cidrs=())
    now = dataclasses.replace(RUNNING, security_group_ids=("sg-b",))
    details = HostDetails(gpu_count=1, root_volume_size_gb=128, ssh_from=("198.51.100.0/24",))
    record = dataclasses.replace(RECORDED, host=theirs)
    world = fake_world(tmp_path, cloud=FakeCloud(instance=now, details=details), records=(record,))
    shown = status(world).text()
    assert "198.51.100.0/24" in shown
    assert "differs" not in shown
    assert re.search(r"^group +sg-b$", shown, re.M)


def test_what_agrees_is_not_marked(tmp_path: Path) -> None:
    """A host as it was recorded has no mark, and its groups are no row."""
    group = str(OUTPUTS["security_group_id"])
    now = dataclasses.replace(RUNNING, security_group_ids=(group,))
    shown = status(fake_world(tmp_path, cloud=FakeCloud(instance=now))).text()
    assert "differs" not in shown
    assert group not in shown


def test_what_a_stopped_private_host_costs(tmp_path: Path) -> None:
    """Its NAT gateway runs on: not only its disk costs money."""
    nat = {**RECORDED.resources, 'module.host.module.network["own"].aws_nat_gateway.this["nat"]': "nat-1"}
    record = dataclasses.replace(RECORDED, resources=nat)
    found = status(fake_world(tmp_path, records=(record,), cloud=FakeCloud(instance=seen("stopped", ""))))
    assert found.note.startswith("stopped: only its disk and NAT gateway cost money;")


def test_the_address_of_a_private_host_is_its_way_out(tmp_path: Path) -> None:
    """Said so; that it is another one than was recorded matters to nobody."""
    record = dataclasses.replace(RECORDED, host=host(access="ssm", public_ip="52.1.2.3"))
    group = str(OUTPUTS["security_group_id"])
    now = dataclasses.replace(RUNNING, public_ip="52.9.9.9", security_group_ids=(group,))
    cloud = FakeCloud(instance=now)
    shown = status(fake_world(tmp_path, records=(record,), cloud=cloud)).text()
    assert "52.9.9.9, the way out only: nobody is let in" in shown
    assert "differs" not in shown
    assert "note" not in shown


@pytest.mark.parametrize(
    ("look_at", "says"),
    [
        (look(state="done", gpu="NVIDIA A10G"), "gpu: proven (NVIDIA A10G)"),
        (look(state="done", gpu="NVIDIA A10G", cuda="13.2"), "gpu: proven (NVIDIA A10G, CUDA 13.2)"),
        (look(state="done", gpu="NVIDIA A10G", cuda="13.2; x"), "gpu: proven (NVIDIA A10G)"),
        (look(state="failed", step="gpu"), "gpu: failed gpu"),
        (look(state="done", begun="0"), "not there yet: waiting"),
    ],
)
def test_the_environment_is_shown_over_an_open_connection(look_at: str, says: str, tmp_path: Path) -> None:
    """Proven on which GPU, in this boot; a proof of an earlier boot is none."""
    ssh = FakeSshClient(is_open=True, looks=[look_at])
    ssh.addresses.append(RUNNING.public_ip)
    assert says in status(fake_world(tmp_path, ssh=ssh)).text()


def test_an_edited_environment_is_shown_with_what_brings_it_there(tmp_path: Path) -> None:
    """The host's is proven, and it is not that of the file here."""
    seen_then = look(state="done", gpu="NVIDIA A10G", made_of="0" * 64)
    ssh = FakeSshClient(is_open=True, looks=[seen_then])
    ssh.addresses.append(RUNNING.public_ip)
    found = status(fake_world(tmp_path, ssh=ssh))
    assert found.edited == ("environment.yml",)
    assert "environment.yml here is not the one" in found.text()
    assert "gpuinfra env apply" in found.text()


def test_not_set_up(tmp_path: Path) -> None:
    """A new user learns the first command; AWS is not asked."""
    found = status(fake_world(tmp_path, records=(Record(),), values=FakeValues(exists=False)))
    assert found.note == "not set up: gpuinfra up"


def test_no_host(tmp_path: Path) -> None:
    """A stack that was set up and has no host says so, for its own name."""
    files = FakeStackFiles(tmp_path)
    files.name = "b"
    found = status(fake_world(tmp_path, records=(Record(),), files=files))
    assert (found.host, found.note) == (None, "no host: gpuinfra up --stack b")


def test_no_host_but_what_costs_money(tmp_path: Path) -> None:
    """`up` made its network before AWS refused the host: a gateway costs on, unseen by `leaks`."""
    gateway = Record(resources={'module.host.module.network["own"].aws_nat_gateway.this["nat"]': "nat-1"})
    found = status(fake_world(tmp_path, records=(gateway,), files=FakeStackFiles(tmp_path)))
    assert found.note == (
        "no host, but NAT gateway nat cost money: gpuinfra up (goes on) or gpuinfra down (removes it)"
    )


def test_a_lost_host(tmp_path: Path) -> None:
    """A host that the state does not name is shown: it costs money."""
    found = status(fake_world(tmp_path, records=(Record(),), cloud=FakeCloud(tagged=[[RUNNING]])))
    assert found.orphans == (RUNNING,)
    assert found.note.startswith(f"Terraform does not know of {RUNNING.instance_id}")
    assert "gpuinfra recover (takes it over) or gpuinfra destroy (removes it)" in found.note


def test_a_half_made_host(tmp_path: Path) -> None:
    """A host whose apply was stopped has no outputs yet, but it exists and costs money."""
    found = status(fake_world(tmp_path, records=(HALF,)))
    assert (found.host, found.instance) == (None, RUNNING)
    assert found.note == "half made: gpuinfra up (goes on) or gpuinfra destroy (removes it)"
