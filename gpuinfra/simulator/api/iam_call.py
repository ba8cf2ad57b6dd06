"""A call as IAM looks at it, and what has to be known of the account for that. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gpuinfra.simulator.api.aws_protocol import AwsRequest

Context = dict[str, tuple[str, ...]]


class Facts(Protocol):
    """What the account knows of the things in a call."""

    account: str

    def tags(self, region: str, resource_id: str) -> Mapping[str, str]:
        """Return the tags of a thing in EC2, by its id or the name of a key pair."""

    def instance_type(self, region: str, instance_id: str) -> str:
        """Return the type of an instance, empty if there is none."""

    def behind(self, region: str, association_id: str) -> str:
        """Return the id of what an association belongs to, empty if there is none."""

    def key_name(self, region: str, key_pair_id: str) -> str:
        """Return the name of a key pair."""

    def role_of(self, profile: str) -> str:
        """Return the ARN of the role in an instance profile, by its name or ARN; empty if there is none."""

    def iam_tags(self, kind: str, name: str) -> Mapping[str, str]:
        """Return the tags of a role or an instance profile."""

    def boundary(self, role_name: str) -> str:
        """Return the ARN of the permissions boundary of a role, empty if it has none."""

    def keys_of(self, region: str, instance_id: str) -> tuple[str, ...]:
        """Return the KMS keys of an instance's disks, those of the account's own choosing."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A call, and what helps to understand it."""

    request: AwsRequest
    action: str
    facts: Facts
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> Context:
        """The context of every need."""
        return {"aws:requestedregion": (self.request.region,)}

    def arn(self, service: str, name: str, *, regional: bool = True, account: bool = True) -> str:
        """Return the ARN of something in this account."""
        region, owner = self.request.region if regional else "", self.facts.account if account else ""
        return f"arn:aws:{service}:{region}:{owner}:{name}"

    def values(self, name: str) -> list[str]:
        """Return the values of a parameter, or of a list of them."""
        pattern = re.compile(rf"{re.escape(name)}(\.(member\.)?\d+)?")
        return [value for key, value in self.params.items() if pattern.fullmatch(key)]

    def request_tags(self, prefix: str) -> Context:
        """Return the tags below a prefix of the parameters as the context of a request."""
        pattern = re.compile(rf"{prefix}\.(?:member\.)?(\d+)\.Key", re.IGNORECASE)
        tags = {}
        for name, key in self.params.items():
            if pattern.fullmatch(name):
                stem = name[: -len("Key")]
                tags[key] = self.params.get(f"{stem}Value", self.params.get(f"{stem}value", ""))
        return request_context(tags)


def request_context(tags: Mapping[str, str]) -> Context:
    """Return the condition keys of tags that are asked for."""
    found: Context = {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
    return {**found, "aws:tagkeys": tuple(tags)} if tags else found
