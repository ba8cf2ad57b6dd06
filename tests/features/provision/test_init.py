"""`init`: what is written, and what is never written over."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.boot.user_data import UserData
from gpuinfra.features.provision.init import (
    DEFAULT_TYPE,
    InitValues,
    ensure,
    init,
    owner_of,
    project_of,
    type_question,
)
from gpuinfra.ground.errors import Declined
from gpuinfra.ground.model import Outcome
from gpuinfra.ground.paths import Project
from gpuinfra.ground.world import World
from gpuinfra.tools.terraform import declared
from tests.fakes.host import fake_world
from tests.fakes.world import FakeReporter, FakeStackFiles, FakeTerraform, FakeValues


def answers() -> InitValues:
    """Return answers that are all there."""
    return InitValues(
        region=lambda: "eu-west-1",
        owner=lambda: "ada",
        cidr=lambda: "203.0.113.7/32",
        public_key=lambda: Path("/keys/id.pub"),
    )


def never() -> InitValues:
    """Return answers that must not be asked for: each of them costs something."""

    def refuse() -> str:
        raise AssertionError("asked before it was clear that anything would be written")

    return InitValues(
        region=refuse, owner=refuse, cidr=refuse, public_key=lambda: Path(refuse()), instance_type=refuse
    )


def test_a_first_file_is_written_and_told(tmp_path: Path) -> None:
    """The file gets the caller's own address and key, and the user reads what was chosen."""
    values, reporter = FakeValues(exists=False), FakeReporter()
    files, terraform = FakeStackFiles(tmp_path), FakeTerraform(Outcome(ok=True))
    files.name = "b"
    world = fake_world(tmp_path, values=values, reporter=reporter, files=files, terraform=terraform)
    init(world, answers(), force=False)
    (written,) = values.written
    assert written == {
        "stack": "b",
        "owner": "ada",
        "region": "eu-west-1",
        "allowed_cidrs": ["203.0.113.7/32"],
        "public_key_path": "/keys/id.pub",
        "project": project_of(tmp_path.name),
    }
    assert reporter.asked == []
    assert terraform.calls == [("init",)]
    assert reporter.said[-1] == "next: edit it if you like, then gpuinfra up --stack b"
    assert "  region eu-west-1, ssh from 203.0.113.7/32 only" in reporter.said


@pytest.mark.parametrize("own", ["", "test.py", "test/__init__.py"])
def test_a_project_gets_a_test_of_its_gpus(own: str, tmp_path: Path) -> None:
    """`python -m test` finds the shipped one; a test.py or a package `test` of the user's stays as it is."""
    if own:
        (tmp_path / own).parent.mkdir(exist_ok=True)
        (tmp_path / own).write_text("mine")
    reporter = FakeReporter()
    init(fake_world(tmp_path, values=FakeValues(exists=False), reporter=reporter), answers(), force=False)
    shipped = Path(__file__).resolve().parents[3] / "test.py"
    written = tmp_path / "test.py"
    if own:
        assert (tmp_path / own).read_text() == "mine"
    assert written.exists() == (own != "test/__init__.py")
    assert own or written.read_bytes() == shipped.read_bytes()
    assert any("wrote test.py" in line for line in reporter.said) == (not own)


def test_a_type_that_was_said_is_written(tmp_path: Path) -> None:
    """None said: the file keeps that of the example, which is what the question offers."""
    values = FakeValues(exists=False)
    said = dataclasses.replace(answers(), instance_type=lambda: "g5.xlarge")
    init(fake_world(tmp_path, values=values), said, force=False)
    assert values.written[0]["instance_type"] == "g5.xlarge"
    example = Path(__file__).resolve().parents[3] / "terraform/terraform.tfvars.example"
    assert f'instance_type = "{DEFAULT_TYPE}"' in example.read_text(encoding="utf-8")


def test_the_types_to_choose_from() -> None:
    """One line for each GPU, the least memory first, the smallest type that has it whole."""
    lines = type_question().splitlines()
    assert lines[1].split() == ["g4dn.xlarge", "1", "T4", "16", "GiB"]
    assert sum(line.startswith("g5.") for line in lines) == 1
    assert not [line for line in lines if line.startswith(("g6f.", "g5g."))]  # a part of a GPU; arm64


