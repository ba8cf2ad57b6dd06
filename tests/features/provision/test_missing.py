"""What a new host needs and is not there: told before Terraform starts."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.provision.init import InitValues
from gpuinfra.features.provision.plan import plan
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Outcome, Record
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, SETTINGS, FakeTerraform, FakeValues
from tests.features.provision.test_init import never

AMI = "ami-0123456789abcdef0"
NOT_SHOWN = f"us-east-1 shows this account no image {AMI}"


class Keyed(FakeValues):
    """Values whose key file holds a key."""

    def __init__(self, settings: Any, mine: str) -> None:
        super().__init__(settings)
        self.mine = mine

    def public_key(self) -> str:
        """Return it."""
        return self.mine


@pytest.mark.parametrize(
    ("changes", "mine", "pairs", "says"),
    [
        ({"ami_id": AMI}, "", {}, NOT_SHOWN),
        ({"key_name": "team"}, "ssh-rsa AAAA", {}, "EC2 has no key pair team in us-east-1"),
        ({"key_name": "team"}, "", {"team": "ssh-rsa AAAA"}, "public_key_path names no public key"),
        (
            {"key_name": "team"},
            "ssh-rsa BBBB",
            {"team": "ssh-rsa AAAA"},
            "another key than the key pair team",
        ),
    ],
)
def test_what_is_not_there_is_told(
    changes: dict[str, Any], mine: str, pairs: dict[str, str], says: str, tmp_path: Path
) -> None:
    """In `plan` and `up` alike, with a next step; nothing is started. A host that lives needs neither."""
    values = Keyed(dataclasses.replace(SETTINGS, **changes), mine)
    values_of_init: InitValues = never()
    for run in (lambda world: plan(world, values_of_init), lambda world: apply(world, Consent(yes=True))):
        terraform = FakeTerraform(Outcome(ok=True))
        world = fake_world(
            tmp_path, terraform=terraform, values=values, cloud=FakeCloud(pairs=pairs), records=(Record(),)
        )
        with pytest.raises(ConfigError, match=says) as caught:
            run(world)
        assert (bool(caught.value.hint), terraform.calls) == (True, [])
    plan(
        fake_world(tmp_path, values=values, cloud=FakeCloud(pairs=pairs), records=(RECORDED,)), values_of_init
    )


@pytest.mark.parametrize("theirs", ["ssh-rsa AAAA", ""])
def test_what_is_there_is_no_matter(theirs: str, tmp_path: Path) -> None:
    """The pair's own key, or one that AWS does not show; an image of any owner."""
    values = Keyed(dataclasses.replace(SETTINGS, ami_id=AMI, key_name="team"), "ssh-rsa AAAA")
    cloud = FakeCloud(pairs={"team": theirs}, images=(AMI,))
    terraform = FakeTerraform(Outcome(ok=True))
    plan(fake_world(tmp_path, values=values, cloud=cloud, terraform=terraform, records=(Record(),)), never())
    assert [call[0] for call in terraform.calls] == ["init", "plan"]
