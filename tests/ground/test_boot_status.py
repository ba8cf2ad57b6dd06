"""What a host says of itself is believed only as far as it can be true."""

import json

import pytest

from gpuinfra.ground import boot_status
from gpuinfra.ground.boot_status import Boot, BootStep

BOOT_ID = "11111111-2222-3333-4444-555555555555"
STATUS = {
    "schema": 1,
    "state": "running",
    "step": "env-conda",
    "attempt": 2,
    "message": "conda env create failed (rc 1), try 2 of 4",
    "rc": None,
    "permanent": False,
    "error": "",
    "step_started_at": "2026-11-23T06:00:00Z",
    "boot_id": BOOT_ID,
    "environment": "gpu",
    "prefix": "/home/ubuntu/miniconda3/envs/gpu",
    "gpu": "nvidia",
    "steps": ["preflight", "env-conda", "verify"],
    "steps_ms": {"preflight": 1500},
}


def look(*, unit: str = "start", boot_id: str = BOOT_ID, begun: str = "7", **changes: object) -> str:
    """Return what one look at a host prints."""
    made_of = f"made-of {changes.pop('made_of')}  environment.yml" if "made_of" in changes else ""
    status = json.dumps({**STATUS, **changes})
    named = [f"begun {begun}", made_of]
    return "\n".join([status, boot_id, unit, "2026-11-23T06:01:00Z", *named])


def test_a_running_bootstrap_shows_its_steps_and_seconds() -> None:
    """What is done has its seconds; the present step has its message."""
    found = boot_status.parse(look())
    assert (found.state, found.step, found.attempt, found.ended) == ("running", "env-conda", 2, False)
    assert found.steps == (
        BootStep(name="preflight", seconds=1.5),
        BootStep(name="env-conda"),
        BootStep(name="verify"),
    )


@pytest.mark.parametrize("changes", [{"boot_id": "another"}, {"unit": "auto-restart"}, {"unit": "dead"}])
def test_running_is_a_lie_after_a_reboot_or_a_kill(changes: dict[str, str]) -> None:
    """A status file that was never finished is told as interrupted, and watching goes on."""
    found = boot_status.parse(look(**changes))
    assert (found.state, found.ended) == ("interrupted", False)


@pytest.mark.parametrize("changes", [{"boot_id": "another"}, {"begun": "0"}])
def test_a_proof_of_an_earlier_boot_is_none(changes: dict[str, str]) -> None:
    """A host that was started may have another GPU: it is ready once it has checked itself again."""
    assert boot_status.parse(look(state="done", rc=0, **changes)).state == "waiting"


@pytest.mark.parametrize("text", ["", "\n", "no json", '{"schema": 2, "state": "done"}', "[1]"])
def test_what_cannot_be_read_has_not_begun(text: str) -> None:
    """An absent, broken or foreign status file is no status."""
    assert boot_status.parse(f"{text}\n{BOOT_ID}\ndead\n") == Boot(state="waiting")


def test_only_a_permanent_failure_ends_the_wait() -> None:
    """A transient failure is tried again by the host itself, so watching goes on."""
    assert boot_status.parse(look(state="failed", rc=75, permanent=True)).ended
    assert not boot_status.parse(look(state="failed", rc=75, permanent=False)).ended
    assert boot_status.parse(look(state="done", rc=0)).ended


@pytest.mark.parametrize(
    ("gpu", "seen", "says"),
    [
        ("lost 3 of 4 GPUs answer: no handle", 4, "3 of 4 GPUs answer: no handle"),
        ("unfit Driver/library version mismatch", 4, "Driver/library version mismatch"),
        ("ok", 3, "3 of 4 GPUs answer"),
        ("", 0, "0 of 4 GPUs answer"),
        ("ok", 4, ""),
        ("", None, ""),
    ],
)
def test_a_host_that_lacks_a_gpu_is_not_ready(gpu: str, seen: int | None, says: str) -> None:
    """Done is not enough: a GPU lost since, or never there, fails it; an older host's status counts none."""
    found = boot_status.parse(f"{look(state='done', rc=0, gpus=seen)}\n{gpu and 'gpu ' + gpu}\n", gpus=4)
    assert (found.state, found.message if says else "") == ("failed" if says else "done", says)
    assert found.ended
    assert not says or found.step == "gpu"


def test_a_boot_that_failed_by_itself_keeps_its_own_reason() -> None:
    """The bootstrap's words are the nearer ones."""
    found = boot_status.parse(f"{look(state='failed', permanent=True, message='own')}\ngpu lost x\n", gpus=4)
    assert found.message == "own"


@pytest.mark.parametrize(
    ("state", "unit", "seen"),
    [
        ("running", "start", "running"),
        ("failed", "start", "running"),
        ("done", "start", "running"),
        ("failed", "dead", "failed"),
        ("running", "dead", "interrupted"),
        ("done", "dead", "interrupted"),
    ],
)
def test_a_build_has_ended_once_its_unit_has(state: str, unit: str, seen: str) -> None:
    """What it says last comes before it has put everything away; an end without a failure shows elsewhere."""
    assert boot_status.parse_apply(f"{look(state=state, unit=unit)}\nunit {unit}").state == seen


def test_a_build_that_has_said_nothing_yet_is_waited_for() -> None:
    """Between the start of its unit and the first step."""
    assert boot_status.parse_apply(f"\n{BOOT_ID}\nstart\n\nunit start").state == "waiting"
    assert boot_status.parse_apply(f"\n{BOOT_ID}\ndead\n\nunit dead").state == "interrupted"


def test_the_files_of_a_host_have_the_names_that_they_have_here() -> None:
    """Of whatever else the host says there nothing is taken."""
    lines = (
        "made-of aa  environment.yml",
        "made-of bb  /var/lib/gpuinfra/env/lock.txt",
        "made-of cc  startup",
    )
    seen = boot_status.parse("\n".join([look(), *lines, "made-of dd  passwd", "made-of", "made-of x"]))
    assert seen.made_of == {"environment.yml": "aa", "environment.lock": "bb", "startup.sh": "cc"}
