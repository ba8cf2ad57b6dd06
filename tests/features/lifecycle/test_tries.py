"""A host that is started as another type, when that is broken off: what is told, and its type then."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power
from gpuinfra.ground.errors import CloudError, Interrupted
from gpuinfra.ground.world import Clock
from tests.features.lifecycle.account import OWN, AccountCloud
from tests.features.lifecycle.moving import OLD, Scene, scene


class Slow(AccountCloud):
    """EC2 that takes its time to start a host, and changes the type of none that is not stopped."""

    def start(self, instance_id: str) -> None:
        """Begin to start it."""
        super().start(instance_id)
        self.account.change(instance_id, state="pending")

    def set_type(self, instance_id: str, instance_type: str) -> None:
        """Refuse as EC2 does."""
        if self.account.instances[instance_id].state != "stopped":
            raise CloudError("AWS cannot do ec2:ModifyInstanceAttribute in the state that it is in")
        super().set_type(instance_id, instance_type)


class Refusing(AccountCloud):
    """EC2 that lets nobody start a host of another type."""

    def start(self, instance_id: str) -> None:
        """Refuse, for no lack of room."""
        if self.account.instances[instance_id].instance_type == "g5.xlarge":
            raise CloudError("you may not do ec2:StartInstances")
        super().start(instance_id)


def interrupted(_: float) -> None:
    """Press Ctrl-C at the first pause."""
    raise KeyboardInterrupt


def start(it: Scene, cloud: AccountCloud) -> None:
    """Start the host."""
    clock = Clock(sleep=interrupted, now=lambda: 0.0)
    power.start(replace(it.world, cloud=lambda *_: cloud, clock=clock), it.elsewhere())


def test_ctrl_c_says_that_ec2_goes_on(tmp_path: Path) -> None:
    """Not that EC2 refuses to give it its type back: it runs, and costs money, in a moment."""
    it = scene(tmp_path, instance_types=("g4dn.xlarge", "g5.xlarge"))
    it.account.full.discard(("g5.xlarge", OWN))
    with pytest.raises(Interrupted, match=f"EC2 goes on until {OLD} is running"):
        start(it, Slow(it.account))
    assert it.account.instances[OLD].instance_type == "g5.xlarge"


def test_what_ends_the_tries_leaves_a_stopped_host_with_its_type(tmp_path: Path) -> None:
    """The refusal is told."""
    it = scene(tmp_path, instance_types=("g4dn.xlarge", "g5.xlarge"))
    it.account.full.discard(("g5.xlarge", OWN))
    with pytest.raises(CloudError, match="you may not do ec2:StartInstances"):
        start(it, Refusing(it.account))
    assert it.account.instances[OLD].instance_type == "g4dn.xlarge"
