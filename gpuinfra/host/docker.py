"""On the host: say as JSON what docker and the GPU are like, and make ready what containers mount.

Plain Python of the system, sent there by gpuinfra. With --prepare docker's data goes to the instance store;
with --install a host that has no docker gets that of its Ubuntu.
With --build stdin has the pip sections that the laptop split: sha256 of an environment.yml -> lines, as JSON.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

DAEMON_FILE = Path("/etc/docker/daemon.json")
ENVIRONMENT_FILE = Path("/etc/gpuinfra/environment.yml")
LOCK_FILE = Path("/var/lib/gpuinfra/env/lock.txt")  # what the bootstrap installed, wherever it came from
LOCK, PIP = "gpuinfra-lock.txt", "gpuinfra-pip.txt"  # in what is built from
LOCK_INPUT = re.compile(rb"^#.*\binput-sha256=([0-9a-f]{64})\b", re.M)
MOUNTS_FILE = Path("/proc/mounts")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
STORE_MODEL = "Amazon EC2 NVMe Instance Storage"
# Docker must not start before the disk is there; the AWS image mounts it by a service of its own.
UNIT_FILE = Path("/etc/systemd/system/docker.service.d/gpuinfra.conf")
UNIT = "[Unit]\nRequiresMountsFor={}\nAfter=dlami-nvme.service\n"
HOOKS = ("nvidia-container-runtime-hook", "nvidia-container-toolkit", "nvidia-ctk")


def said(*argv: str, stdin: str | None = None, timeout_s: float = 60) -> tuple[int, str, str]:
    """Run a command; return its exit code, what it printed, and its last words on stderr."""
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, " ".join(done.stderr.split())[-300:]


def engine() -> tuple[str, bool, str, dict[str, Any]]:
    """Return (docker's path, whether it needs sudo, why it does not answer, what `docker info` says)."""
    docker = shutil.which("docker") or ""
    if not docker:
        return "", False, "", {}
    question = (docker, "info", "--format", "{{json .}}")
    code, text, error = said(*question)
    sudo = code != 0 and "permission denied" in error.lower()
    if sudo:
        code, text, error = said("sudo", "-n", *question)
    if code != 0:
        return docker, sudo, error or f"docker info ended with {code}", {}
    return docker, sudo, "", json.loads(text)


def install() -> list[str]:
    """Install Ubuntu's own docker, which apt checks by Ubuntu's keys; return what to tell."""
    wait = ("-o", "DPkg::Lock::Timeout=300")  # unattended upgrades may be at work
    apt = ("sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *wait)
    docker = ("docker.io", "docker-buildx")
    for words in (("update",), ("install", "--yes", "--no-install-recommends", *docker)):
        code, _, error = said(*apt, *words, timeout_s=400)
        if code != 0:
            return [f"docker could not be installed: {error}"]
    return ["the host had no docker: Ubuntu's was installed"]


def driver() -> str:
    """Return the version of the NVIDIA driver, empty when none answers."""
    code, text, _ = said("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    return text.split()[0] if code == 0 and text.split() else ""


def instance_store(mounts: Path = MOUNTS_FILE) -> str:
    """Return where the largest instance store is mounted, empty when there is none."""
    found = []
    for line in mounts.read_text().splitlines():
        device, point = line.split()[:2]
        if device.startswith("/dev/") and STORE_MODEL in said("lsblk", "-nso", "MODEL", device)[1]:
            found.append((shutil.disk_usage(point).total, point))
    return max(found)[1] if found else ""


def move_data(
    info: dict[str, Any], store: str, *, daemon: Path = DAEMON_FILE, unit: Path = UNIT_FILE
) -> list[str]:
    """Put docker's data on the instance store, unless somebody has decided or there is data already."""
    root = info.get("DockerRootDir", "")
    config = json.loads(daemon.read_text()) if daemon.exists() else {}
    if not store or root.startswith(f"{store}/") or "data-root" in config:
        return []
    if info.get("Images") or info.get("Containers"):
        return [f"docker keeps its images in {root}, not on the faster {store}: it holds some already"]
    text = json.dumps({**config, "data-root": f"{store}/docker"}, indent=2) + "\n"
    steps: list[tuple[list[str], str | None]] = [
        (["mkdir", "-p", str(daemon.parent), str(unit.parent)], None),
        (["tee", str(unit)], UNIT.format(store)),
        (["tee", str(daemon)], text),
        (["systemctl", "daemon-reload"], None),
        (["systemctl", "restart", "docker"], None),
    ]
    for argv, stdin in steps:
        code, _, error = said("sudo", "-n", *argv, stdin=stdin)
        if code != 0:
            return [f"docker's data could not be moved to {store}: {error}"]
    return [f"docker keeps its images on the instance store {store}: gone when the host is stopped"]


def write_accounts(directory: Path, user: pwd.struct_passwd, group: grp.struct_group) -> None:
    """Write the passwd and group files of the containers: the login user, root and nobody."""
    rows = ["root:x:0:0:root:/root:/bin/sh", "nobody:x:65534:65534:nobody:/nonexistent:/bin/false"]
    own = f"{user.pw_name}:x:{user.pw_uid}:{user.pw_gid}:{user.pw_name}:{user.pw_dir}:/bin/bash"
    groups = ["root:x:0:", "nogroup:x:65534:", f"{group.gr_name}:x:{group.gr_gid}:"]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "passwd").write_text("\n".join([*rows, own, ""]))
    (directory / "group").write_text("\n".join([*groups, ""]))


def build_context(project: Path, data: Path, pip_parts: dict[str, list[str]]) -> tuple[Path, str]:
    """Return the directory to build from, and why it cannot be used; the project's files, else the host's.

    A lock makes it a directory of our own: there the pip section has a file of its own.
    """
    own = (project / "environment.yml").is_file()
    yml = project / "environment.yml" if own else ENVIRONMENT_FILE
    lock = project / "environment.lock" if own else LOCK_FILE
    if not yml.is_file() or (own and not lock.is_file()):
        return project, ""
    context = data / "context"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir(parents=True)
    sources = {name: yml.with_name(name) for name in ("environment.yml", "requirements.txt", "apt.txt")}
    sources[LOCK] = lock
    for name, source in sources.items():
        if source.is_file():
            shutil.copy(source, context / name)
    return context, add_pip(context, pip_parts) if lock.is_file() else ""


def add_pip(context: Path, pip_parts: dict[str, list[str]]) -> str:
    """Write the pip section of environment.yml beside its lock; return why that cannot be."""
    digest = hashlib.sha256((context / "environment.yml").read_bytes()).hexdigest()
    made_from = LOCK_INPUT.search((context / LOCK).read_bytes())
    if made_from and made_from[1].decode() != digest:
        return "environment.lock was made from another environment.yml"
    if ENVIRONMENT_FILE.is_file() and hashlib.sha256(ENVIRONMENT_FILE.read_bytes()).hexdigest() == digest:
        lines = ENVIRONMENT_FILE.with_name("pip.txt").read_text(encoding="utf-8")
    elif digest in pip_parts:
        lines = "".join(f"{line}\n" for line in pip_parts[digest])
    else:
        return "environment.yml on the host is another than the one here"
    (context / PIP).write_text(lines, encoding="utf-8")
    return ""


def main(project_directory: str, image: str, options: list[str], pip_parts: dict[str, list[str]]) -> None:
    """Print the facts."""
    user, home = pwd.getpwuid(os.getuid()), Path.home()
    data = home / ".local/share/gpuinfra/docker"
    project, container_home = home / project_directory, data / "home"
    # docker would make what is missing, and root would own it
    for directory in (project, container_home / project_directory):
        directory.mkdir(parents=True, exist_ok=True)
    write_accounts(data, user, grp.getgrgid(user.pw_gid))
    context, why_not = build_context(project, data, pip_parts)
    notes = [] if "--install" not in options or shutil.which("docker") else install()
    docker, sudo, error, info = engine()
    notes += move_data(info, instance_store()) if "--prepare" in options and docker and not error else []
    look = [*(["sudo", "-n"] if sudo else []), docker, "image", "inspect", image]
    there = bool(docker and not error and said(*look)[0] == 0)
    found = {
        "docker": docker,
        "sudo": sudo,
        "error": error,
        "toolkit": "nvidia" in info.get("Runtimes", {}) or any(map(shutil.which, HOOKS)),
        "driver": driver(),
        "user": user.pw_name,
        "uid": user.pw_uid,
        "gid": user.pw_gid,
        "shared_memory": shutil.disk_usage(SHARED_MEMORY).total,
        "home": str(home),
        "accounts": str(data),
        "container_home": str(container_home),
        "build_context": str(context),
        "build_error": why_not,
        "has_image": there,
        "notes": notes,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    parts = json.load(sys.stdin) if "--build" in sys.argv[3:] else {}
    main(sys.argv[1], sys.argv[2], sys.argv[3:], parts)
