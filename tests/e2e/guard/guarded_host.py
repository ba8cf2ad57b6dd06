"""A lab host with our guard, as user-data brings it; looked at from outside: a login is activity."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuinfra.features.boot import cloud_init
from gpuinfra.features.boot.host_file import UNPACK, HostFile, pack, program
from gpuinfra.tools.ssh import host_bundle
from tests import processes
from tests.simulator.lab.instances import Guest, LabInstances
from tests.waiting import PATIENCE_S, wait_until

SPEED = 60  # a minute of the guard takes a second
LIMITS = "idle=20 warn=6"  # 20 s: a terminal's access time moves in steps of 8 s
TAG = "gpuinfra:guard"
LIBRARY = f"{cloud_init.SCRIPT_DIR}/gpuinfra/host"
MAIN = "/usr/bin/python3 -IB /usr/local/lib/gpuinfra/gpuinfra/host/guard/__main__.py"
SSH = (
    "BatchMode=yes",
    "LogLevel=ERROR",
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "IdentitiesOnly=yes",
)


def user_data(*, with_guard: bool, gpu: bool = True) -> str:
    """Return what a new host gets: the guard and its unit, without the bootstrap."""
    package = cloud_init.HOST_PACKAGE
    files = [
        HostFile(path=f"/etc/gpuinfra/{name}", data=data)
        for name, data in {
            "bootstrap.env": b"LOGIN_USER=ubuntu\n",
            "guard.env": b"GPUINFRA_GUARD_SPEED=%d\n" % SPEED,
        }.items()
    ]
    if gpu:
        files.append(HostFile(path="/var/lib/gpuinfra/gpu-sold", data=b"g4dn.xlarge 1 16384 T4\n"))
    if with_guard:
        files += [program(package / name, LIBRARY) for name in cloud_init.PROGRAMS]
        files += [program(package / "guard" / name, f"{LIBRARY}/guard") for name in cloud_init.GUARD]
        files.append(program(package / cloud_init.GUARD_UNIT, cloud_init.UNIT_DIR))
    commands = [["python3", "-I", "-c", UNPACK, "/etc/files.xz"]]
    commands += [["systemctl", "enable", "--now", cloud_init.GUARD_UNIT]] * with_guard
    archive = {"path": "/etc/files.xz", "encoding": "b64", "content": pack(files)}
    return "#cloud-config\n" + json.dumps({"write_files": [archive], "runcmd": commands})


@dataclass(frozen=True, kw_only=True)
class GuardedHost:
    """One host."""

    guest: Guest

    @classmethod
    def launch(
        cls, instances: LabInstances, *, limits: str = LIMITS, with_guard: bool = True, **more: Any
    ) -> "GuardedHost":
        """Launch it and wait until it lets us in."""
        tags = [{"Key": "gpuinfra:stack", "Value": "dev"}] + [{"Key": TAG, "Value": limits}] * bool(limits)
        guest = instances.launch(
            InstanceType="g4dn.xlarge",
            UserData=user_data(with_guard=with_guard),
            MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
            **more,
        )
        return cls(guest=guest.wait_until_booted())

    def deliver(self) -> None:
        """Connect as each of our commands does, which brings the bundle, and with it the whole guard."""
        bundle = host_bundle.files()
        packed = host_bundle.archive(bundle)
        with self.popen(
            host_bundle.command(("/bin/true",), bundle), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            child.communicate(b"%d\n%s" % (len(packed), packed), timeout=PATIENCE_S)
        wait_until(lambda: "transfer" in self.state.get("seen", {}), "the whole guard", more=self.journal)

    @property
    def state(self) -> dict[str, Any]:
        """Return what the guard keeps on the disk."""
        text = self.file("var/lib/gpuinfra/guard/state.json")
        return dict(json.loads(text)) if text else {}

    @property
    def busy(self) -> set[str]:
        """Return the signals that hold the host now."""
        return {name for name, one in self.state.get("seen", {}).items() if one["busy"]}

    @property
    def idle_minutes(self) -> float:
        """Return the guard's idle time."""
        return float(self.state.get("state", {}).get("idle_s", 0)) / 60

    @property
    def boots(self) -> list[dict[str, Any]]:
        """Return its record of boots."""
        return list(json.loads(self.file("var/lib/gpuinfra/guard/boots.json"))["boots"])

    def control(self, *words: str) -> dict[str, Any]:
        """Tell the guard something, as our commands do; return its answer."""
        return dict(json.loads(self.guest.ssh(f"sudo {MAIN} {' '.join(words)}")))

    def decisions(self, kind: str) -> list[str]:
        """Return the words of the decisions of a kind."""
        return [one["words"] for one in self.state.get("decisions", []) if one["kind"] == kind]

    def file(self, name: str) -> str:
        """Return a file of its disk, empty where there is none."""
        return self.guest.instances.lab.run(["cat", self.folder / "upper" / name]).stdout

    @property
    def folder(self) -> Path:
        """Return the lab's folder of it."""
        return self.guest.instances.lab.host(self.guest.id)

    def journal(self) -> str:
        """Return what the guard has said."""
        return self.guest.try_ssh("sudo journalctl -u gpuinfra-guard -n 30 --no-pager").stdout

    def popen(self, *command: str, options: tuple[str, ...] = (), **pipes: Any) -> "subprocess.Popen[bytes]":
        """Start an ssh to it that stays."""
        instances = self.guest.instances
        argv = ["ssh", "-F", "none", "-i", str(instances.key), *(f"-o{option}" for option in SSH), *options]
        return subprocess.Popen(
            instances.lab.command([*argv, f"ubuntu@{self.guest.address}", *command]),
            env=instances.lab.env(),
            **pipes,
        )

    @contextmanager
    def session(self, *command: str, options: tuple[str, ...] = ()) -> Iterator["subprocess.Popen[bytes]"]:
        """Keep an ssh open for the block; its stdin is ours."""
        process = self.popen(*command, options=options, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            yield process
        finally:
            processes.kill(process)  # not only the one that has entered the lab

    def set_tag(self, value: str) -> None:
        """Change the tag, as an apply does."""
        self.guest.instances.ec2.create_tags(Resources=[self.guest.id], Tags=[{"Key": TAG, "Value": value}])

    @contextmanager
    def limited(self, limits: str = LIMITS) -> Iterator[None]:
        """Give it limits for the block, and wait until the guard has taken them."""
        self._obeys(limits)
        yield
        self._obeys("off")

    def _obeys(self, tag: str) -> None:
        self.set_tag(tag)
        wait_until(lambda: self.state.get("limits") == tag, tag, more=self.journal)

    def set_failing(self, signal: str, seconds: float) -> None:
        """Let a signal have failed for so long, as if the guard had counted it."""
        unit, path = cloud_init.GUARD_UNIT, "/run/gpuinfra/guard/state.json"
        edit = f"s['state']['failing_s']['{signal}'] = {seconds}"
        program = f"import json; s = json.load(open('{path}')); {edit}; json.dump(s, open('{path}', 'w'))"
        self.guest.ssh(
            f'sudo systemctl stop {unit}; sudo python3 -c "{program}"; sudo systemctl start {unit}'
        )

    def wait_until_idle(self, minutes: float = 2) -> None:
        """Wait until nothing has held it for a while."""
        wait_until(lambda: self.idle_minutes >= minutes, "an idle host", more=lambda: self.state)

    def wait_until_stopped(self) -> None:
        """Wait until the API says so and the power is off."""
        wait_until(lambda: self.guest.state == "stopped", "the end", more=lambda: self.state)
        self.guest.wait_until_off()

    def terminate(self) -> None:
        """End it."""
        self.guest.instances.ec2.terminate_instances(InstanceIds=[self.guest.id])
