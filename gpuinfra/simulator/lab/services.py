"""What a lab serves besides the API: DNS, a mirror of the internet, the metadata service, and the hosts."""

import itertools
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.lab.machines.disks import LabPaths, copy_disk, remove_disk
from gpuinfra.simulator.lab.machines.host import LabHost
from gpuinfra.simulator.lab.machines.hypervisor import TICK_S, Hypervisor
from gpuinfra.simulator.lab.network import dns, namespace
from gpuinfra.simulator.lab.network.certificate_authority import Authority, server_context
from gpuinfra.simulator.lab.network.imds import MetadataServer, MetadataService, read_extra
from gpuinfra.simulator.lab.network.namespace import DNS_ADDRESS, GATEWAY, IMDS_ADDRESS
from gpuinfra.simulator.lab.network.web_mirror import Folders, MirrorServer

CA_FILE, MIRROR_LOG = "ca.crt", "mirror.log"
_BUNDLE = Path("etc/ssl/certs/ca-certificates.crt")
_NAMESERVER = f"nameserver {DNS_ADDRESS}\noptions timeout:2 attempts:1\n"
# daemons of this machine that would ask name servers outside
_NAME_DAEMONS = (Path("/run/systemd/resolve"), Path("/run/nscd"), Path("/run/avahi-daemon"))
_log = logging.getLogger(__name__)


def point_names_here(directory: Path) -> None:
    """Let the programs in the lab ask the lab's own name server, and nobody else."""
    for daemon in filter(Path.is_dir, _NAME_DAEMONS):
        _mount("-t", "tmpfs", "tmpfs", daemon)
    ours, system = directory / "resolv.conf", Path("/etc/resolv.conf").resolve()
    ours.write_text(_NAMESERVER, encoding="ascii")
    if not system.exists():  # it was in one of those directories, or there never was one
        system.parent.mkdir(parents=True, exist_ok=True)
        system.touch()
    _mount("--bind", ours, system)


@contextmanager
def unpacking(archive: Path, base: Path) -> Iterator[Callable[[], None]]:
    """Unpack the image meanwhile; what is yielded waits for it.

    Into memory (about 220 MB): to write 9,000 files to a disk and delete them again takes seconds.
    """
    base.mkdir()
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", base)
    command = ["tar", f"--directory={base}", "--exclude=./dev/*", "-xpf", str(archive)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:

        def wait() -> None:
            _, stderr = process.communicate()
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, command, stderr=stderr)

        yield wait


def serve_internet(directory: Path, mirror: Path, base: Path) -> None:
    """Serve names, HTTP and HTTPS from the mirror's folders; let the hosts trust what they get."""
    (directory / "certificates").mkdir()
    authority, folders = Authority(directory / "certificates"), Folders(mirror)
    (directory / CA_FILE).write_text(authority.pem, encoding="ascii")
    with (base / _BUNDLE).open("a", encoding="ascii") as bundle:
        bundle.write(authority.pem)
    (base / "etc/resolv.conf").write_text(_NAMESERVER, encoding="ascii")
    requests = _Log(directory / MIRROR_LOG)
    _forever(dns.serve, DNS_ADDRESS, dns.resolver(folders.has, GATEWAY))
    _forever(MirrorServer((GATEWAY, 80), folders, note=requests.add).serve_forever)
    secure = server_context(authority, folders.has)
    _forever(MirrorServer((GATEWAY, 443), folders, note=requests.add, context=secure).serve_forever)


def run_hosts(simulator: Simulator, paths: LabPaths) -> None:
    """Boot and end hosts as the API says, and serve them their metadata."""
    numbers = itertools.count(1)
    hypervisor = Hypervisor(
        api=simulator,
        boot=lambda machine: LabHost(machine, paths, next(numbers)),
        delete_disk=lambda instance_id: remove_disk(paths, instance_id),
        copy_disk=lambda instance_id, image: copy_disk(paths, instance_id, image),
        let_in=namespace.Firewall().let_in,
    )
    service = MetadataService(
        machine_at=hypervisor.machine_at,
        extra_of=lambda instance_id: read_extra(paths.hosts, instance_id),
    )
    _forever(MetadataServer((IMDS_ADDRESS, 80), service).serve_forever)
    _forever(_keep_in_step, hypervisor)


def _keep_in_step(hypervisor: Hypervisor) -> None:
    while True:
        try:
            hypervisor.tick()
        except Exception:  # one host's trouble must not end the others
            _log.exception("hypervisor")
        time.sleep(TICK_S)


class _Log:
    """A file of lines that several threads add to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, line: str) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as log:
            log.write(f"{time.time():.3f} {line}\n")


def _forever(task: Callable[..., object], *arguments: object) -> None:
    threading.Thread(target=task, args=arguments, daemon=True).start()


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
