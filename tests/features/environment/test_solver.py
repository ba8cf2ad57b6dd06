"""The solver against a tiny channel, in its real child process; and children that misbehave."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.features.environment.solution import Solution, SolveRequest
from gpuinfra.features.environment.solver import RattlerSolver
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import CHANNEL_ALIAS
from tests.bootstrap.server import Server, serving
from tests.features.environment import channel

DEAD_END = "http://127.0.0.1:9/"  # the discard port: nobody listens


@pytest.fixture(scope="module")
def www(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the channel conda-forge."""
    www = tmp_path_factory.mktemp("www")
    channel.write(www / "conda-forge")
    return www


@pytest.fixture(scope="module")
def server(www: Path) -> Iterator[Server]:
    """Serve it on loopback."""
    with serving(www) as server:
        yield server


def solver(cache: Path, alias: str, **more: str) -> RattlerSolver:
    """Return the solver as the command line makes it, but for the channels' address."""
    return RattlerSolver(cache=cache, environ={**os.environ, CHANNEL_ALIAS: alias, **more})


def ask(
    cache: Path, server: Server, *specs: str, cuda: str = "12.8", channels: tuple[str, ...] = ("conda-forge",)
) -> Solution:
    """Ask for these packages."""
    question = SolveRequest(channels=channels, specs=specs, cuda=cuda)
    return solver(cache, f"{server.url}/").solve(question)


def test_a_solution_is_exact(tmp_path: Path, server: Server) -> None:
    """Each package has its address, its hash and its size."""
    solution = ask(tmp_path, server, "python=3.12", "pandas", "pip")
    assert [(p.name, p.version) for p in sorted(solution.packages, key=lambda p: p.name)] == [
        ("numpy", "1.26.0"),
        ("pandas", "2.2.0"),
        ("pip", "24.0"),
        ("python", "3.12.4"),
    ]
    assert solution.download_mib == 4
    (numpy,) = (p for p in solution.packages if p.name == "numpy")
    assert numpy.url == f"{server.url}/conda-forge/linux-64/numpy-1.26.0-0.conda"
    assert numpy.sha256 == next(p["sha256"] for p in channel.PACKAGES if p["name"] == "numpy")


def test_each_package_follows_what_it_needs(tmp_path: Path, server: Server) -> None:
    """So that whoever installs in the order of the lock has the dependencies first."""
    names = [p.name for p in ask(tmp_path, server, "pandas", "pip").packages]
    assert names[0] == "python"
    assert names.index("numpy") < names.index("pandas")


@pytest.mark.parametrize(
    ("cuda", "build"), [("", "cpu_0"), ("12.8", "cuda126_0"), ("12", "cuda126_0"), ("13.0", "cuda130_0")]
)
def test_the_hosts_cuda_chooses_the_build(tmp_path: Path, server: Server, cuda: str, build: str) -> None:
    """The CUDA of the host counts, never that of this machine."""
    assert ask(tmp_path, server, "pytorch", cuda=cuda).pytorch == f"2.7.0 {build}"


def test_this_machines_cuda_does_not_count(tmp_path: Path, server: Server) -> None:
    """conda's own override is for conda."""
    question = SolveRequest(channels=("conda-forge",), specs=("pytorch",), cuda="12.8")
    here = solver(tmp_path, f"{server.url}/", CONDA_OVERRIDE_CUDA="13.0")
    assert here.solve(question).pytorch == "2.7.0 cuda126_0"


def test_the_host_is_ubuntu_of_2022(tmp_path: Path, server: Server) -> None:
    """Its virtual packages are given, whatever this machine is."""
    assert [p.name for p in ask(tmp_path, server, "needs-glibc").packages] == ["needs-glibc"]


@pytest.mark.parametrize(
    "spec", ["numpy==1.26.*", "numpy=1.26=0", "numpy 1.26.0 0", "numpy >=1.20, <2", "NumPy"]
)
def test_specs_are_read_as_leniently_as_by_conda(tmp_path: Path, server: Server, spec: str) -> None:
    """What works on the host is not refused here."""
    assert "numpy" in {p.name for p in ask(tmp_path, server, spec).packages}


def test_an_unknown_package_has_a_suggestion(tmp_path: Path, server: Server) -> None:
    """All unknown ones are told at once."""
    with pytest.raises(ConfigError) as caught:
        ask(tmp_path, server, "pandsa", "numpy", "pytroch")
    assert "'pandsa' is in no channel (conda-forge); did you mean 'pandas'?" in caught.value.message
    assert "did you mean 'pytorch'?" in caught.value.message


