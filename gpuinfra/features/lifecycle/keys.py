"""A changed public key: the living host takes it over the old one's way, before the record changes."""

import re
import shlex

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World

KEY = re.compile(r"ssh-(?:ed25519|rsa) [A-Za-z0-9+/]+=*\Z")
TIMEOUT_S = 30.0
TAKEN = "taken"
# Said by `sh` on the host: once in the file, with a line of its own, whatever the file's last line ends with.
SCRIPT = (
    "umask 077; mkdir -p {home}/.ssh; file={home}/.ssh/authorized_keys;"
    " grep -qsF {key} $file || printf '\\n%s\\n' {key} >>$file; grep -qsF {key} $file && echo " + TAKEN
)


def take(world: World, host: Host) -> None:
    """Let the host take the public key that terraform.tfvars names; its old key lets in as before.

    Raises:
        ConfigError: that is no key.
        HostError: neither the old key nor its Systems Manager agent gets in; nothing was changed.
    """
    key = world.values.public_key()
    if not KEY.match(key):
        raise ConfigError("public_key_path does not name an ssh-ed25519 or ssh-rsa key", hint="gpuinfra init")
    world.reporter.say("the host takes your new public key")
    why = _by_ssh(world, key) and _by_agent(world, host, key)
    if why:
        raise HostError(
            f"the host {host.instance_id} cannot take the key that public_key_path names: {why}; nothing was"
            " changed",
            hint=f'set public_key_path = "{host.private_key_path}.pub" in terraform.tfvars',
        )
    world.reporter.say("the old key lets in, too, until you delete it from ~/.ssh/authorized_keys there")


def script(key: str, home: str) -> str:
    """Return what adds a key to the login user's."""
    return SCRIPT.format(key=shlex.quote(key), home=home)


def _by_ssh(world: World, key: str) -> str:
    """Add it over ssh; return why that did not work, else nothing."""
    try:
        said = world.ssh.run(connect(world), script(key, "~"), timeout_s=TIMEOUT_S)
    except GpuInfraError as error:
        return error.message
    return "" if TAKEN in said else "its file ~/.ssh/authorized_keys cannot be written"


def _by_agent(world: World, host: Host, key: str) -> str:
    """Add it through Systems Manager's agent, which is root there; return why that did not work."""
    world.reporter.say("the old key does not get in; asking the host's Systems Manager agent")
    try:
        said = world.cloud(host.region, None).run(host.instance_id, script(key, f"/home/{host.ssh_user}"))
    except GpuInfraError as error:
        return f"the old key does not get in, and {error.message}"
    return "" if TAKEN in said else "the old key does not get in, and its agent does not answer"
