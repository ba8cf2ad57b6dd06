"""What a stack has made in IAM, which knows no search by tags: by names first, then by the tags of those.

IAM has one list for all regions, and a stack of the same name and owner may live in another one: what a host
anywhere uses is told with that host; a role that schedules of another region use, with those.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from gpuinfra.ground.model import CloudResource, Tags
from gpuinfra.tools.aws.asking import Asking, items, tagged_as
from gpuinfra.tools.aws.client import client, session

# IAM takes prefixes of at most 38 characters, and iam.tf cuts ours like this.
PREFIX = 37
# Who may use the role of a lease (terraform/modules/host/lease.tf), or of a later start: where its host is.
SOURCE = re.compile(r"\barn:[a-z-]+:(scheduler|states):([a-z0-9-]+):")


def search(ec2: Any, tags: Tags, known: set[str], asking: Asking) -> Iterator[CloudResource]:
    """Find the instance profiles and the roles of a stack."""
    iam = client("iam", ec2.meta.region_name)
    mine = _Names(iam, tags, known)
    users: dict[str, str] = {}  # of roles
    with asking("iam"):
        for raw in mine.of("aws_iam_instance_profile", "list_instance_profiles", "InstanceProfile"):
            user = _user(ec2, raw["Arn"], asking)
            users |= {role["RoleName"]: user for role in raw["Roles"]}
            yield mine.found("aws_iam_instance_profile", raw["InstanceProfileName"], raw, user)
    with asking("iam"):
        for raw in mine.of("aws_iam_role", "list_roles", "Role"):
            user = users.get(raw["RoleName"], "") or _elsewhere(raw, ec2.meta.region_name)
            yield mine.found("aws_iam_role", raw["RoleName"], raw, user)


class _Names:
    """What bears the names and the tags of a stack, and is not known."""

    def __init__(self, iam: Any, tags: Tags, known: set[str]) -> None:
        self._iam, self._marks, self._known = iam, tags.of_any_owner(), known
        self._prefix = f"{f'gpuinfra-{tags.stack}'[:PREFIX]}-"

    def of(self, kind: str, operation: str, key: str) -> Iterator[dict[str, Any]]:
        """Find what is listed below `key`, and return each as Get... tells it: lists come without tags."""
        name_key, get = f"{key}Name", kind.replace("aws_iam_", "get_")
        names = [raw[name_key] for raw in items(self._iam, operation, f"{key}s")]
        for name in names:
            if name.startswith(self._prefix) and name not in self._known:
                try:
                    raw = getattr(self._iam, get)(**{name_key: name})[key]
                except self._iam.exceptions.NoSuchEntityException:
                    continue  # lists of IAM lag behind
                if tagged_as(raw, self._marks) is not None:
                    yield raw

    def found(self, kind: str, name: str, raw: dict[str, Any], used_by: str) -> CloudResource:
        """Return one as a value."""
        owner = tagged_as(raw, self._marks) or ""
        return CloudResource(kind=kind, resource_id=name, owner=owner, used_by=used_by)


def _user(ec2: Any, profile_arn: str, asking: Asking) -> str:
    """Return a host that has this profile, in words; where the caller may not ask, none of theirs can be."""
    own = session(ec2.meta.region_name)  # one for all: the model of EC2 anew for each takes ten seconds
    for region in ec2.describe_regions()["Regions"]:
        if region.get("OptInStatus") == "not-opted-in":
            continue
        there = client("ec2", region["RegionName"], own=own)
        with asking("ec2", is_told=False):
            for tie in items(
                there, "describe_iam_instance_profile_associations", "IamInstanceProfileAssociations"
            ):
                if tie["IamInstanceProfile"]["Arn"] == profile_arn:
                    return f"{tie['InstanceId']} in {region['RegionName']}"
    return ""


def _elsewhere(role: dict[str, Any], here: str) -> str:
    """Return the service and the region that use a role, where that is another one: its host needs it."""
    source = SOURCE.search(json.dumps(role.get("AssumeRolePolicyDocument", "")))
    return f"{source[1]} in {source[2]}" if source and source[2] != here else ""