@pytest.mark.parametrize(
    ("specs", "cuda", "says"),
    [
        (("needs-old-numpy",), "12.8", "numpy <1.20, for which no candidates were found"),
        (("needs-cuda-13",), "12.8", "__cuda >=13, for which no candidates were found"),
        (("python=3.9",), "", "No candidates were found for python 3.9.*"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    tmp_path: Path, server: Server, specs: tuple[str, ...], cuda: str, says: str
) -> None:
    """At most four lines, the host named."""
    with pytest.raises(ConfigError, match="there is no such environment for linux-64") as caught:
        ask(tmp_path, server, *specs, cuda=cuda)
    assert says in caught.value.message
    assert len(caught.value.message.splitlines()) <= 1 + 4
    assert ("with CUDA 12.8" in caught.value.message) == (cuda == "12.8")


def test_a_channel_that_is_not_there_is_told(tmp_path: Path, server: Server) -> None:
    """Not as a missing package."""
    with pytest.raises(ConfigError, match="there is no such channel"):
        ask(tmp_path, server, "python", channels=("conda-forge", "nobodys"))


def test_no_network_is_said_plainly(tmp_path: Path) -> None:
    """With the address that was asked, and what works without."""
    question = SolveRequest(channels=("conda-forge",), specs=("python",), cuda="")
    with pytest.raises(ConfigError, match=r"no network.*127\.0\.0\.1:9/conda-forge.*refused") as caught:
        solver(tmp_path, DEAD_END).solve(question)
    assert "env check" in caught.value.hint


def test_a_channel_that_stumbles_is_asked_again(tmp_path: Path, server: Server) -> None:
    """One 503 is no reason to refuse."""
    server.fault(r"linux-64/repodata\.json$", times=1, status=503)
    assert ask(tmp_path, server, "numpy").packages
    assert server.count(r"linux-64/repodata\.json$") > 1


def test_a_certificate_nobody_knows_is_told_as_such(tmp_path: Path) -> None:
    """Company proxies re-sign: that is not "no network"."""
    answer = {"kind": "network", "message": "https://c/: invalid peer certificate: UnknownIssuer"}
    with pytest.raises(ConfigError, match="certificate is not trusted") as caught:
        child(f"print({json.dumps(json.dumps(answer))})", tmp_path).solve(ANY)
    assert "SSL_CERT_FILE" in caught.value.hint


def test_nonsense_is_told_with_its_text(tmp_path: Path, server: Server) -> None:
    """Should the offline checks let it through."""
    with pytest.raises(ConfigError, match=r"conda will not understand 'num\[py'"):
        ask(tmp_path, server, "num[py")


def child(code: str, cache: Path, **env: str) -> RattlerSolver:
    """Return a solver with a child of our own making."""
    return RattlerSolver(cache=cache, environ={**os.environ, **env}, argv=[sys.executable, "-c", code])


SOLVED = '{"kind": "solved", "packages": []}'
ANY = SolveRequest(channels=("c",), specs=("s",), cuda="")


def test_a_crash_after_the_answer_does_no_harm(tmp_path: Path) -> None:
    """py-rattler may abort the interpreter when it ends."""
    aborts = f"import os; print('{SOLVED}', flush=True); os.abort()"
    assert child(aborts, tmp_path).solve(ANY).packages == ()


def test_a_crash_before_the_answer_is_tried_once_more(tmp_path: Path) -> None:
    """The second try answers."""
    once = f"""
import os, pathlib
flag = pathlib.Path(os.environ["FLAG"])
if not flag.exists():
    flag.touch()
    os.abort()
print('{SOLVED}')
"""
    assert child(once, tmp_path, FLAG=str(tmp_path / "flag")).solve(ANY).packages == ()


def test_a_child_that_always_crashes_is_told(tmp_path: Path) -> None:
    """With the last thing that it said."""
    with pytest.raises(ConfigError, match=r"the solver crashed \(exit code 3\): it hurts"):
        child("import sys; sys.stderr.write('it hurts'); sys.exit(3)", tmp_path).solve(ANY)


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    """py-rattler is an extra of 25 MB; all else works without."""
    (tmp_path / "rattler.py").write_text("raise ImportError")
    with pytest.raises(ConfigError, match="py-rattler is not installed") as caught:
        solver(tmp_path, DEAD_END, PYTHONPATH=str(tmp_path)).solve(ANY)
    assert caught.value.hint == "make setup"
