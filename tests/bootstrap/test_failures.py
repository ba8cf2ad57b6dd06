"""What another try cannot mend: refused with the reason, as early as it can be known."""

import json
import shutil
import subprocess

import pytest

from gpuinfra.ground.errors import ConfigError
from tests.bootstrap.host import ENVIRONMENT, PERMANENT, WITH_PIP, Host
from tests.bootstrap.server import Server

NAMESPACE = ["unshare", "--map-root-user", "--mount"]
FULL_DISK = """
set -eu
cp -a "$1" "$1.copy"; mount -t tmpfs -o size=2m tmpfs "$1"; cp -a "$1.copy/." "$1"
rc=0; bash "$2" "$3" || rc=$?
cp "$1/var/lib/gpuinfra/status.json" "$1.copy/full.json"; echo "$rc" >"$1.copy/full.rc"
mount -o remount,size=200m "$1"; bash "$2" "$3"
"""


def test_a_misspelt_package_is_not_tried_again(host: Host, server: Server) -> None:
    """The solver's words reach the status at the first try; a corrected file goes on from there."""
    host.give(environment_yml=ENVIRONMENT.replace("tinyapp", "tinyap"))
    assert host.boot() == PERMANENT
    assert (host.status["step"], host.status["permanent"]) == ("env-conda", True)
    assert "tinyap" in host.status["message"]
    assert "try 2" not in host.log
    server.reset()
    host.give()
    assert host.boot() == 0, host.log
    assert server.count("Miniconda") == 0


def test_a_bad_pip_pin_keeps_the_conda_environment(host: Host) -> None:
    """Pip has a step of its own: the fixed line runs pip again, not conda."""
    host.give(environment_yml=WITH_PIP.replace("frompip==1.0", "frompip==9.9"))
    assert host.boot() == PERMANENT
    assert host.status["step"] == "env-pip"
    assert "No matching distribution found for frompip==9.9" in host.status["message"]
    made = (host.prefix / "envs/lab/conda-meta/history").stat().st_mtime_ns
    host.give(environment_yml=WITH_PIP)
    assert host.boot() == 0, host.log
    assert (host.prefix / "envs/lab/conda-meta/history").stat().st_mtime_ns == made
    assert "env-conda" not in host.ran()


def test_terms_of_service_are_never_accepted_silently(host: Host) -> None:
    """A channel wants them (here by the user's own .condarc): it stops, though CI is set, lock or not."""
    (host.home / ".condarc").write_text("channels: [defaults]\n")
    for lock in ("", "@EXPLICIT\n"):
        host.give(lock=lock)
        assert host.boot() == PERMANENT
        assert host.status["step"] == "env-conda"
        assert "CondaToSNonInteractiveError" in host.status["message"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [", "expected"),
        ("name: lab\n", "dependencies"),
        ("name: '$(touch pwned); x'\ndependencies: [python]\n", "name "),
        ("name: ../../x\ndependencies: [python]\n", "name "),
        ("dependencies: [python, {pip: ['-e .']}]\n", "a directory on your machine"),
        ("dependencies: [python, {pip: ['-r missing.txt']}]\n", "only a requirements.txt"),
        ("dependencies: [python, {npm: [x]}]\n", "only 'pip:'"),
        ("dependencies: [python, {pip: frompip}]\n", "not a list"),
    ],
)
def test_a_bad_environment_is_refused_before_there_is_a_host(
    host: Host, server: Server, text: str, told: str
) -> None:
    """One line says what is wrong; the host has what it had, nothing was executed and nothing fetched."""
    before = {path: path.read_bytes() for path in host.conf.iterdir()}
    with pytest.raises(ConfigError, match=told):
        host.give(environment_yml=text)
    assert {path: path.read_bytes() for path in host.conf.iterdir()} == before
    assert server.count() == 0
    assert not list(host.root.rglob("pwned"))


def test_too_small_a_disk_is_refused_at_once(host: Host, server: Server) -> None:
    """Found before the download, with the variable to change."""
    host.values["MIN_FREE_MB"] = "999999999"
    host.give()
    assert host.boot() == PERMANENT
    assert (host.status["step"], host.status["rc"]) == ("preflight", 28)
    assert "root_volume_size_gb" in host.status["message"]
    assert server.count() == 0


def test_a_foreign_conda_that_works_is_used_and_a_broken_one_left_alone(host: Host, server: Server) -> None:
    """Only what this bootstrap left half-made is ever removed."""
    host.prefix.mkdir()
    (host.prefix / "precious").touch()
    assert host.boot() == PERMANENT
    assert host.status["step"] == "install"
    assert "move it away" in host.status["message"]
    assert (host.prefix / "precious").exists()


def test_a_startup_script_that_fails_is_tried_once(host: Host) -> None:
    """The environment was verified before it; the status has its exit code and last words."""
    host.give(startup_script="echo once >>~/count\necho no such data set >&2\nexit 3\n")
    assert host.boot() == PERMANENT
    assert (host.status["step"], host.status["rc"]) == ("startup", 3)
    assert "no such data set" in host.status["error"]
    assert (host.state / "verify.json").exists()
    assert (host.home / "count").read_text() == "once\n"


def can_mount() -> bool:
    """Tell whether this machine lets us have a small disk of our own."""
    return bool(shutil.which("unshare")) and not subprocess.run([*NAMESPACE, "true"], check=False).returncode


@pytest.mark.skipif(not can_mount(), reason="needs mount namespaces")
def test_a_disk_that_fills_up_is_reported_and_then_gone_on_with(host: Host) -> None:
    """Even the status needs room: it is written all the same; with a larger disk the next run goes on."""
    host.values["MIN_FREE_MB"] = "0"
    host.give(environment_yml=WITH_PIP)
    files = [str(path) for path in (host.root, host.script, host.conf / "bootstrap.env")]
    inside = ["bash", "-c", FULL_DISK, "bash", *files]
    done = subprocess.run([*NAMESPACE, *inside], check=False, env=host.environment(), capture_output=True)
    copy = host.root.with_name(host.root.name + ".copy")
    status = json.loads((copy / "full.json").read_text())
    assert (status["state"], status["rc"], status["permanent"]) == ("failed", 28, True)
    assert "the disk is full" in status["message"]
    assert (copy / "full.rc").read_text() == f"{PERMANENT}\n"
    assert done.returncode == 0, done.stderr
