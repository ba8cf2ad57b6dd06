"""Credentials that are missing or have expired, met by boto3 (`up`) and by Terraform (`plan`)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("command", [("up", "--yes"), ("plan",), ("down", "--yes")])
def test_none(command: tuple[str, ...], cold_cli: Cli) -> None:
    """Without credentials the user is told where they were looked for."""
    bare = Cli(
        project=cold_cli.project, env={k: v for k, v in cold_cli.env.items() if "AWS_ACCESS_KEY" not in k}
    )
    refused(bare.run(*command), 4, "error: no AWS credentials were found", "  next: aws configure")


def test_unknown_profile(cold_cli: Cli) -> None:
    """A profile that does not exist is named."""
    for command in (("up", "--yes"), ("plan",)):
        refused(cold_cli.run(*command, AWS_PROFILE="nope"), 4, "error: no AWS credentials were found", "nope")


@pytest.mark.parametrize(
    ("match", "code", "command"),
    [
        ("GetCallerIdentity", "ExpiredToken", ("plan",)),
        ("DescribeInstances", "RequestExpired", ("up", "--yes")),
        ("DescribeInstances", "ExpiredToken", ("status",)),
    ],
)
def test_expired(match: str, code: str, command: tuple[str, ...], cli: Cli, sim: Simulator) -> None:
    """Expired credentials are called expired, whoever meets them first."""
    sim.fault(Fault(match=match, count=None, status=403, code=code, message="The token has expired"))
    refused(
        cli.run(*command),
        4,
        f"({code})",
        "credentials have expired",
        "aws sso login",
    )


def test_expired_before_the_host(cli: Cli, sim: Simulator) -> None:
    """Credentials that expire in the midst of an apply lose nothing: the same command goes on."""
    sim.fault(Fault(match="RunInstances", count=None, code="RequestExpired", message="Request has expired."))
    refused(cli.run("up", "--yes"), 4, "credentials have expired", "nothing is lost")
    sim.clear_faults()
    assert cli.ok("up", "--yes").strip() == cli.ok("ip").strip()
    assert len(sim.leftovers()["instances"]) == 1


def test_a_region_that_is_off(cold_cli: Cli, sim: Simulator) -> None:
    """It calls the credentials false; as they hold elsewhere, the region is what is told."""
    cold_cli.edit('"us-east-1"', '"il-central-1"')
    sim.fault(
        Fault(match="DescribeInstances", count=None, code="AuthFailure", message="Not able to validate.")
    )
    off = "the region il-central-1 is not enabled for this account", "aws account enable-region"
    refused(cold_cli.run("up", "--yes"), 4, *off)


SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12"
# Gives keys that end after 4 seconds, and notes them; none while `sealed` is there.
VAULT = """\
#!{python}
import datetime, json, pathlib, sys, time
here = pathlib.Path(__file__).parent
if (here / "sealed").exists():
    sys.exit("vault: sealed")
now = datetime.datetime.now(datetime.timezone.utc)
end = (now + datetime.timedelta(seconds=5)).replace(microsecond=0)
key = f"ASIA{{time.time_ns():020d}}"
with (here / "given").open("a") as log:
    log.write(json.dumps([key, end.timestamp()]) + "\\n")
print(json.dumps({{"Version": 1, "AccessKeyId": key, "SecretAccessKey": "{secret}",
                   "SessionToken": "a-session-token", "Expiration": end.isoformat()}}))
"""


def vault(directory: Path) -> dict[str, str]:
    """Write a profile with a credential_process; return what selects it."""
    directory.mkdir()
    program, config = directory / "vault", directory / "config"
    program.write_text(VAULT.format(python=sys.executable, secret=SECRET))
    program.chmod(0o755)
    config.write_text(f"[profile gpu]\ncredential_process = {program}\n")
    return {"AWS_PROFILE": "gpu", "AWS_CONFIG_FILE": str(config)}


def test_they_end_in_the_middle_of_an_apply(cold_cli: Cli, sim: Simulator, tmp_path: Path) -> None:
    """Terraform gets others: its provider asks for them; where there are none their source's words are told.

    The same command goes on. Nothing of them is in any file.
    """
    place = tmp_path / "vault"
    env = {k: v for k, v in cold_cli.env.items() if not k.startswith("AWS_ACCESS") and "SECRET" not in k}
    cli = Cli(project=cold_cli.project, env={**env, **vault(place)})
    sim.fault(Fault(match="CreateSecurityGroup", delay_s=6))
    began = cli.start("-v", "up", "--yes")
    sim.wait_for(lambda calls: any(call.action == "CreateSecurityGroup" for call in calls))
    (place / "sealed").touch()
    out, said = began.communicate()
    refused(subprocess.CompletedProcess([], began.returncode, out, said), 4, "vault: sealed", "goes on")
    (place / "sealed").unlink()
    cli.ok("up", "--yes")
    ends = dict(map(json.loads, (place / "given").read_text().splitlines()))
    used = [call for call in sim.calls() if call.access_key]
    assert {call.access_key for call in used} <= set(ends)
    assert [call.action for call in used if call.time > ends[call.access_key]] == []
    made = {call.access_key for call in used if call.action.startswith(("Create", "Run", "Authorize"))}
    assert len(made) > 1
    assert SECRET not in said
    files = [path for path in tmp_path.rglob("*") if path.is_file() and ".terraform" not in path.parts]
    secret = [str(path) for path in files if SECRET.encode() in path.read_bytes()]
    assert secret == [str(place / "vault")]
