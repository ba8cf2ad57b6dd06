"""The lab's small parts: console, network commands, relay, fake GPU, scripts, leftovers of the killed."""

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gpuinfra.simulator.hosts import CONSOLE_FILE, HostFolders
from gpuinfra.simulator.lab.machines.console import KEPT_BYTES, Console, ConsoleLog
from gpuinfra.simulator.lab.machines.host import SCRIPTS_DIR, fake_gpu, gpus_on_the_bus
from gpuinfra.simulator.lab.network import namespace, relay
from gpuinfra.simulator.lab.workdir import PREFIX, sweep
from gpuinfra.simulator.machine import FakeGpus, Opening
from tests.simulator.lab.machines import machine

SCRIPTS = sorted(SCRIPTS_DIR.glob("*.sh"))
SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def test_console_file_holds_the_end(tmp_path: Path) -> None:
    """However much a host says, the file stays small and holds the last that was said."""
    log = ConsoleLog(tmp_path / CONSOLE_FILE)
    for number in range(400):
        log.write(f"{number:1023}\n".encode())
    text = log.path.read_bytes()
    assert KEPT_BYTES <= len(text) <= 5 * KEPT_BYTES
    assert text.endswith(b" 399\n")


def test_console_is_drained(tmp_path: Path) -> None:
    """All that is written to the terminal is in the file once the console is closed."""
    console = Console(ConsoleLog(tmp_path / CONSOLE_FILE))
    with Path(console.device).open("w", encoding="utf-8") as device:
        device.write("x" * 100_000 + "end\n")  # far more than a terminal holds
    console.close()
    assert (tmp_path / CONSOLE_FILE).read_text(encoding="utf-8").count("x") == 100_000


def test_api_reads_the_end_of_a_console(tmp_path: Path) -> None:
    """The API shows the last 64 KiB of a host's console, and nothing for a host that is not there."""
    hosts = HostFolders(tmp_path)
    assert hosts.console("i-1") == ""
    (tmp_path / "i-1").mkdir()
    (tmp_path / "i-1" / CONSOLE_FILE).write_text("a" * KEPT_BYTES + "b", encoding="utf-8")
    assert hosts.console("i-1") == "a" * (KEPT_BYTES - 1) + "b"


def test_network_commands() -> None:
    """A host's addresses are routed and taken off the list of the gone; without a public one too."""
    ran: list[str] = []

    def run(command: Sequence[str], stdin: str) -> None:
        ran.append(f"{command[0]}: {stdin}")

    namespace.reveal("172.31.0.4", "", run)
    namespace.hide("172.31.0.4", "54.214.0.1", run)
    assert "route replace 172.31.0.4/32 dev br0" in ran[0]
    assert " via " not in ran[0]
    gone, hosts = (f"inet lab {name} {{ 172.31.0.4 }}" for name in ("gone", "hosts"))
    assert ran[1] == f"nft: add element {hosts}\nadd element {gone}\ndelete element {gone}\n"
    assert ran[2] == "nft: add element inet lab gone { 172.31.0.4, 54.214.0.1 }\n"


def test_the_firewall_is_what_the_groups_say() -> None:
    """Ports and sources of each host; all of it anew when something changed, and nothing when not."""
    ran: list[str] = []
    firewall = namespace.Firewall(lambda _, stdin: ran.append(stdin))
    ssh = Opening(first_port=22, last_port=22, source="203.0.113.7/32")
    for openings in ((ssh,), (ssh,), ()):
        firewall.let_in([machine(private_ip="172.31.0.4", public_ip="54.214.0.1", openings=openings)])
    rule = "ip daddr { 172.31.0.4, 54.214.0.1 } tcp dport 22-22 ip saddr 203.0.113.7/32 accept"
    assert ran == [
        f"flush chain inet lab let_in\nadd rule inet lab let_in {rule}\n",
        "flush chain inet lab let_in\n",
    ]


def test_relay_carries_both_ways(tmp_path: Path) -> None:
    """What is sent to the port outside arrives at the server inside, and back, to the last byte."""
    with socket.create_server(("127.0.0.1", 0)) as server, relay.listen_port() as port:
        relay.start(relay.listen_file(tmp_path / "s"), relay.to_port(server.getsockname()[1]))
        relay.start(port, relay.to_file(tmp_path / "s"))
        with socket.create_connection(port.getsockname()) as client:
            client.sendall(b"question")
            client.shutdown(socket.SHUT_WR)
            inside, _ = server.accept()
            with inside:
                assert inside.makefile("rb").read() == b"question"
                inside.sendall(b"answer" * 100_000)
            assert len(client.makefile("rb").read()) == 600_000


