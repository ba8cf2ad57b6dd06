"""The programs that demo and tests need of this machine, the Debian packages that bring them, their set-up.

The one place where the packages are named. Standard library only: set-up reads it before .venv exists.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

from gpuinfra.ground.ticker import ticking

NO_INSTALL = "GPUINFRA_NO_INSTALL"
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # not in the PATH of plain users on Debian

LAB = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ssh": "openssh-client",
    "sysctl": "procps",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "zstd": "zstd",
    "apt-get": "apt",
}
ROOTLESS_LAB = {"newuidmap": "uidmap", "newgidmap": "uidmap"}  # a lab without root needs these, too
# what the tests run besides; chromedriver: JupyterLab in a real browser
TESTS = {"git": "git", "rsync": "rsync", "curl": "curl", "bzip2": "bzip2", "chromedriver": "chromium-driver"}


def packages() -> list[str]:
    """Return all packages of a lab, whoever runs it."""
    return _packages(LAB | ROOTLESS_LAB)


def _packages(programs: Mapping[str, str]) -> list[str]:
    return sorted(set(programs.values()))


def missing(path: str, *, root: bool, tests: bool = False) -> dict[str, str]:
    """Return the programs that are not there, each with its package."""
    wanted = LAB | ({} if root else ROOTLESS_LAB) | (TESTS if tests else {})
    return {program: wanted[program] for program in wanted if shutil.which(program, path=path) is None}


def what_to_do(programs: Mapping[str, str], *, root: bool, sudo: bool) -> str:
    """Return one line about missing programs, its end to be copied; sudo: whether there is that program."""
    line = shlex.join([*([] if root or not sudo else ["sudo"]), "apt-get", "install", *_packages(programs)])
    how = "To install" if root or sudo else "To install, as root"
    return f"missing: {', '.join(programs)}. {how}: {line}"


def missing_here(environ: Mapping[str, str] = os.environ, *, tests: bool = False) -> dict[str, str]:
    """Return what this machine lacks; nothing where it can have no lab at all."""
    if sys.platform != "linux":
        return {}
    return missing(search_path(environ), root=os.geteuid() == 0, tests=tests)


def search_path(environ: Mapping[str, str]) -> str:
    """Return the PATH with the system's own directories in it."""
    return f"{environ.get('PATH', os.defpath)}:{SBIN}"


class ProgramHost:
    """This machine, as far as its programs are concerned; tests have another one."""

    def __init__(self) -> None:
        self.is_root = os.geteuid() == 0
        self.may_install = not os.environ.get(NO_INSTALL)
        self.has_terminal = sys.stdin.isatty() and sys.stderr.isatty()

    def has(self, program: str) -> bool:
        """Tell whether a program is on PATH."""
        return shutil.which(program) is not None

    def agrees(self, question: str) -> bool:
        """Ask a person; Enter means yes."""
        sys.stderr.write(f"{question} [Y/n] ")
        sys.stderr.flush()
        answer = sys.stdin.readline()  # empty, without even a line's end, where the input has ended
        return answer.strip().lower() in ("", "y", "yes") and answer != ""

    def run(self, command: list[str]) -> bool:
        """Run a command; tell whether it succeeded. Its output is shown as an error, not as a result."""
        return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0

    def knows(self, package: str) -> bool:
        """Tell whether apt could install a package (Ubuntu has no chromium-driver)."""
        command = ["apt-cache", "show", package]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def install(programs: Mapping[str, str], machine: ProgramHost, say: Callable[[str], None]) -> None:
    """Install the packages that bring these programs, on Debian and Ubuntu.

    A person is asked. Where nobody can be asked, root is taken to agree, as in a container. Else one line
    says what to type, and whoever needs the programs goes without them.
    """
    if not programs or not machine.has("apt-get"):
        return
    packages = _packages(programs)
    sudo = [] if machine.is_root else ["sudo"]
    if not _agreed(programs, machine):
        say(what_to_do(programs, root=machine.is_root, sudo=machine.has("sudo")))
        return
    say(f"installing {', '.join(packages)} by apt-get ({NO_INSTALL}=1 forbids it)")
    machine.run([*sudo, "apt-get", "update", "-qq"])  # may ask for the password of sudo
    packages = [package for package in packages if machine.knows(package)]
    quietly = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq"]
    with ticking("apt-get"):
        done = machine.run([*quietly, "--no-install-recommends", *packages])
    if not done:
        say(f"apt-get failed, see above; {what_to_do(programs, root=machine.is_root, sudo=bool(sudo))}")


def _agreed(programs: Mapping[str, str], machine: ProgramHost) -> bool:
    if not machine.may_install or not (machine.is_root or machine.has("sudo")):
        return False
    if not machine.has_terminal:
        return machine.is_root
    return machine.agrees(question([*programs]))


def question(programs: list[str]) -> str:
    """Return what a person is asked."""
    count = NUMBERS[len(programs)] if len(programs) < len(NUMBERS) else str(len(programs))
    if len(programs) == 1:
        return f"one program is missing: {programs[0]}. Install it now?"
    return f"{count} programs are missing: {', '.join(programs)}. Install them now?"
