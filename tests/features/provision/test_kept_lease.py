"""The lease of one of two hosts: it goes with its host, and never the one that is recorded."""

from pathlib import Path

import pytest

from gpuinfra.features.provision import kept_host, kept_lease
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import CloudResource, Record
from tests.fakes.host import FakeCloud, fake_world

LEASE = {
    'module.host.terraform_data.lease["own"]': "lease-1",
    'module.host.aws_scheduler_schedule_group.lease["own"]': "group-1",
    'module.host.aws_iam_role.lease["own"]': "role-1",
    'module.host.aws_iam_role_policy.lease["own"]': "role-1:policy-1",
    'module.host.aws_scheduler_schedule.lease["stop"]': "group-1/stop-1",
}
OTHERS = {'module.host.module.role.aws_iam_role.own["own"]': "role-2", "module.host.aws_vpc.this": "vpc-1"}
OLD = Record(resources={**LEASE, **OTHERS}, region="us-east-1")
THINGS = (
    CloudResource(kind="aws_scheduler_schedule_group", resource_id="group-1"),
    CloudResource(kind="aws_iam_role", resource_id="role-1"),
)


def test_it_goes_as_a_whole_and_alone(tmp_path: Path) -> None:
    """A group takes its schedules with it, a role its rights; what both hosts share stays."""
    cloud = FakeCloud(things=THINGS)
    kept_lease.end(fake_world(tmp_path, cloud=cloud, records=(Record(resources=OTHERS),)), OLD)
    assert cloud.removed == ["group-1", "role-1"]


def test_one_that_is_recorded_stays(tmp_path: Path) -> None:
    """It ends the host that there is."""
    cloud = FakeCloud(things=THINGS)
    kept_lease.end(fake_world(tmp_path, cloud=cloud, records=(OLD,)), OLD)
    kept_lease.end(fake_world(tmp_path, cloud=cloud, records=(OLD,)), Record(resources=OTHERS))
    assert cloud.removed == []


def test_what_aws_refuses_is_said(tmp_path: Path) -> None:
    """The rest is removed all the same."""
    cloud = FakeCloud(things=THINGS, held={"group-1": CloudError("you may not")})
    with pytest.raises(CloudError, match="you may not"):
        kept_lease.end(fake_world(tmp_path, cloud=cloud, records=(Record(),)), OLD)
    assert cloud.removed == ["role-1"]


def test_a_host_has_its_lease_for_itself() -> None:
    """All of it, and nothing that the other host needs."""
    assert set(kept_host.own(OLD)) == set(LEASE)
