"""The command lines that python-terraform builds for us, seen by a program in its place: over 200 lines."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from gpuinfra.ground.errors import TerraformError
from gpuinfra.ground.model import AttributeChange, Change, Progress
from gpuinfra.tools.terraform.runner import TerraformCli

# Notes its arguments, prints what lies in `answer`, ends with the code in `code`.
RECORDER = """\
#!{python}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as log:
    given = sorted(f"{{k}}={{v}}" for k, v in os.environ.items() if k.startswith("TF_VAR_"))
    log.write(json.dumps(sys.argv[1:] + given) + "\\n")
if sys.argv[1] == "init":
    pathlib.Path(".terraform").mkdir(exist_ok=True)
read = lambda name, default: (here / name).read_text() if (here / name).exists() else default
sys.stdout.write(read("answer", ""))
sys.exit(int(read("code", "0")))
"""


class Recorder:
    """A stand-in for the program."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program = directory / "terraform"
        self.program.write_text(RECORDER.format(python=sys.executable))
        self.program.chmod(0o755)

    def calls(self) -> list[list[str]]:
        """Return the arguments of each start since the last call."""
        log = self.directory / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    def answer(self, text: str, code: int = 0) -> None:
        """Set what it prints, and its exit code."""
        (self.directory / "answer").write_text(text)
        (self.directory / "code").write_text(str(code))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """A program in Terraform's place."""
    (tmp_path / "bin").mkdir()
    return Recorder(tmp_path / "bin")


@pytest.fixture
def make(recorder: Recorder, tmp_path: Path) -> Callable[[], TerraformCli]:
    """Make the adapter, in a directory with a space and a quote in its name."""
    directory = tmp_path / "my stack's"
    directory.mkdir()
    (directory / "main.tf").write_text("")
    env = {"PATH": os.environ["PATH"]}
    return lambda: TerraformCli(
        binary=recorder.program,
        directory=directory,
        env=env,
        credentials=lambda env, _: nullcontext(env),
        on_interrupt=lambda _: None,
        on_warning=print,
    )


def ignore(_: Progress) -> None:
    """Take a step."""


def test_apply_in_one_go(recorder: Recorder, make: Callable[[], TerraformCli]) -> None:
    """Machine-readable, never asking; --replace and --target once for each address."""
    make().apply(None, replace=["a.b"], target=['m.r["x y"]', "m.s"], on_progress=ignore)
    (call,) = recorder.calls()
    assert call[0] == "apply"
    assert sorted(call[1:]) == sorted(
        ["-auto-approve", "-input=false", "-json", "-replace=a.b", '-target=m.r["x y"]', "-target=m.s"]
    )


def test_apply_of_a_saved_plan(recorder: Recorder, make: Callable[[], TerraformCli], tmp_path: Path) -> None:
    """The plan comes last; nothing that a saved plan does not take."""
    make().apply(tmp_path / "the plan", replace=[], target=[], on_progress=ignore)
    (call,) = recorder.calls()
    assert call[-1] == str(tmp_path / "the plan")
    assert sorted(call[1:-1]) == ["-input=false", "-json"]


def test_plan_and_destroy(recorder: Recorder, make: Callable[[], TerraformCli], tmp_path: Path) -> None:
    """No option of 2019: -force and a detailed exit code would fail."""
    made = make()
    made.plan(tmp_path / "p", replace=["a.b"], on_progress=ignore)
    made.destroy(instead={}, on_progress=ignore)
    plan, destroy = recorder.calls()
    assert (plan[0], sorted(plan[1:])) == (
        "plan",
        ["-input=false", "-json", f"-out={tmp_path / 'p'}", "-replace=a.b"],
    )
    assert (destroy[0], sorted(destroy[1:])) == ("destroy", ["-auto-approve", "-input=false", "-json"])


