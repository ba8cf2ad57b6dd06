"""What carries a stack's tags and lies in no region: roles and instance profiles of IAM, and budgets.

IAM knows no search by tags, and budgets none at all: by our names first, then by the tags of those.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gpuinfra.ground.tagged import GLOBAL, TaggedResource
from gpuinfra.tools.aws.asking import Asking, items
from gpuinfra.tools.aws.later_starts import host_of
from gpuinfra.tools.aws.leaks_kinds import made_at, tags_of

PREFIX = "gpuinfra-"


def search(client: Callable[[str], Any], asking: Asking) -> Iterator[TaggedResource]:
    """Find them; `client` returns the client of a service."""
    with asking("iam"):
        yield from _of_iam(client("iam"), "aws_iam_instance_profile", "InstanceProfile")
    with asking("iam"):
        yield from _of_iam(client("iam"), "aws_iam_role", "Role")
    with asking("budgets"):
        yield from budgets(client("budgets"), client("sts").get_caller_identity())


def _of_iam(iam: Any, kind: str, key: str) -> Iterator[TaggedResource]:
    plain, name_key = kind.removeprefix("aws_iam_"), f"{key}Name"
    for name in [raw[name_key] for raw in items(iam, f"list_{plain}s", f"{key}s")]:
        if name.startswith(PREFIX):
            try:
                raw = getattr(iam, f"get_{plain}")(**{name_key: name})[key]
            except iam.exceptions.NoSuchEntityException:
                continue  # lists of IAM lag behind
            yield from _if_tagged(kind, name, raw.get("Tags", []), raw.get("CreateDate"))


def budgets(client: Any, caller: Mapping[str, Any]) -> Iterator[TaggedResource]:
    """Find the budgets of our names that carry a stack's tag; `caller`: as GetCallerIdentity tells."""
    account, partition = caller["Account"], caller["Arn"].split(":")[1]
    for raw in items(client, "describe_budgets", "Budgets", AccountId=account):
        name = raw["BudgetName"]
        if name.startswith(PREFIX):
            arn = f"arn:{partition}:budgets::{account}:budget/{name}"
            tags = client.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
            yield from _if_tagged("aws_budgets_budget", f"{account}:{name}", tags, None)


def _if_tagged(kind: str, name: str, raw: list[dict[str, str]], made: Any) -> Iterator[TaggedResource]:
    whose = tags_of(raw)
    if whose.stack:
        yield TaggedResource(
            region=GLOBAL,
            kind=kind,
            resource_id=name,
            tags=whose,
            made_at=made_at({"CreateTime": made}),
            made_for=host_of(name),
        )
