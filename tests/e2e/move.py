"""A stopped host whose zone has no room, started and killed as often as one likes; and what always holds."""

from collections.abc import Callable, Mapping
from typing import Any

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.e2e.every_call import GONE, Moment, Stage
from tests.e2e.test_lifecycle import NOTHING
from tests.simulator.aws import client
from tests.waiting import wait_until

START = ("start", "--yes")
OWN_ZONE = "us-east-1a"
# What is recorded of the new host as of the old one.
SAME = ("image", "ami_name", "instance_type", "owner", "root_volume_size_gb")


class Move:
    """Brings the account and the project back to a stopped host for each moment of its start."""

    def __init__(self, cli: Cli, sim: Simulator, **full: str) -> None:
        """cli: its host is stopped. full: where nothing has room then (as of Simulator.capacity)."""
        self.cli, self.sim, self.old = cli, sim, cli.json("output")
        self._stage, self._full = Stage(cli, sim), full or {"zone": OWN_ZONE}

    def back(self) -> None:
        """Let all be as it was; where the host is there is no room."""
        self._stage.back()
        self.sim.capacity(0, **self._full)

    def killed(self, moment: Moment, kill: Callable[[Any], None]) -> None:
        """Start the host, kill that at a moment, and check what always holds."""
        self.back()
        self.sim.fault(moment.fault)
        running = self.cli.start(*START)
        wait_until(lambda: self._is_held() or running.poll() is not None, str(moment))
        assert running.poll() is None, "it has ended before"
        kill(running)
        self.sim.clear_faults()
        self.laws()

    def goes_on(self, market: str = "on-demand") -> None:
        """The next start ends it: one host that is recorded as the old one was, and nothing to plan."""
        done = self.cli.run(*START)
        assert (done.returncode, "warning" in done.stderr) == (0, False), done.stderr
        self.laws()
        new, (host,) = self.cli.json("output"), self._hosts()
        assert (host["InstanceId"], host["State"]["Name"]) == (new["instance_id"], "running")
        assert host["InstanceId"] != self.old["instance_id"]
        assert {name: new[name] for name in SAME} == {name: self.old[name] for name in SAME}
        assert new["market"] == market
        assert len(self._copies()) == 1
        assert self.cli.json("plan") == NOTHING

    def laws(self) -> None:
        """Never two hosts run, never is there no copy of the disk nor a second one, nothing is untagged."""
        assert self._most_running() <= 1, "two hosts ran at once"
        copies, hosts = self._copies(), self._hosts()
        images = {image["ImageId"] for image in copies}
        assert len(copies) <= 1, "its disk was copied twice"
        old = self.old["instance_id"]
        has_disk = [it for it in hosts if it["InstanceId"] == old or it["ImageId"] in images]
        assert has_disk or copies, "its disk is lost"
        snapshots = {image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] for image in copies}
        found = client("ec2", self.sim).describe_snapshots(SnapshotIds=[*snapshots])["Snapshots"]
        for thing in (*hosts, *copies, *(found if snapshots else ())):
            assert _tags(thing)["gpuinfra:stack"] == "default", thing
        assert all(_tags(image)["gpuinfra:restore-of"] == old for image in copies)

    def _is_held(self) -> bool:
        return any(call.fault for call in self.sim.calls())

    def _hosts(self) -> list[Any]:
        pages = client("ec2", self.sim).describe_instances()["Reservations"]
        every = [it for page in pages for it in page["Instances"]]
        return [it for it in every if it["State"]["Name"] not in GONE]

    def _copies(self) -> list[Any]:
        return list(client("ec2", self.sim).describe_images(Owners=["self"])["Images"])

    def _most_running(self) -> int:
        running: set[str] = set()
        most = 0
        for event in self.sim.events():
            is_on = event["state"] in ("pending", "running")
            (running.add if is_on else running.discard)(event["instance_id"])
            most = max(most, len(running))
        return most


def _tags(thing: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", ())}
