"""This machine and who asks: what is wrong has its one next step, what is not known is not sure."""

import dataclasses
from typing import Any

import pytest

from gpuinfra.features.doctor import account, here
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE, WARN
from gpuinfra.features.doctor.situation import Situation
from gpuinfra.ground.account_facts import AccountPlan, Caller
from gpuinfra.ground.errors import CloudError, ConfigError
from tests.fakes.account import CALLER, G4DN, FakeMachine
from tests.features.doctor.situations import Case, asked, named, situation, told

TFVARS = ConfigError("terraform.tfvars:3: not valid HCL", hint="$EDITOR terraform.tfvars")


def machine(**parts: Any) -> Situation:
    """Return a situation on another machine."""
    return situation(machine=FakeMachine(**parts))


def clock(ahead_s: float | None) -> Situation:
    """Return a situation in which AWS's clock is so far ahead."""
    return asked(who=dataclasses.replace(CALLER, aws_ahead_s=ahead_s))


NOBODY = Caller(refusal=CloudError("no AWS credentials were found", hint="aws configure"))
CASES: list[Case] = [
    (here.values, situation(), OK, "g4dn.xlarge in us-east-1, image nvidia", ""),
    (here.values, situation(file=None), OK, "none yet; looked at g4dn.xlarge", ""),
    (here.values, situation(trouble=TFVARS), BAD, "not valid HCL", "$EDITOR"),
    (here.terraform, machine(programs={"terraform": None}), OK, "none yet", ""),
    (here.terraform, machine(programs={"terraform": "1.9.8"}), WARN, "older than 1.11", "https://"),
    (here.terraform, machine(programs={"terraform": "1.15.0"}), OK, "1.15.0", ""),
    (here.ssh, machine(programs={"ssh": None}), BAD, "not installed", "sudo apt-get install openssh"),
    (here.rsync, machine(programs={"rsync": None}), WARN, "not installed", "sudo apt-get install rsync"),
    (
        here.rsync,
        machine(programs={"rsync": "2.6.9"}, platform="darwin"),
        WARN,
        "too old",
        "brew install rsync",
    ),
    (here.rsync, machine(programs={"rsync": "?"}), WARN, "not the original", "sudo apt-get"),
    (here.key, machine(trouble=ConfigError("mode 0644", hint="chmod 600 k")), BAD, "0644", "chmod 600 k"),
    (here.key, situation(file=None), UNSURE, "no terraform.tfvars yet", ""),
    (here.disk_here, machine(free=50), BAD, "50 MB free", "df -h ."),
    (here.disk_here, machine(free=500), WARN, "provider takes", "df -h ."),
    (here.address, situation(), OK, "which allowed_cidrs lets in", ""),
    (here.address, machine(ip="203.0.113.9/32"), WARN, "ssh would be shut out", "gpuinfra allow"),
    (here.address, situation(allowed_cidrs=("no network",)), WARN, "no network", "gpuinfra allow"),
    (here.address, situation(access="ssm", allowed_cidrs=()), OK, "52.94.76.10/32", ""),
    (here.address, machine(ip=CloudError("no answer", hint="--cidr")), UNSURE, "no answer", "--cidr"),
    (account.credentials, situation(), OK, "user/me, by profile default", ""),
    (account.credentials, asked(who=NOBODY), BAD, "no AWS credentials", "aws configure"),
    (account.clock, asked(who=NOBODY), UNSURE, "did not answer", ""),
    (account.clock, clock(-2.0), OK, "as AWS's", ""),
    (account.clock, clock(90.0), WARN, "2 min behind", "sudo timedatectl"),
    (account.clock, clock(-400.0), BAD, "7 min ahead of", "sudo timedatectl"),
    (account.state, asked(status="PENDING_ACTIVATION"), BAD, "not verified", "https://portal"),
    (account.state, asked(status="SUSPENDED"), BAD, "SUSPENDED", "https://support"),
    (
        account.plan,
        asked(of_plan=AccountPlan(kind="FREE", expires="2027-01-02")),
        BAD,
        "2027",
        "aws freetier",
    ),
    (
        account.plan,
        asked(of_plan=AccountPlan(kind="FREE"), offers={G4DN.name: dataclasses.replace(G4DN, free=True)}),
        OK,
        "free, which has g4dn.xlarge",
        "",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=named(CASES))
def test_a_check(case: Case) -> None:
    """It tells the state, what was found, and the next step where there is one."""
    told(*case)