def test_refresh_changes_the_state_alone(recorder: Recorder, make: Callable[[], TerraformCli]) -> None:
    """It is an apply that may only write what AWS shows into the state."""
    make().refresh(on_progress=ignore)
    (call,) = recorder.calls()
    assert (call[0], sorted(call[1:])) == (
        "apply",
        ["-auto-approve", "-input=false", "-json", "-refresh-only"],
    )


def test_no_variables_are_passed(
    recorder: Recorder, make: Callable[[], TerraformCli], tmp_path: Path
) -> None:
    """terraform.tfvars is the only home of values: no file of python-terraform's stands over it."""
    make().apply(None, replace=[], target=[], on_progress=ignore)
    make().plan(tmp_path / "p", replace=[], on_progress=ignore)
    assert not [a for call in recorder.calls() for a in call if a.startswith(("-var", "-state"))]


def test_init_runs_when_the_configuration_has_changed(
    recorder: Recorder, make: Callable[[], TerraformCli], tmp_path: Path
) -> None:
    """Once; then again after an edit of a .tf file or of the lock."""
    directory = tmp_path / "my stack's"
    made = make()
    made.init()
    made.init()
    assert [c[0] for c in recorder.calls()] == ["init"]
    for name in ("main.tf", "extra.tf", ".terraform.lock.hcl"):
        (directory / name).write_text("# new")
        made.init()
        made.init()
        assert [c[0] for c in recorder.calls()] == ["init"], name


def test_a_failed_init_is_tried_again(recorder: Recorder, make: Callable[[], TerraformCli]) -> None:
    """And says what Terraform said; where the lock has gone, how to get it back."""
    failure = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No", "detail": "net"}}
    recorder.answer(json.dumps(failure) + "\n", code=1)
    for _ in range(2):
        with pytest.raises(TerraformError, match="terraform init failed: No: net") as caught:
            make().init()
        assert caught.value.hint.startswith("git checkout -- terraform/.terraform.lock.hcl")
    assert len(recorder.calls()) == 2


def test_details(recorder: Recorder, make: Callable[[], TerraformCli], tmp_path: Path) -> None:
    """A plan's changes, attribute by attribute; what forces a replacement is marked."""
    changes = [
        change("a.edit", ["update"], {"size": 1, "same": 2}, {"size": 3, "same": 2}),
        change("a.new_id", ["delete", "create"], {"id": "x", "zone": "a"}, {"zone": "b"}, id=True),
        change("a.same", ["no-op"], {}, {}),
        change("a.read", ["read"], {}, {}, mode="data"),
        change("terraform_data.note", ["create"], {}, {"input": "x"}),
    ]
    recorder.answer(json.dumps({"resource_changes": changes}))
    assert make().details(tmp_path / "p") == (
        Change(
            address="a.edit",
            action="update",
            attributes=(AttributeChange(name="size", before="1", after="3"),),
        ),
        Change(
            address="a.new_id",
            action="replace",
            attributes=(
                AttributeChange(name="id", before="x", after="(known after apply)"),
                AttributeChange(name="zone", before="a", after="b", forces_replacement=True),
            ),
        ),
    )


def change(
    address: str,
    actions: list[str],
    before: dict[str, object],
    after: dict[str, object],
    *,
    mode: str = "managed",
    **unknown: bool,
) -> dict[str, object]:
    """Return a change as `terraform show -json` writes it."""
    inner = {"actions": actions, "before": before, "after": after, "after_unknown": unknown}
    paths = {"replace_paths": [["zone"]]} if "create" in actions else {}
    kind = address.split(".")[-2]
    return {"address": address, "type": kind, "mode": mode, "change": {**inner, **paths}}


def test_a_damaged_state_does_not_stop_the_adapter(make: Callable[[], TerraformCli], tmp_path: Path) -> None:
    """The original reads the state when it is made, and fails before anyone can explain."""
    (tmp_path / "my stack's" / "terraform.tfstate").write_text("{")
    make()
