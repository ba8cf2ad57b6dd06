"""What is looked at on this machine: values, programs, key, disk, address; AWS is not asked."""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from gpuinfra.features.doctor.finding import Finding, bad, ok, unsure, warn
from gpuinfra.features.doctor.situation import Situation
from gpuinfra.ground import platforms
from gpuinfra.ground.errors import ConfigError, GpuInfraError
from gpuinfra.ground.names import command
from gpuinfra.tools.files import MIN_FREE_MB
from gpuinfra.tools.terraform.binary import INSTALL_PAGE, MINIMUM

# What Terraform's AWS provider takes when it is installed, MB; seen with 5.100.
PROVIDER_MB = 1000
OLDEST_RSYNC = 3
NOT_YET = "not looked at: there is no terraform.tfvars yet"


def values(it: Situation) -> Finding:
    """Look whether terraform.tfvars says what is wanted in words that Terraform takes."""
    name = "terraform.tfvars"
    looked_at = f"{', '.join(it.types)} in {it.region}, image {it.settings.ami_id or it.settings.image}"
    if it.trouble:
        return bad(name, it.trouble.message, it.trouble.hint)
    if not it.file:
        return ok(name, f"none yet; looked at {looked_at}")
    return ok(name, looked_at)


def terraform(it: Situation) -> Finding:
    """Look for a Terraform that is new enough; where there is none the first command fetches one."""
    found, least = it.machine.program("terraform"), ".".join(map(str, MINIMUM))
    if found is None:
        return ok("terraform", "none yet; `gpuinfra init` or `up` fetches one")
    numbers = tuple(int(part) for part in re.findall(r"\d+", found)[:2])
    if numbers and numbers < MINIMUM:
        return warn(
            "terraform", f"{found} on PATH is older than {least}; another is fetched", f"{INSTALL_PAGE}"
        )
    return ok("terraform", found)


def ssh(it: Situation) -> Finding:
    """Look for OpenSSH's client."""
    found = it.machine.program("ssh")
    if found is None:
        return bad("ssh", "not installed", platforms.install_openssh(it.machine.platform))
    return ok("ssh", found)


def rsync(it: Situation) -> Finding:
    """Look for rsync 3: what macOS brings is another program, which has not all that sync needs."""
    found = it.machine.program("rsync")
    hint = platforms.install_rsync(it.machine.platform)
    if found is None:
        return warn("rsync", "not installed: `sync`, and `run` in a project, need it", hint)
    major = re.match(r"\d+", found)
    if not major or int(major.group()) < OLDEST_RSYNC:
        return warn("rsync", f"{found} is too old or not the original: sync needs 3 or newer", hint)
    return ok("rsync", found)


def python(it: Situation) -> Finding:
    """Tell the Python that this runs in, whose version was checked at the start."""
    return ok("python", it.python)


def key(it: Situation) -> Finding:
    """Look whether ssh can use the key."""
    if not it.file or it.trouble:
        return unsure("ssh key", NOT_YET if not it.file else "not looked at: terraform.tfvars cannot be read")
    if trouble := it.machine.key_trouble():
        return bad("ssh key", trouble.message, trouble.hint)
    return ok("ssh key", "ssh can use it")


def disk_here(it: Situation) -> Finding:
    """Look for room for Terraform's record of a host, and for its provider."""
    free = it.machine.free_mb()
    if free < MIN_FREE_MB:
        text = f"{free} MB free; Terraform's record of a host could be lost below {MIN_FREE_MB} MB"
        return bad("disk here", text, "df -h .")
    if free < PROVIDER_MB:
        text = f"{free} MB free; Terraform's AWS provider takes about {PROVIDER_MB} MB to install"
        return warn("disk here", text, "df -h .")
    return ok("disk here", f"{free / 1000:.1f} GB free")


def address(it: Situation) -> Finding:
    """Look whether the internet is there, and whether the firewall would let this address in."""
    name = "your address"
    try:
        mine = it.machine.address()
    except ConfigError as error:
        return bad(name, error.message, error.hint)
    except GpuInfraError as error:
        return unsure(name, error.message, error.hint)
    allowed = it.settings.allowed_cidrs
    if not it.file or it.trouble or it.settings.access == "ssm":
        return ok(name, mine)
    if _is_in(mine, allowed):
        return ok(name, f"{mine}, which allowed_cidrs lets in")
    text = f"{mine}, and allowed_cidrs lets in {', '.join(allowed) or 'nobody'}: ssh would be shut out"
    return warn(name, text, command("allow", it.settings.stack))


def _is_in(mine: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether one of the networks holds the address; what is no network is Terraform's to refuse."""
    host = ip_address(mine.partition("/")[0])
    for cidr in allowed:
        try:
            if host in ip_network(cidr, strict=False):
                return True
        except ValueError:
            continue
    return False


def clock_hint(platform: str) -> str:
    """Return the command that sets a machine's clock by the network."""
    hints: Mapping[str, str] = {"darwin": "sudo sntp -sS time.apple.com"}
    return hints.get(platform, "sudo timedatectl set-ntp true   # sets the clock by the network")