def nvidia_smi(
    files: Mapping[str, object], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the fake nvidia-smi over its files."""
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n", encoding="utf-8")
    env = {"PATH": os.environ["PATH"], "FAKE_GPU": str(folder)}
    command = ["sh", str(SCRIPTS_DIR / "nvidia-smi.sh"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_fake_gpu_answers_queries(tmp_path: Path) -> None:
    """Queries that scripts make are answered as by the real tool; each name says that it is simulated."""
    files = {**fake_gpu(FakeGpus(name="A10G", count=2, memory_mib=1000)), "load": 50, "driver": "1.2"}
    query = "--query-gpu=index,name,driver_version,utilization.gpu,memory.used"
    done = nvidia_smi(files, tmp_path, query, "--format=csv,noheader,nounits")
    assert done.stdout == "".join(f"{card}, NVIDIA A10G (simulated), 1.2, 50, 500\n" for card in (0, 1))
    done = nvidia_smi(files, tmp_path, "--query-gpu=name,memory.total", "--format=csv")
    assert done.stdout.splitlines()[:2] == ["name, memory.total", "NVIDIA A10G (simulated), 1000 MiB"]
    assert nvidia_smi(files, tmp_path, "-L").stdout.startswith("GPU 0: NVIDIA A10G (simulated) (UUID: GPU-")
    assert "fake" in nvidia_smi(files, tmp_path).stdout


def test_fake_gpu_refuses_as_the_real_one(tmp_path: Path) -> None:
    """An unknown field is refused; without a GPU there is no driver to talk to."""
    files = fake_gpu(FakeGpus(name="T4", count=1, memory_mib=1000))
    assert nvidia_smi(files, tmp_path, "--query-gpu=no.such", "--format=csv").returncode == 2
    done = nvidia_smi(fake_gpu(None), tmp_path)
    assert (done.returncode, "driver" in done.stdout) == (9, True)


def test_fake_gpu_has_faults(tmp_path: Path) -> None:
    """A test takes a GPU away, lets one fail or the driver as a whole, in the real tool's words and codes."""
    files = {**fake_gpu(FakeGpus(name="T4", count=3, memory_mib=9)), "count.fault": 2, "lost.fault": 1}
    done = nvidia_smi(files, tmp_path, "--query-gpu=index,name", "--format=csv,noheader")
    assert (done.returncode, gpus_on_the_bus(tmp_path)) == (0, "2")
    row, words = done.stdout.splitlines()
    assert (row, words.partition(" for ")[0]) == (
        "0, Tesla T4 (simulated)",
        "Unable to determine the device handle",
    )
    (tmp_path / "words.fault").write_text("Failed to initialize NVML\n")
    done = nvidia_smi({}, tmp_path, "-L")
    assert (done.returncode, done.stdout) == (18, "Failed to initialize NVML\n")


@pytest.mark.skipif(not SHELLCHECK.exists(), reason="needs shellcheck: make setup")
def test_scripts_are_clean() -> None:
    """Shell that runs as root is clean to shellcheck."""
    assert SCRIPTS
    done = subprocess.run([SHELLCHECK, *SCRIPTS], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_sweep_cleans_up_after_the_dead_only(tmp_path: Path) -> None:
    """A lab whose process holds its lock is left alone; one whose process was killed is removed."""
    for name in ("live", "dead"):
        made = tmp_path / f"{PREFIX}{name}"
        (made / "hosts").mkdir(parents=True)
        (made / "lab.lock").touch()
        lab = {"directory": str(made), "cgroup": str(tmp_path / "none")}
        (made / "cleanup.json").write_text(json.dumps(lab), encoding="utf-8")
    (tmp_path / f"{PREFIX}unfinished").mkdir()
    with (tmp_path / f"{PREFIX}live" / "lab.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert [it.name for it in sweep(tmp_path)] == [f"{PREFIX}dead"]
    assert sorted(it.name for it in tmp_path.iterdir()) == [f"{PREFIX}live", f"{PREFIX}unfinished"]
