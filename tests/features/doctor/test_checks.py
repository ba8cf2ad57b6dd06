"""Each check by itself: what is wrong is told with its one next step, what is not known as not sure."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.doctor import account, here, image, place, rights
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE, WARN, Finding
from gpuinfra.features.doctor.situation import OtherValues, Situation
from gpuinfra.ground.account_facts import AccountPlan, Caller
from gpuinfra.ground.errors import CloudError, ConfigError
from tests.fakes.account import CALLER, G4DN, IMAGE, PLACE, FakeAccount, FakeMachine
from tests.fakes.quotas import FakeQuotas
from tests.features.doctor.situations import denied, situation

Check = Callable[[Situation], Finding]
TFVARS = ConfigError("terraform.tfvars:3: not valid HCL", hint="$EDITOR terraform.tfvars")


def machine(**parts: Any) -> Situation:
    """Return a situation on another machine."""
    return situation(machine=FakeMachine(**parts))


def asked(**parts: Any) -> Situation:
    """Return a situation with another account."""
    return situation(FakeAccount(**parts))


def clock(ahead_s: float | None) -> Situation:
    """Return a situation in which AWS's clock is so far ahead."""
    return asked(who=dataclasses.replace(CALLER, aws_ahead_s=ahead_s))


def offered(**facts: Any) -> Situation:
    """Return a situation in which the type is another."""
    return asked(offers={G4DN.name: dataclasses.replace(G4DN, **facts)})


def gpu(instance_type: str, image: str, gpus: int = 1) -> Situation:
    """Return a situation with this type and image."""
    offer = dataclasses.replace(G4DN, name=instance_type, gpu_count=gpus)
    return situation(FakeAccount(offers={instance_type: offer}), instance_type=instance_type, image=image)


def subnet(**facts: Any) -> Situation:
    """Return a situation whose only subnet is like this."""
    return asked(places=[dataclasses.replace(PLACE, **facts)])


