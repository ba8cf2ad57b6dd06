"""A directory that the user did not set up with this program runs nothing before they have said so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra import factory
from gpuinfra.features.trust.trust import ask, trust
from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.quick import connection, dispatch
from tests.fakes.world import FakeReporter
from tests.samples import STATE

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment that names no project."""
    return {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def project(root: Path) -> Path:
    """Return what looks like a clone, with a recorded host."""
    (root / "terraform/modules/host").mkdir(parents=True)
    (root / "terraform/main.tf").touch()
    (root / "terraform/terraform.tfstate").write_text(STATE)
    return root


def gpuinfra(here: Path, env: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command there, without a terminal."""
    code = "from gpuinfra.__main__ import main; main()"
    argv = [sys.executable, "-P", "-c", code, *words]
    return subprocess.run(argv, cwd=here, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_a_foreign_project_is_asked_about_once(tmp_path: Path, env: dict[str, str]) -> None:
    """A yes is kept, for its owner only; the question names the directory and what it means."""
    foreign, record = project(tmp_path / "foreign"), factory.trusted_projects(env)
    reporter = FakeReporter(at_terminal=True)
    ask(foreign, record, reporter)
    assert reporter.asked == [
        f"{foreign} is a gpuinfra project that is new to you: its Terraform and scripts run with your AWS"
        " credentials. Trust it?"
    ]
    assert locations.is_trusted(str(foreign), env)
    assert not locations.is_trusted(str(project(tmp_path / "foreign/inner")), env)
    assert not locations.is_trusted(str(project(tmp_path / "foreign2")), env)
    assert (record.path.stat().st_mode & 0o777, record.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    ask(foreign, record, reporter)
    assert record.path.read_text() == f"{foreign}\n"


@pytest.mark.parametrize("reporter", [FakeReporter(answer=False, at_terminal=True), FakeReporter()])
def test_a_no_and_no_terminal_are_refusals(
    reporter: FakeReporter, tmp_path: Path, env: dict[str, str]
) -> None:
    """The words name the one command that trusts it, quoted for a shell."""
    foreign = project(tmp_path / "a b")
    with pytest.raises(ConfigError, match="that you have not trusted") as caught:
        ask(foreign, factory.trusted_projects(env), reporter)
    assert caught.value.hint == f"gpuinfra trust '{foreign}'"
    assert not locations.is_trusted(str(foreign), env)


def test_what_the_user_named_and_what_is_ours_is_trusted(tmp_path: Path, env: dict[str, str]) -> None:
    """GPUINFRA_PROJECT is the user's own word; the clone that this program belongs to needs none."""
    foreign = project(tmp_path / "foreign")
    assert not locations.is_trusted(str(foreign), env)
    assert locations.is_trusted(str(foreign), {**env, "GPUINFRA_PROJECT": str(foreign)})
    assert locations.is_trusted(str(ROOT), env)
    (tmp_path / "link").symlink_to(ROOT)
    assert locations.is_trusted(str(tmp_path / "link"), env)


def test_trust_is_of_the_real_directory(tmp_path: Path, env: dict[str, str]) -> None:
    """A link to a trusted project is that project; a link that is turned elsewhere is another."""
    mine, theirs = project(tmp_path / "mine"), project(tmp_path / "theirs")
    link = tmp_path / "link"
    link.symlink_to(mine)
    (mine / "src").mkdir()
    assert trust(link / "src", factory.trusted_projects(env)) == mine
    assert locations.is_trusted(str(link), env)
    link.unlink()
    link.symlink_to(theirs)
    assert not locations.is_trusted(str(link), env)


@pytest.mark.parametrize("name", ["x\n/", "x\r", "x\udcff"])
def test_a_name_cannot_be_two_lines_of_the_record(name: str, tmp_path: Path, env: dict[str, str]) -> None:
    """A directory's name must not trust another; odd bytes are kept as they are."""
    foreign, record = project(tmp_path / name / "p"), factory.trusted_projects(env)
    if "\n" in name:
        with pytest.raises(ConfigError, match="line break"):
            record.add(foreign)
    else:
        record.add(foreign)
    assert locations.is_trusted(str(foreign), env) == ("\n" not in name)


@pytest.mark.parametrize(
    "words",
    [
        ("ip",),
        ("ssh", "--", "true"),
        ("run", "true"),
        ("sync",),
        ("status",),
        ("list",),
        ("up", "--yes"),
        ("down",),
    ],
)
def test_every_command_is_refused_in_a_foreign_directory(
    words: tuple[str, ...], tmp_path: Path, env: dict[str, str]
) -> None:
    """The quick ways too; nothing is printed but the refusal."""
    foreign = project(tmp_path / "foreign")
    done = gpuinfra(foreign / "terraform", env, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"  next: gpuinfra trust {foreign}\n"), done.stderr


def test_the_quick_ways_leave_a_foreign_directory_alone(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They look for no state, and ask no ssh, there; once it is trusted they do."""
    foreign = project(tmp_path / "foreign")
    monkeypatch.chdir(foreign)
    assert not dispatch.try_quick(["ip"], env)
    assert not connection.connected(env)
    assert gpuinfra(foreign, env, "trust").stdout == f"{foreign}\n"
    assert gpuinfra(foreign, env, "ip").stdout == "52.1.2.3\n"


def test_trust_needs_a_project(tmp_path: Path, env: dict[str, str]) -> None:
    """It never falls back on the program's own."""
    with pytest.raises(ConfigError, match="no gpuinfra project at or above"):
        trust(tmp_path, factory.trusted_projects(env))
