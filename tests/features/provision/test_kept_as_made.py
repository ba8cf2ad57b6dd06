"""A living host keeps its type where EC2 does not stop it for another, and its reservation always."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.consequences import RESERVATION
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import AttributeChange, Change, Outcome, Record, Settings
from tests import samples
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, SETTINGS, FakeTerraform, FakeValues

SPOT = dataclasses.replace(RECORDED, host=samples.host(market="spot"))
RESERVED = dataclasses.replace(SETTINGS, capacity_reservation_id="cr-0123456789abcdef0")
TYPE = ("instance_type", "g4dn.xlarge", "g5.xlarge")
OTHER = (f"capacity_reservation_specification.{RESERVATION}", "cr-0123456789abcdef0", "cr-0123456789abcdef1")
NEW = (f"capacity_reservation_specification.{RESERVATION}", "null", "cr-0123456789abcdef1")
KEPT = 'set instance_type = "g4dn.xlarge" in terraform.tfvars'


@pytest.mark.parametrize(
    ("record", "settings", "edit", "why", "hint"),
    [
        pytest.param(SPOT, SETTINGS, TYPE, "is a spot host: it cannot be stopped", KEPT, id="spot"),
        pytest.param(RECORDED, RESERVED, TYPE, "was made for cr-0123456789abcdef0", KEPT, id="reserved"),
        pytest.param(RECORDED, RESERVED, OTHER, "was made for cr-", '= "cr-0123456789abcdef0"', id="other"),
        pytest.param(RECORDED, RESERVED, NEW, "was made for no capacity", "_id = null in", id="a first one"),
    ],
)
def test_what_ec2_would_refuse_in_mid_apply_is_refused_before(
    record: Record, settings: Settings, edit: tuple[str, str, str], why: str, hint: str, tmp_path: Path
) -> None:
    """By plan and up alike; the hint leads back to what the host is, and nothing was stopped."""
    attribute = AttributeChange(name=edit[0], before=edit[1], after=edit[2])
    changes = (Change(address=INSTANCE, action="update", attributes=(attribute,)),)
    terraform = FakeTerraform(Outcome(ok=True, changes=changes))
    values = FakeValues(settings)
    with pytest.raises(ConfigError, match=why) as told:
        apply(fake_world(tmp_path, terraform=terraform, records=(record,), values=values), Consent(yes=True))
    assert hint in told.value.hint
    assert "apply" not in [call[0] for call in terraform.calls]