NOBODY = Caller(refusal=CloudError("no AWS credentials were found", hint="aws configure"))
CASES: list[tuple[Check, Situation, str, str, str]] = [
    # this machine
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
    # the account
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
    # the place
    (place.type_offered, situation(), OK, "1 NVIDIA GPU, 4 vCPUs, in us-east-1a", ""),
    (place.type_offered, asked(offers={}), BAD, "EC2 has no type g4dn.xlarge", "gpuinfra prices --region"),
    (place.type_offered, offered(zones=()), BAD, "us-east-1 does not have g4dn.xlarge", "gpuinfra prices"),
    (
        place.type_offered,
        situation(zones=("us-east-1e",)),
        BAD,
        "us-east-1e has no g4dn.xlarge; these zones have it: us-east-1a, us-east-1b",
        "gpuinfra prices",
    ),
    (
        place.type_offered,
        situation(instance_types=("g9.huge", "g4dn.xlarge")),
        WARN,
        "EC2 has no type g9.huge; the others are there",
        "gpuinfra prices",
    ),
    (place.quota, situation(), OK, "quota 32 vCPUs of G and VT on-demand", ""),
    (place.quota, situation(quotas=FakeQuotas()), BAD, "quota 0 vCPUs", "gpuinfra quota request --type"),
    (
        place.quota,
        situation(quotas=FakeQuotas(refusals={"limit": denied("servicequotas:GetServiceQuota")})),
        UNSURE,
        "not sure",
        "",
    ),
    (place.quota, situation(market="spot-then-on-demand"), WARN, "spot, 0 in use", "gpuinfra quota request"),
    (place.network, situation(), OK, "the default VPC, with a way out", ""),
    (place.network, asked(places=None), BAD, "no default VPC", "aws ec2 create-default-vpc"),
    (
        place.network,
        situation(FakeAccount(places=None), subnet_id="subnet-9"),
        BAD,
        "no subnet subnet-9",
        "aws ec2 describe-subnets",
    ),
    (place.network, subnet(zone="us-east-1e"), BAD, "no subnet in a zone that has g4dn", "aws ec2"),
    (place.network, subnet(free_addresses=0), BAD, "no free address", "aws ec2 describe-subnets"),
    (place.network, subnet(way_out=""), BAD, "no route to the internet", "aws ec2 describe-route"),
    (place.network, subnet(way_out="NAT"), BAD, "lets nobody in", "aws ec2 describe-route-tables"),
    (
        place.network,
        situation(FakeAccount(places=[dataclasses.replace(PLACE, way_out="NAT")]), access="ssm"),
        OK,
        "with a way out",
        "",
    ),
    (
        place.network,
        situation(FakeAccount(places=None), access="ssm", others=OtherValues(private_network="nat")),
        OK,
        "a private one is made",
        "",
    ),
    # the image
    (image.there, situation(), OK, "NVIDIA VMI (ami-1)", ""),
    (image.there, asked(shown=None), BAD, "shows this account no image nvidia", "set image"),
    (image.there, asked(shown=None, allowed="enabled"), BAD, "Allowed AMIs hides", "aws ec2 get-allowed"),
    (
        image.there,
        asked(shown=None, refuses={"allowed_images": denied("ec2:GetAllowedImagesSettings")}),
        BAD,
        "shows this account no image",
        "set image",
    ),
    (image.terms, situation(), OK, "accepted", ""),
    (image.terms, asked(agreed=False), UNSURE, "no agreement was found", "https://aws.amazon.com/market"),
    (
        image.terms,
        asked(refuses={"has_agreement": denied("aws-marketplace:SearchAgreements")}),
        UNSURE,
        "may not do aws-marketplace:SearchAgreements",
        "https://aws.amazon.com/marketplace",
    ),
    (image.terms, asked(shown=dataclasses.replace(IMAGE, product="")), OK, "needs none", ""),
    (image.fits_gpu, gpu("g4dn.xlarge", "aws-nvidia"), OK, "serves g4dn.xlarge", ""),
    (image.fits_gpu, gpu("g4dn.xlarge", "ubuntu"), BAD, "no driver", 'set image = "aws-nvidia"'),
    (image.fits_gpu, gpu("t3.large", "nvidia", 0), BAD, "has no NVIDIA GPU", 'set image = "ubuntu"'),
    (image.fits_gpu, gpu("t3.large", "ubuntu", 0), OK, "no GPU, no driver", ""),
    (image.fits_gpu, gpu("p6-b200.48xlarge", "aws-nvidia"), OK, "serves p6-b200", ""),
    (image.fits_gpu, gpu("p6-b200.48xlarge", "nvidia"), UNSURE, "open kernel", 'set image = "aws-nvidia"'),
    (image.fits_gpu, gpu("g7e.2xlarge", "aws-nvidia"), UNSURE, "do not list g7e", ""),
    (image.fits_gpu, gpu("p3.2xlarge", "aws-nvidia"), BAD, "proprietary kernel modules", "set instance_type"),
    (image.fits_gpu, gpu("p3.2xlarge", "nvidia"), UNSURE, "still serves p3.2xlarge is not known", ""),
    (image.fits_gpu, situation(ami_id="ami-9"), UNSURE, "ami-9 has is not known", ""),
    (image.disk, situation(root_volume_size_gb=100), BAD, "needs 128", "set root_volume_size_gb = 128"),
    (image.disk, asked(shown=None), UNSURE, "not known", ""),
    # rights
    (rights.hosts, situation(), OK, "nothing was made", ""),
    (
        rights.hosts,
        asked(launch_refusal=denied("ec2:RunInstances"), refusals={"StopInstances": denied("x")}),
        BAD,
        "you may not do ec2:RunInstances, ec2:StopInstances",
        "ask your AWS administrator to allow ec2:RunInstances, ec2:StopInstances",
    ),
    (rights.hosts, asked(refusals={"StopInstances": CloudError("no such host")}), OK, "nothing was", ""),
    (rights.hosts, asked(shown=None), UNSURE, "there is no image to try it with", ""),
    (rights.hosts, asked(launch_refusal=CloudError("odd", hint="do it")), BAD, "refuse this host: odd", "do"),
    (
        rights.hosts,
        asked(launch_refusal=CloudError("odd"), of_plan=AccountPlan(kind="FREE")),
        UNSURE,
        "for another reason",
        "",
    ),
    (rights.role, situation(instance_profile="ml"), OK, "the host gets ml", ""),
    (rights.role, asked(may={"iam:PassRole": False}), BAD, "iam:PassRole", "ask your AWS administrator"),
    (rights.role, asked(refuses={"simulate": denied("iam:Simulate")}), UNSURE, "may not do iam:Sim", ""),
    (rights.reads, situation(region="us-gov-west-1"), OK, "none are needed", ""),
    (rights.reads, situation(max_usd=5.0), OK, "scheduler:ListScheduleGroups", ""),
    (
        rights.reads,
        asked(refuses={"pricing:GetProducts": denied("pricing:GetProducts")}),
        WARN,
        "you may not do pricing:GetProducts",
        "ask your AWS administrator to allow pricing:GetProducts",
    ),
    (rights.reads, asked(refuses={"pricing:GetProducts": CloudError("busy")}), UNSURE, "busy", ""),
]


@pytest.mark.parametrize(
    ("check", "it", "state", "text", "hint"),
    CASES,
    ids=[f"{check.__module__.rpartition('.')[2]}-{text[:30]}" for check, _, _, text, _ in CASES],
)
def test_a_check(check: Check, it: Situation, state: str, text: str, hint: str) -> None:
    """It tells the state, what was found, and the next step where there is one."""
    found = check(it)
    assert (found.state, text in found.text) == (state, True), found
    assert found.hint.startswith(hint), found
    assert bool(found.hint) == bool(hint), found


def test_the_launch_that_is_tried_is_the_real_one() -> None:
    """Tags of the user and of ours, the disk, its key, the place: what an account's rules look at."""
    account = FakeAccount()
    others = OtherValues(tags={"cost": "42"}, kms_key_id="arn:aws:kms:key", zone="us-east-1b")
    rights.hosts(situation(account, others=others, market="spot"))
    (request,) = account.requests
    assert (request.image_id, request.instance_type, request.disk_gb) == ("ami-1", "g4dn.xlarge", 128)
    assert (request.kms_key_id, request.zone, request.spot) == ("arn:aws:kms:key", "us-east-1b", True)
    assert request.tags == {
        "cost": "42",
        "Name": "gpuinfra-default",
        "gpuinfra:project": "gpuinfra",
        "gpuinfra:stack": "default",
        "gpuinfra:owner": "tester",
    }


def test_names_of_files_are_shown_as_they_are() -> None:
    """A key that is not looked at says why: the file cannot be read."""
    found = here.key(situation(trouble=TFVARS, file=Path("terraform.tfvars")))
    assert found.text == "not looked at: terraform.tfvars cannot be read"
