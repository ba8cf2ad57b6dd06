"""`env apply` on a host in a directory: what the laptop sends, what the unit runs, what both see."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from gpuinfra.features.boot import parcel
from gpuinfra.ground.boot_status import READ_STATUS, Boot, parse
from gpuinfra.host import env_apply
from tests.bootstrap.host import Host
from tests.cloud_init.userdata import ROOT
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S

EDITED = "name: lab\nchannels: [conda-forge]\ndependencies: [python, extra]\n"
MISSING = EDITED.replace("extra", "nobody-has-this")
# What systemd says of our unit, and of the bootstrap's in a look.
SYSTEMCTL = """case "$*" in
  *SubState*env-apply*) cat "$0.apply" 2>/dev/null || echo dead ;;
  *SubState*) echo dead ;;
  *) echo 7 ;;
esac"""


def program(host: Host, *words: str) -> "subprocess.Popen[str]":
    """Start the host's program, as sudo or the unit would."""
    copied = host.state / "apply/env_apply.py"
    source = Path(env_apply.__file__) if words[0] == "start" else copied
    return until_test_ends(
        subprocess.Popen(
            [sys.executable, "-I", str(source), *words],
            env={**host.environment(), "GPUINFRA_ROOT": str(host.root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    )


def send(host: Host, **files: str) -> str:
    """Send these files, as the laptop does; return what the host answers."""
    given = parcel.pack(host.context(**files), templates=ROOT / "cloud-init").decode()
    digest = hashlib.sha256(given.encode()).hexdigest()
    answer, told = program(host, "start", digest).communicate(given, timeout=PATIENCE_S)
    assert answer, told
    return str(json.loads(answer)["state"])


def build(host: Host) -> int:
    """Run the unit's program to its end."""
    process = program(host, "build")
    process.communicate(timeout=PATIENCE_S)
    return process.returncode


def apply(host: Host, **files: str) -> int:
    """Send files and build."""
    assert send(host, **files) == "started"
    return build(host)


def look(host: Host, script: str) -> str:
    """Return what a look at this host prints."""
    for moved in ("/var/lib/gpuinfra", "/etc/gpuinfra", "/run/gpuinfra"):
        script = script.replace(moved, f"{host.root}{moved}")
    done = subprocess.run(
        ["sh", "-c", script], env=host.environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


def seen(host: Host) -> Boot:
    """Return what the laptop sees of the host."""
    return parse(look(host, READ_STATUS))


def in_use(host: Host) -> str:
    """Return the environment that a login shell starts in; it is the one that `run` and jobs take."""
    profile = host.root / "etc/profile.d/gpuinfra.sh"
    line = f'. "{profile}"; python -c "import sys; print(sys.prefix)"'
    done = subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == host.status["prefix"]
    return Path(host.status["prefix"]).name


def python(host: Host, name: str, code: str) -> None:
    """Run Python in an environment; it must succeed."""
    subprocess.run([str(host.prefix / "envs" / name / "bin/python"), "-c", code], check=True)


def environments(host: Host) -> set[str]:
    """Return the names of all environments."""
    return {path.name for path in (host.prefix / "envs").iterdir()}


def files_of(host: Host) -> dict[str, str]:
    """Return what a boot is made of: the files, and the markers of what is done."""
    folders = (host.conf, host.state / "steps")
    found = {str(p): p.read_text() for folder in folders for p in folder.iterdir() if p.is_file()}
    return found | {"profile": (host.root / "etc/profile.d/gpuinfra.sh").read_text()}
