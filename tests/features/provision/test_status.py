"""`status`: the record beside what EC2 says; every difference is told."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.status import status
from gpuinfra.ground.model import Instance, Record
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeStackFiles, FakeValues

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


def test_a_lost_host(tmp_path: Path) -> None:
    """A host that the state does not name is shown: it costs money."""
    found = status(fake_world(tmp_path, records=(Record(),), cloud=FakeCloud(tagged=[[RUNNING]])))
    assert found.orphans == (RUNNING,)
    assert found.note.startswith(f"Terraform does not know of {RUNNING.instance_id}")
    assert found.note.endswith("gpuinfra destroy")


def test_a_half_made_host(tmp_path: Path) -> None:
    """A host whose apply was stopped has no outputs yet, but it exists and costs money."""
    found = status(fake_world(tmp_path, records=(HALF,)))
    assert (found.host, found.instance) == (None, RUNNING)
    assert found.note == "half made: gpuinfra up (goes on) or gpuinfra destroy (removes it)"
