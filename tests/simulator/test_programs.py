"""What set-up says, asks and installs where programs are missing."""

import pytest

from gpuinfra.simulator import programs

TWO = {"mmdebstrap": "mmdebstrap", "nft": "nftables"}
INSTALL = [
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
]


class FakeMachine(programs.ProgramHost):
    """A machine that installs nothing, and notes what it was told to do."""

    def __init__(
        self,
        *,
        root: bool = False,
        terminal: bool = False,
        answer: bool = True,
        on_path: str = "apt-get sudo",
    ) -> None:
        self.is_root, self.has_terminal, self.may_install = root, terminal, True
        self.answer, self.on_path = answer, on_path.split()
        self.unknown = ""
        self.asked: list[str] = []
        self.ran: list[list[str]] = []
        self.said: list[str] = []

    def has(self, program: str) -> bool:
        return program in self.on_path

    def agrees(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer

    def run(self, command: list[str]) -> bool:
        self.ran.append(command)
        return True

    def knows(self, package: str) -> bool:
        return package != self.unknown

    def install(self, missing: dict[str, str]) -> list[list[str]]:
        """Set up; return the commands that changed the machine."""
        programs.install(missing, self, self.said.append)
        return self.ran


def test_a_person_is_asked_and_only_what_is_missing_is_named() -> None:
    """At a terminal a plain user is asked once, and sudo is used."""
    machine = FakeMachine(terminal=True)
    assert machine.install(TWO)[-1] == ["sudo", *INSTALL, "mmdebstrap", "nftables"]
    assert machine.asked == ["two programs are missing: mmdebstrap, nft. Install them now?"]


def test_one_program_is_asked_for_in_the_singular() -> None:
    """One missing program is "it", and ten are a number."""
    assert programs.question(["nft"]) == "one program is missing: nft. Install it now?"
    assert programs.question(list("abcdefghij")).startswith("10 programs are missing: a, b,")


def test_who_says_no_gets_one_line_to_copy() -> None:
    """A no changes nothing; the line to type later is said."""
    machine = FakeMachine(terminal=True, answer=False)
    assert machine.install(TWO) == []
    assert machine.said == ["missing: mmdebstrap, nft. To install: sudo apt-get install mmdebstrap nftables"]


def test_root_without_a_terminal_installs_and_says_so() -> None:
    """In a container nobody can be asked: it is done, without sudo, and said with the way to forbid it."""
    machine = FakeMachine(root=True)
    assert machine.install(TWO) == [["apt-get", "update", "-qq"], [*INSTALL, "mmdebstrap", "nftables"]]
    assert machine.asked == []
    assert "GPUINFRA_NO_INSTALL=1 forbids it" in machine.said[0]


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_is_installed_where_that_is_forbidden(terminal: bool) -> None:
    """With GPUINFRA_NO_INSTALL nobody is asked and root installs nothing; no sudo is told to root."""
    machine = FakeMachine(root=True, terminal=terminal)
    machine.may_install = False
    assert machine.install(TWO) == []
    assert machine.asked == []
    assert machine.said == ["missing: mmdebstrap, nft. To install: apt-get install mmdebstrap nftables"]


@pytest.mark.parametrize(
    ("on_path", "terminal", "line"),
    [
        ("apt-get sudo", False, "To install: sudo apt-get install nftables"),
        ("apt-get", False, "To install, as root: apt-get install nftables"),
        ("apt-get", True, "To install, as root: apt-get install nftables"),
    ],
)
def test_a_plain_user_who_cannot_be_asked_is_told(on_path: str, terminal: bool, line: str) -> None:
    """A script never waits for a password; without sudo there is nothing to ask."""
    machine = FakeMachine(on_path=on_path, terminal=terminal)
    assert machine.install({"nft": "nftables"}) == []
    assert machine.asked == []
    assert machine.said == [f"missing: nft. {line}"]


def test_a_package_that_apt_does_not_know_keeps_no_other_from_being_installed() -> None:
    """Ubuntu has no chromium-driver; apt-get would install nothing at all."""
    machine = FakeMachine(root=True)
    machine.unknown = "chromium-driver"
    assert machine.install({**TWO, "chromedriver": "chromium-driver"})[-1][-2:] == ["mmdebstrap", "nftables"]


def test_another_system_than_debian_is_left_alone() -> None:
    """Without apt-get nothing is asked and nothing said: who needs the programs says so."""
    machine = FakeMachine(root=True, terminal=True, on_path="sudo")
    assert machine.install(TWO) == []
    assert machine.said == machine.asked == []


def test_tests_need_more_programs_than_a_lab(tmp_path: object) -> None:
    """A browser and rsync are for the tests; user namespaces' helpers are for those who are not root."""
    path = str(tmp_path)
    assert "rsync" not in programs.missing(path, root=True)
    assert {"rsync", "chromedriver"} <= programs.missing(path, root=True, tests=True).keys()
    assert "newuidmap" in programs.missing(path, root=False)
    assert "newuidmap" not in programs.missing(path, root=True)
