"""What a stack has made in EC2, by its tags, and in IAM; what the caller may not ask is noted.

Costs one call to EC2 where nothing is left (DescribeTags), two to IAM and one to the scheduler.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gpuinfra.ground.model import CloudResource, Inventory, Tags
from gpuinfra.tools.aws import inventory_iam, schedules
from gpuinfra.tools.aws.asking import STACK, Asking, items, tagged_as
from gpuinfra.tools.aws.kinds import COPIES, KINDS, Kind

INTERNET = "0.0.0.0/0"


def search(ec2: Any, tags: Tags, known: Collection[str]) -> Inventory:
    """Return all that carries the tags of project and stack, of any owner, and is none of the known ids.

    Raises:
        boto.ClientError: AWS refuses for another reason than that the caller may not ask.
    """
    asking = Asking()
    here = _Search(ec2, tags, set(known), asking)
    found = (
        *here.tagged(),
        *here.ways(),
        *inventory_iam.search(ec2, tags, set(known), asking),
        *schedules.search(ec2, tags, known, asking),
    )
    return Inventory(found=found, unasked=tuple(dict.fromkeys(asking.unasked)))


class _Search:
    def __init__(self, ec2: Any, tags: Tags, known: set[str], asking: Asking) -> None:
        self._ec2, self._tags, self._known, self._asking = ec2, tags, known, asking

    def tagged(self) -> Iterator[CloudResource]:
        """Find what carries our tags; only kinds that have something are described."""
        ids = self._tagged_ids()
        for kind in (*KINDS, *COPIES):
            if ids is None or any(name.startswith(kind.prefix) for name in ids):
                yield from self._of(kind)

    def _tagged_ids(self) -> set[str] | None:
        """Return the unknown ids that carry the stack's tag; None: every kind has to be asked for itself."""
        stack = [
            {"Name": name, "Values": [text]} for name, text in (("key", STACK), ("value", self._tags.stack))
        ]
        with self._asking("ec2", is_told=False):
            tags = items(self._ec2, "describe_tags", "Tags", Filters=stack)
            return {tag["ResourceId"] for tag in tags} - self._known
        return None

    def _of(self, kind: Kind) -> Iterator[CloudResource]:
        marks = self._tags.of_any_owner()
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in marks.items()]
        with self._asking("ec2"):
            for raw in items(self._ec2, kind.operation, kind.key, **{kind.filters: filters}, **kind.given):
                found = tagged_as(raw, marks)
                name, parent = raw.get(kind.id_key, ""), _parent(kind, raw)
                if (
                    found is not None
                    and kind.is_there(raw)
                    and name not in self._known
                    and parent is not None
                ):
                    yield CloudResource(kind=kind.kind, resource_id=name, owner=found, part_of=parent)

    def ways(self) -> Iterator[CloudResource]:
        """Find what hangs in the known route tables without being known: it carries no tags."""
        tables = [name for name in self._known if name.startswith("rtb-")]
        if not tables:
            return
        filters = [{"Name": "route-table-id", "Values": tables}]
        with self._asking("ec2"):
            for raw in items(self._ec2, "describe_route_tables", "RouteTables", Filters=filters):
                yield from self._ways_of(raw["RouteTableId"], raw)

    def _ways_of(self, table: str, raw: Mapping[str, Any]) -> Iterator[CloudResource]:
        """Find ties to our subnets, and the way out, which Terraform's record has as r-TABLE and a number."""
        owner = self._tags.owner
        for tie in raw.get("Associations", []):
            name = tie["RouteTableAssociationId"]
            if tie.get("SubnetId") in self._known and name not in self._known:
                yield CloudResource(
                    kind="aws_route_table_association", resource_id=name, owner=owner, part_of=table
                )
        leads_out = any(route.get("DestinationCidrBlock") == INTERNET for route in raw.get("Routes", []))
        if leads_out and not any(name.startswith(f"r-{table}") for name in self._known):
            yield CloudResource(kind="aws_route", resource_id=f"r-{table}", owner=owner, part_of=table)


def _parent(kind: Kind, raw: Mapping[str, Any]) -> str | None:
    """Return what a thing lies in, empty where that is nothing; None for what is not of this kind."""
    if not kind.tag:
        return str(raw.get(kind.part_of, ""))
    named = [tag["Value"] for tag in raw.get("Tags", []) if tag["Key"] == kind.tag]
    return str(named[0]) if named else None
