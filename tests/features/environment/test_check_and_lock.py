"""Checking and locking the environment: what is asked of whom, and what is left alone after an error."""

from pathlib import Path

import pytest

from gpuinfra.features.environment import lock_file
from gpuinfra.features.environment.check import check, env_check
from gpuinfra.features.environment.lock import env_lock
from gpuinfra.features.environment.lock_file import DEFAULT_ALIAS
from gpuinfra.features.environment.requirements import Line
from gpuinfra.features.environment.solution import LockedPackage, Solution, SolveRequest
from gpuinfra.ground.errors import ConfigError
from tests.fakes.host import fake_world
from tests.fakes.world import FakeReporter
from tests.features.environment.sample import SOUND

TORCH = LockedPackage(
    name="pytorch", version="2.7.0", build="cuda126_0", url="https://c/p.conda", sha256="ab" * 32, size=2**20
)


class FakeFiles:
    """The user's files, in memory."""

    alias = DEFAULT_ALIAS

    def __init__(self, text: str = SOUND, *, held: bytes | None = None, travels: str = "") -> None:
        self.text, self.held = text, held
        self.beside = frozenset(travels.split())
        self.written: list[str] = []

    def environment(self) -> bytes:
        """Return the text."""
        return self.text.encode()

    def travels(self) -> frozenset[str]:
        """Return the names."""
        return self.beside

    def requirement_lines(self) -> tuple[Line, ...]:
        """Return none."""
        return ()

    def lock(self) -> bytes | None:
        """Return the lock held."""
        return self.held

    def write_lock(self, text: str) -> Path:
        """Remember it."""
        self.written.append(text)
        return Path("environment.lock")


class FakeSolver:
    """Answers with one package, or not at all."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.questions: list[SolveRequest] = []

    def solve(self, question: SolveRequest) -> Solution:
        """Remember the question."""
        self.questions.append(question)
        if self.refusal:
            raise ConfigError(self.refusal)
        return Solution(cuda=question.cuda, packages=(TORCH,))


def no_cuda() -> str:
    """Stand for a reading of terraform.tfvars that must not happen."""
    raise AssertionError("nobody has to know the CUDA")


def test_without_solve_nothing_is_asked() -> None:
    """Offline: neither the channels nor the values of the stack."""
    checked = env_check(FakeFiles(), cuda=no_cuda)
    assert (checked.refusal, checked.solution, checked.lock) == (None, None, "none")


def test_what_plan_would_refuse_is_told(tmp_path: Path) -> None:
    """Files too long for user-data, or a secret in one: the check does not say OK to them."""
    world = fake_world(tmp_path)
    assert check(world, FakeFiles(), None, cuda="").refusal is None
    world.user_data.refusal = ConfigError("user-data is 20,000 bytes")  # type: ignore[attr-defined]
    found = check(world, FakeFiles(), None, cuda="")
    with pytest.raises(ConfigError, match="20,000 bytes"):
        found.refuse()
    assert "0 errors" in found.text()


def test_errors_end_it_before_the_solver() -> None:
    """A solver's words for what is plainly wrong help nobody."""
    solver = FakeSolver()
    checked = env_check(FakeFiles(SOUND + "  - num py\n"), cuda=no_cuda, solver=solver)
    assert checked.refusal is not None
    assert (checked.refusal.message, solver.questions) == ("environment.yml has 1 error", [])


def test_the_solver_is_asked_what_the_host_will_be() -> None:
    """Channels without nodefaults, pip added, the host's CUDA."""
    solver = FakeSolver()
    text = SOUND.replace("conda-forge", "conda-forge\n  - nodefaults")
    checked = env_check(FakeFiles(text), cuda=lambda: "12.8", solver=solver)
    assert checked.solution is not None
    assert solver.questions == [
        SolveRequest(channels=("conda-forge",), specs=("python=3.12", "pip"), cuda="12.8")
    ]


def test_a_refusing_solver_does_not_hide_the_findings() -> None:
    """The warnings are often the reason."""
    checked = env_check(
        FakeFiles(SOUND + "  - pandsa\n"), cuda=lambda: "", solver=FakeSolver("'pandsa' is in no channel")
    )
    assert [f.line for f in checked.report.warnings] == [6]
    assert checked.refusal is not None
    assert checked.refusal.message == "'pandsa' is in no channel"


def test_a_stale_lock_is_told() -> None:
    """plan would refuse it."""
    old = lock_file.text(Solution(cuda="", packages=()), b"another").encode()
    checked = env_check(FakeFiles(held=old), cuda=no_cuda)
    assert checked.lock == "stale"
    assert checked.refusal is not None
    assert checked.refusal.hint.startswith("gpuinfra env lock")
    new = lock_file.text(Solution(cuda="", packages=()), SOUND.encode()).encode()
    assert env_check(FakeFiles(held=new), cuda=no_cuda).lock == "current"


def test_a_lock_of_a_foreign_channel_is_told() -> None:
    """plan would refuse it, too; what was found is all the same shown."""
    head = lock_file.text(Solution(cuda="", packages=()), SOUND.encode())
    held = f"{head}https://evil.example/conda-forge/noarch/p-1-0.conda#sha256:{'0' * 64}\n"
    checked = env_check(FakeFiles(held=held.encode()), cuda=no_cuda)
    assert checked.lock == "current"
    assert checked.refusal is not None
    assert "is of a channel that environment.yml does not list" in checked.refusal.message


def test_a_lock_is_written_from_the_answer() -> None:
    """Bound to the very bytes that were solved."""
    files, reporter = FakeFiles(), FakeReporter()
    locked = env_lock(files, reporter, solver=FakeSolver(), cuda="12.8")
    (text,) = files.written
    assert not lock_file.is_stale(text.encode(), files.environment())
    assert text.endswith(f"{TORCH.url}#sha256:{TORCH.sha256}\n")
    assert (locked.solution.pytorch, reporter.said) == ("2.7.0 cuda126_0", [])


@pytest.mark.parametrize(
    ("files", "refusal"),
    [(FakeFiles(SOUND + "  - num py\n"), ""), (FakeFiles(), "no network")],
)
def test_an_older_lock_survives_a_refusal(files: FakeFiles, refusal: str) -> None:
    """Nothing is written unless there is an answer."""
    with pytest.raises(ConfigError):
        env_lock(files, FakeReporter(), solver=FakeSolver(refusal), cuda="")
    assert files.written == []


def test_what_is_not_locked_is_told() -> None:
    """pip's part stays open."""
    reporter = FakeReporter()
    env_lock(FakeFiles(travels="requirements.txt"), reporter, solver=FakeSolver(), cuda="")
    assert reporter.said == ["conda's packages are locked; what pip installs is not"]
