"""All checks together: their order, what is told when nobody knows who asks, and the exit code."""

import threading

from gpuinfra.features.doctor.doctor import AT_AWS, HERE, examine
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE, Diagnosis, bad, ok, unsure
from gpuinfra.ground.account_facts import Caller, TypeOffer
from gpuinfra.ground.errors import CloudError, ConfigError
from tests.fakes.account import G4DN, FakeAccount, FakeMachine
from tests.fakes.world import FakeReporter
from tests.features.doctor.situations import denied, situation
from tests.waiting import PATIENCE_S


def states(found: Diagnosis) -> dict[str, str]:
    """Return the state of each line by name."""
    return {it.name: it.state for it in found.findings}


def test_a_sound_account() -> None:
    """All checks are there, in their order, each under its own name."""
    found = examine(situation(), FakeReporter())
    assert list(states(found)) == [*HERE, *AT_AWS]
    assert set(states(found).values()) == {OK}
    assert (found.exit_code, found.summary()) == (0, "nothing is known to be in the way of a host")


def test_nobody_knows_who_asks() -> None:
    """Without credentials that is the one cause; what was not looked at is one line."""
    nobody = Caller(refusal=CloudError("no AWS credentials were found", hint="aws configure"))
    found = examine(situation(FakeAccount(who=nobody)), FakeReporter())
    assert [name for name, state in states(found).items() if state == BAD] == ["credentials"]
    assert {states(found)[name] for name in AT_AWS} == {UNSURE}
    (line,) = [line for line in found.text().splitlines() if "AWS does not know who asks" in line]
    assert line.split("  ")[1].strip() == "12 checks"
    assert line.endswith(f": {', '.join(AT_AWS)}")
    assert found.exit_code == 4


def test_a_check_that_may_not_ask_is_not_sure() -> None:
    """One missing right costs one line, and no more."""
    refused = {
        "plan": denied("freetier:GetAccountPlanState"),
        "state": denied("account:GetAccountInformation"),
    }
    found = examine(situation(FakeAccount(refuses=refused)), FakeReporter())
    assert [name for name, state in states(found).items() if state != OK] == ["account", "plan"]
    assert {states(found)[name] for name in ("account", "plan")} == {UNSURE}
    assert found.exit_code == 0


def test_each_thing_is_asked_once() -> None:
    """Five checks read the type and four the image: AWS is asked for each once."""
    account = FakeAccount()
    examine(situation(account), FakeReporter())
    assert sorted(account.asked) == sorted(set(account.asked))


def test_checks_are_made_at_once() -> None:
    """A slow answer holds up no other check."""
    others_are_done = threading.Event()

    class SlowAccount(FakeAccount):
        def state(self) -> str:
            assert others_are_done.wait(PATIENCE_S)
            return "ACTIVE"

        def offer(self, instance_type: str) -> TypeOffer | None:
            others_are_done.set()
            return G4DN

    assert examine(situation(SlowAccount()), FakeReporter()).is_sound


def test_the_exit_code_tells_this_machine_from_aws() -> None:
    """2 for what is wrong here, 4 for what AWS would refuse; here comes first."""
    wrong = situation(FakeAccount(status="CLOSED"))
    assert examine(wrong, FakeReporter()).exit_code == 4
    trouble = FakeMachine(trouble=ConfigError("mode", hint="chmod"))
    both = situation(FakeAccount(status="CLOSED"), machine=trouble)
    assert examine(both, FakeReporter()).exit_code == 2


def test_as_text_and_as_plain_values() -> None:
    """A line each in columns, the next step below; the same as JSON."""
    found = Diagnosis(
        findings=(ok("ssh", "9.2"), bad("plan", "free", "aws freetier"), unsure("terms", "who knows"))
    )
    assert found.text().splitlines() == [
        "ok        ssh    9.2",
        "BAD       plan   free",
        "          next: aws freetier",
        "not sure  terms  who knows",
        "",
        "1 in the way of a host, 1 not sure",
    ]
    assert found.plain() == {
        "ok": False,
        "findings": [
            {"name": "ssh", "state": "ok", "text": "9.2", "hint": ""},
            {"name": "plan", "state": "bad", "text": "free", "hint": "aws freetier"},
            {"name": "terms", "state": "unsure", "text": "who knows", "hint": ""},
        ],
    }
