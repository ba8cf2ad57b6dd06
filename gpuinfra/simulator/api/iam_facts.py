"""What moto's account knows of the things in a call; import this only in the simulator's own process."""

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends


class MotoFacts:
    """The Facts protocol over moto's backends."""

    def __init__(self, account: str) -> None:
        self.account = account

    def tags(self, region: str, resource_id: str) -> Mapping[str, str]:
        """Return the tags of a thing in EC2, by its id or the name of a key pair."""
        pair = self._ec2(region).key_pairs.get(resource_id)
        return dict(self._ec2(region).tags.get(pair.id if pair else resource_id, {}))

    def instance_type(self, region: str, instance_id: str) -> str:
        """Return the type of an instance, empty if there is none."""
        found = self._instance(region, instance_id)
        return str(found.instance_type) if found else ""

    def behind(self, region: str, association_id: str) -> str:
        """Return the id of what an association belongs to, empty if there is none."""
        backend = self._ec2(region)
        tables = {name: one.id for one in backend.route_tables.values() for name in one._associations}
        addresses = {one.association_id: one.allocation_id for one in backend.addresses}
        profiles = {
            one.association_id: one.instance.id for one in backend.iam_instance_profile_associations.values()
        }
        return str({**tables, **addresses, **profiles}.get(association_id) or "")

    def key_name(self, region: str, key_pair_id: str) -> str:
        """Return the name of a key pair; a name is one already."""
        named = {one.id: name for name, one in self._ec2(region).key_pairs.items()}
        return str(named.get(key_pair_id, key_pair_id))

    def role_of(self, profile: str) -> str:
        """Return the ARN of the role in an instance profile, by its name or ARN; empty if there is none."""
        roles = [
            role.arn
            for one in self._iam().instance_profiles.values()
            if profile in (one.name, one.arn)
            for role in one.roles
        ]
        return str(roles[0]) if roles else ""

    def iam_tags(self, kind: str, name: str) -> Mapping[str, str]:
        """Return the tags of a role or an instance profile."""
        backend = self._iam()
        things = backend.roles if kind == "role" else backend.instance_profiles
        for one in things.values():
            if one.name == name:
                tags = one.tags
                pairs = tags.values() if isinstance(tags, dict) else tags
                return {tag["Key"]: tag["Value"] for tag in pairs}
        return {}

    def boundary(self, role_name: str) -> str:
        """Return the ARN of the permissions boundary of a role, empty if it has none."""
        found = [one for one in self._iam().roles.values() if one.name == role_name]
        return str(found[0].permissions_boundary_arn or "") if found else ""

    def keys_of(self, region: str, instance_id: str) -> tuple[str, ...]:
        """Return the KMS keys of an instance's disks, those of the account's own choosing."""
        backend = self._ec2(region)
        found = self._instance(region, instance_id)
        disks = [volume for volume in backend.volumes.values() if found and _holds(volume, instance_id)]
        keys = {str(one.kms_key_id) for one in disks if one.kms_key_id}
        return tuple(sorted(keys - {str(backend.default_kms_key_id)}))

    def _instance(self, region: str, instance_id: str) -> Any:
        found = [it for it in self._ec2(region).all_instances() if it.id == instance_id]
        return found[0] if found else None

    def _ec2(self, region: str) -> Any:
        return ec2_backends[self.account][region]

    def _iam(self) -> Any:
        return iam_backends[self.account]["aws"]


def _holds(volume: Any, instance_id: str) -> bool:
    return volume.attachment is not None and volume.attachment.instance.id == instance_id
