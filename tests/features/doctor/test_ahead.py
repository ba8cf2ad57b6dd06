"""What is certain of an account ends `up` before anything is made; what is not known ends nothing."""

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.doctor.ahead import AccountCheck
from gpuinfra.ground.account_facts import AccountPlan, LaunchValues
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Record
from tests.fakes.account import G4DN, FakeAccount
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, SETTINGS, FakeReporter, FakeValues
from tests.features.doctor.situations import denied
from tests.waiting import PATIENCE_S

NO_HOST = Record()
DENIED = FakeAccount(
    launch_refusal=denied("ec2:RunInstances"),
    may={"iam:PassRole": "implicitDeny"},
)
TRIED = (
    "; `up` goes on all the same: a trial lacks what is made with the host; next: ask your AWS administrator"
)


def check(directory: Path, account: FakeAccount, *, record: Record = NO_HOST, **options: Any) -> AccountCheck:
    """Return the check of an account, for a stack without a host."""
    world = fake_world(directory, account_reader=lambda *_: account, reporter=FakeReporter())
    return AccountCheck(world, SETTINGS, record, **options)


@pytest.mark.parametrize(
    ("account", "text", "hint"),
    [
        (FakeAccount(of_plan=AccountPlan(kind="FREE")), "free plan has no g4dn.xlarge", "aws freetier"),
        (FakeAccount(status="PENDING_ACTIVATION"), "AWS has not verified it", "https://portal"),
        (FakeAccount(offers={}), "EC2 has no type g4dn.xlarge", "gpuinfra prices"),
        (FakeAccount(shown=None), "shows this account no image nvidia", "set image"),
    ],
)
def test_what_is_certain_is_refused(account: FakeAccount, text: str, hint: str, tmp_path: Path) -> None:
    """In words, with the one next step."""
    with pytest.raises(CloudError, match=f"this host cannot be had: .*{text}") as caught:
        check(tmp_path, account).refuse()
    assert caught.value.hint.startswith(hint)


def test_a_gpu_that_the_driver_cannot_serve_is_refused(tmp_path: Path) -> None:
    """The host would be made, and paid for, and its GPU would not work."""
    settings = dataclasses.replace(SETTINGS, instance_type="p3.2xlarge", image="aws-nvidia")
    account = FakeAccount(offers={"p3.2xlarge": dataclasses.replace(G4DN, name="p3.2xlarge")})
    world = fake_world(tmp_path, account_reader=lambda *_: account, reporter=FakeReporter())
    with pytest.raises(CloudError, match="needs NVIDIA's proprietary kernel modules"):
        AccountCheck(world, settings, NO_HOST).refuse()


def test_what_may_not_be_asked_refuses_nothing(tmp_path: Path) -> None:
    """A missing right is no lack: AWS will say so itself."""
    refused = {name: denied(name) for name in ("plan", "offer", "image")}
    check(tmp_path, FakeAccount(refuses=refused)).refuse()


def test_a_host_that_is_there_is_not_asked_for(tmp_path: Path) -> None:
    """AWS has given it already."""
    account = FakeAccount(of_plan=AccountPlan(kind="FREE"))
    check(tmp_path, account, record=RECORDED).refuse()
    assert account.asked == []


def test_nobody_waits_for_aws(tmp_path: Path) -> None:
    """What is not told in time refuses nothing."""
    hangs = threading.Event()

    class Silent(FakeAccount):
        def plan(self) -> AccountPlan:
            hangs.wait(PATIENCE_S)
            return AccountPlan(kind="FREE")

    check(tmp_path, Silent(), patience_s=0.05).refuse()
    hangs.set()


def test_plan_only_tells(tmp_path: Path) -> None:
    """Nothing would be made: it is said, and the plan is shown."""
    reporter = FakeReporter()
    account = FakeAccount(of_plan=AccountPlan(kind="FREE"))
    world = fake_world(tmp_path, account_reader=lambda *_: account, reporter=reporter)
    AccountCheck(world, SETTINGS, Record()).tell()
    (line,) = reporter.said
    assert line.startswith("! this host cannot be had: AWS's free plan has no g4dn.xlarge; next: aws")


def said(directory: Path, account: FakeAccount, tell: Callable[[AccountCheck], None]) -> list[str]:
    """Return what is said of an account, for a stack with a tag of the user's."""
    reporter = FakeReporter()
    values = FakeValues()
    values.for_launch = LaunchValues(tags={"cost": "42"})
    world = fake_world(directory, account_reader=lambda *_: account, reporter=reporter, values=values)
    tell(AccountCheck(world, SETTINGS, Record()))
    return reporter.said


@pytest.mark.parametrize("tell", [AccountCheck.tell, AccountCheck.refuse])
def test_missing_rights_are_told_and_refuse_nothing(
    tell: Callable[[AccountCheck], None], tmp_path: Path
) -> None:
    """A dry run cannot name what is not made yet: a rule that asks for it allows the launch."""
    ec2, iam = said(tmp_path, DENIED, tell)
    assert ec2.startswith(f"! you may not do ec2:RunInstances{TRIED} to allow ec2:RunInstances")
    assert iam.startswith(f"! IAM says that you may not do iam:PassRole{TRIED} to allow iam:PassRole")
    assert DENIED.requests[-1].tags["cost"] == "42"


@pytest.mark.parametrize(
    "account",
    [
        FakeAccount(),
        FakeAccount(refuses={"simulate": denied("iam:Simulate")}),
        FakeAccount(launch_refusal=CloudError("odd"), places=None),
    ],
    ids=["all is allowed", "not sure", "no rights are the cause"],
)
def test_what_is_not_known_to_be_missing_is_not_told(account: FakeAccount, tmp_path: Path) -> None:
    """Nobody learns anything from `not sure` there; other causes are Terraform's and EC2's to tell."""
    assert [line for line in said(tmp_path, account, AccountCheck.tell) if "all the same" in line] == []


def test_one_cause_is_told_once(tmp_path: Path) -> None:
    """An account that can have no such host at all has no need to hear of rights."""
    account = dataclasses.replace(DENIED, of_plan=AccountPlan(kind="FREE"))
    (line,) = said(tmp_path, account, AccountCheck.tell)
    assert "free plan" in line
