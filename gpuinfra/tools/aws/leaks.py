"""All that carries the tag of a stack, in one region or in none: what a forgotten stack may have left.

Two calls a region where nothing is (DescribeTags, ListScheduleGroups) and one to the tagging service; then
only the kinds that were found are described, for AWS keeps the tags of what is gone for an hour and longer.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from gpuinfra.ground.model import Tags
from gpuinfra.ground.tagged import Found, TaggedResource
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws import leaks_global
from gpuinfra.tools.aws.asking import STACK, Asking, items
from gpuinfra.tools.aws.client import client, session
from gpuinfra.tools.aws.errors import map_boto_errors
from gpuinfra.tools.aws.later_starts import host_of
from gpuinfra.tools.aws.leaks_kinds import SWEPT, SweptKind, is_there, made_at, state, tags_of
from gpuinfra.tools.aws.regions import ON

# A region that does not answer is told; it must not hold up the others for minutes.
ATTEMPTS, READ_TIMEOUT_S = 3, 15
# EC2 takes at most so many values of a filter.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
MOST_VALUES = 200
# Found in another way, with what it costs.
ELSEWHERE = ("ec2", "iam", "scheduler", "budgets")
OPEN = ("open", "active")


@adapter("AWS cannot be called")
class TagSearch:
    """Looks through the account; its methods may be called from several threads."""

    def __init__(self, home: str) -> None:
        self._home, self._own, self._lock = home, session(home), threading.Lock()

    def regions(self) -> list[str]:
        """Return the regions that the account has switched on.

        Raises:
            CloudError: AWS refuses.
        """
        with map_boto_errors("ec2"):
            found = self._client("ec2", self._home).describe_regions()["Regions"]
        return sorted(it["RegionName"] for it in found if it.get("OptInStatus", ON[0]) in ON)

    def in_region(self, region: str) -> Found:
        """Return what is in one region.

        Raises:
            CloudError: AWS refuses all of it, or does not answer.
        """
        asking, ec2 = Asking(), self._client("ec2", region)
        with map_boto_errors("ec2"):
            things = [*_in_ec2(ec2, asking)]
            with asking("tag"):
                things += _of_other_services(self._client("resourcegroupstaggingapi", region), region)
            with asking("scheduler"):
                things += _schedules(self._client("scheduler", region), region)
        return Found(things=tuple(things), unasked=tuple(asking.unasked))

    def in_account(self) -> Found:
        """Return what has no region.

        Raises:
            CloudError: AWS refuses for another reason than that the caller may not ask.
        """
        asking = Asking()
        with map_boto_errors("iam"):
            things = [*leaks_global.search(lambda service: self._client(service, self._home), asking)]
        return Found(things=tuple(things), unasked=tuple(asking.unasked))

    def _client(self, service: str, region: str) -> Any:
        with self._lock:  # a session makes one client at a time
            return client(service, region, own=self._own, attempts=ATTEMPTS, read_timeout_s=READ_TIMEOUT_S)


def _in_ec2(ec2: Any, asking: Asking) -> Iterator[TaggedResource]:
    tags = list(items(ec2, "describe_tags", "Tags", Filters=[{"Name": "key", "Values": [STACK]}]))
    ids, stacks = {tag["ResourceId"] for tag in tags}, sorted({tag["Value"] for tag in tags})
    for first in range(0, len(stacks), MOST_VALUES):
        filters = [{"Name": f"tag:{STACK}", "Values": stacks[first : first + MOST_VALUES]}]
        for swept in SWEPT:
            if any(name.startswith(swept.kind.prefix) for name in ids):
                with asking("ec2"):
                    yield from _of_kind(ec2, swept, filters)


def _of_kind(ec2: Any, swept: SweptKind, filters: list[dict[str, Any]]) -> Iterator[TaggedResource]:
    kind, hosts = swept.kind, {}
    for raw in items(ec2, kind.operation, kind.key, **{kind.filters: filters}, **swept.given):
        tags = tags_of(raw.get("Tags") or raw.get("TagSet", []))
        if request := raw.get("SpotInstanceRequestId"):
            hosts[request] = tags, state(raw)
        if is_there(kind, raw):
            yield TaggedResource(
                region=ec2.meta.region_name,
                kind=kind.kind,
                resource_id=raw[kind.id_key],
                tags=tags,
                state=state(raw),
                made_at=made_at(raw),
                **swept.facts(raw),
            )
    if hosts:
        yield from _requests(ec2, hosts)


def _requests(ec2: Any, hosts: Mapping[str, tuple[Tags, str]]) -> Iterator[TaggedResource]:
    """Find the spot requests of hosts that are gone, which carry no tags: an open one makes another host."""
    dead = [request for request, (_, now) in hosts.items() if now in ("terminated", "shutting-down")]
    filters = [{"Name": "spot-instance-request-id", "Values": dead}]
    operation, key = "describe_spot_instance_requests", "SpotInstanceRequests"
    for raw in items(ec2, operation, key, Filters=filters) if dead else ():
        if raw["State"] in OPEN:
            yield TaggedResource(
                region=ec2.meta.region_name,
                kind="aws_spot_instance_request",
                resource_id=raw["SpotInstanceRequestId"],
                tags=hosts[raw["SpotInstanceRequestId"]][0],
                state=raw["State"],
                made_at=made_at(raw),
            )


def _of_other_services(tagging: Any, region: str) -> Iterator[TaggedResource]:
    """Find what starts a host later, and what gpuinfra never makes: somebody put a stack's tag on it."""
    for raw in items(tagging, "get_resources", "ResourceTagMappingList", TagFilters=[{"Key": STACK}]):
        service = raw["ResourceARN"].split(":")[2]
        if service not in ELSEWHERE:
            tags = tags_of(raw["Tags"])
            name, host = raw["ResourceARN"], host_of(raw["ResourceARN"])
            kind = "aws_sfn_state_machine" if service == "states" and host else service
            yield TaggedResource(region=region, kind=kind, resource_id=name, tags=tags, made_for=host)


def _schedules(scheduler: Any, region: str) -> Iterator[TaggedResource]:
    """Find groups of schedules, which the tagging service may not show, by our names; then by their tags."""
    for raw in items(scheduler, "list_schedule_groups", "ScheduleGroups", NamePrefix="gpuinfra-"):
        tags = tags_of(scheduler.list_tags_for_resource(ResourceArn=raw["Arn"])["Tags"])
        if tags.stack and raw.get("State") != "DELETING":
            yield TaggedResource(
                region=region,
                kind="aws_scheduler_schedule_group",
                resource_id=raw["Name"],
                tags=tags,
                made_at=made_at({"CreateTime": raw.get("CreationDate")}),
            )