def test_a_project_without_environment_yml_is_told(tmp_path: Path) -> None:
    """Before a host is asked for; the file may come later."""
    world = fake_world(tmp_path, values=FakeValues(exists=False))
    world = dataclasses.replace(world, user_data=UserData(FakeStackFiles(tmp_path), Project(root=tmp_path)))
    init(world, answers(), force=False)
    assert f"{tmp_path}/environment.yml is missing: it names what is installed on the host" in said(world)


def said(world: World) -> list[str]:
    """Return what was told."""
    assert isinstance(world.reporter, FakeReporter)
    return world.reporter.said


def test_an_existing_file_is_kept_on_no(tmp_path: Path) -> None:
    """Nothing is found out and nothing written."""
    values, reporter = FakeValues(exists=True), FakeReporter(answer=False)
    with pytest.raises(Declined, match="left as it is"):
        init(fake_world(tmp_path, values=values, reporter=reporter), never(), force=False)
    assert (values.written, len(reporter.asked)) == ([], 1)
    assert reporter.options == ["--force"]  # what this command calls its yes


@pytest.mark.parametrize(("force", "questions"), [(False, 1), (True, 0)])
def test_an_existing_file_is_replaced_on_yes_or_force(force: bool, questions: int, tmp_path: Path) -> None:
    """Asked, unless --force said so."""
    values, reporter = FakeValues(exists=True), FakeReporter(answer=True)
    init(fake_world(tmp_path, values=values, reporter=reporter), answers(), force=force)
    assert (len(values.written), len(reporter.asked)) == (1, questions)


@pytest.mark.parametrize("exists", [True, False])
def test_a_first_command_sets_the_stack_up(exists: bool, tmp_path: Path) -> None:
    """`up` and `plan` work in a fresh clone; what is there is neither asked about nor touched."""
    values, reporter = FakeValues(exists=exists), FakeReporter()
    ensure(fake_world(tmp_path, values=values, reporter=reporter), never() if exists else answers())
    assert (len(values.written), reporter.asked) == (0 if exists else 1, [])


@pytest.mark.parametrize(
    ("login", "owner"),
    [
        ("Ada", "ada"),
        ("1ralf", "ralf"),
        ("DOM\\ada_l", "dom-ada-l"),
        ("_www_", "www"),
        ("123", "me"),
        ("caf\u00e9", "caf"),
        ("a" * 70, "a" * 64),
    ],
)
def test_a_login_name_becomes_an_owner(login: str, owner: str) -> None:
    """One that Terraform takes: what `init` writes by itself is never refused."""
    assert owner_of(login) == owner
    root = Path(__file__).resolve().parents[3] / "terraform"
    found = declared.variables([root / "variables.tf"], module=[root / "modules" / "host" / "variables.tf"])
    assert declared.refusal("owner", owner_of(login), found) == ""


@pytest.mark.parametrize(
    ("folder", "project"),
    [
        ("train", "train"),
        ("My Models_2", "my-models-2"),
        ("2024", "project"),
        ("x" * 40, "x" * 32),
        ("a-", "a"),
    ],
)
def test_a_directory_is_a_project_of_its_own(folder: str, project: str, tmp_path: Path) -> None:
    """By its tag: a second project of one user must not find the host of the first for its own."""
    values = FakeValues(exists=False)
    (tmp_path / folder).mkdir()
    world = dataclasses.replace(fake_world(tmp_path, values=values), project=Project(root=tmp_path / folder))
    init(world, answers(), force=False)
    assert values.written[0]["project"] == project
    root = Path(__file__).resolve().parents[3] / "terraform"
    found = declared.variables([root / "variables.tf"], module=[root / "modules" / "host" / "variables.tf"])
    assert declared.refusal("project", project, found) == ""


def test_a_clone_keeps_the_project_of_the_example(tmp_path: Path) -> None:
    """As it was: its hosts are found by it."""
    (tmp_path / "terraform/modules/host").mkdir(parents=True)
    (tmp_path / "terraform/main.tf").touch()
    values = FakeValues(exists=False)
    init(fake_world(tmp_path, values=values), answers(), force=False)
    assert "project" not in values.written[0]
