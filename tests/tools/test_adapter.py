"""Adapters: whatever the user's machine does wrong is said in our words, never as a traceback."""

import ast
import errno
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from gpuinfra.features.containers.ecr import EcrCatalog
from gpuinfra.features.environment.solution import SolveRequest
from gpuinfra.features.environment.solver import RattlerSolver
from gpuinfra.features.sync.rsync import Rsync
from gpuinfra.features.sync.sync import SyncRequest
from gpuinfra.features.sync.watcher import WatchfilesWatcher
from gpuinfra.ground.errors import CloudError, ConfigError, HostError
from gpuinfra.ground.paths import Project
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws.client import client, default_region
from gpuinfra.tools.ssh.client import OpenSsh
from gpuinfra.tools.terraform.project_folder import ProjectFolder
from gpuinfra.tools.terraform.runner import TerraformCli
from gpuinfra.tools.terraform.stack_files import StackDirectory
from gpuinfra.tools.terraform.state import LocalState
from gpuinfra.tools.terraform.tfvars import TfvarsFile
from tests import samples
from tests.fakes.host import LocalSsh

FACTORY = Path(__file__).resolve().parents[2] / "gpuinfra" / "factory" / "__init__.py"
# Classes that the factory builds and that are no adapters: values, and the terminal and its log: a reader who
# has gone, or a disk that is full, ends nothing.
OTHERS = {
    "World",
    "Clock",
    "Project",
    "Stack",
    "InitValues",
    "Profile",
    "LivingHost",
    "Terminal",
    "RunLog",
    "EventFile",
    "Consent",
    "MoneySoFar",
    "TerminalScreen",
    "TypePrices",
}


def imported() -> Iterator[type]:
    """Yield every class that the factory imports to build it, typing's imports left out."""
    for node in ast.walk(ast.parse(FACTORY.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("gpuinfra."):
                    module = importlib.import_module(str(inner.module))
                    found = (getattr(module, alias.name, None) for alias in inner.names)
                    yield from (it for it in found if isinstance(it, type))


def test_what_the_factory_builds_is_an_adapter() -> None:
    """Each class that stands between us and the world carries the rule; a new one cannot be forgotten."""
    classes = {it.__name__: it for it in imported()}
    assert len(classes) > 8
    without = {name for name, it in classes.items() if not getattr(it, "is_adapter", False)}
    assert without - OTHERS == set()


def blocked(folder: Path) -> Path:
    """Return a path below a file: nothing can be read or made there, by root neither."""
    (folder / "file").write_text("")
    return folder / "file" / "below"


HOSTILE: dict[str, Callable[[Path], object]] = {
    "state": lambda p: LocalState(p, stack="default", rescue_directories=(p,)).read(),
    "rescue": lambda p: LocalState(
        p / "terraform.tfstate", stack="default", rescue_directories=(blocked(p),)
    ).rescue('{"version": 4, "lineage": "x"}'),
    "values": lambda p: TfvarsFile(p, module=p).read(),
    "new values": lambda p: TfvarsFile(blocked(p), module=p).create({}),
    "folder": lambda p: ProjectFolder(blocked(p)).was_of("1.0"),
    "stack": lambda p: StackDirectory(Project(root=blocked(p)).stack("default")).nonce(),
    "ssh": lambda p: OpenSsh({"XDG_STATE_HOME": str(blocked(p))}).pin(samples.host(), ["ssh-ed25519 AAAA"]),
    "terraform": lambda p: TerraformCli(
        binary=p / "none",
        directory=p,
        env={},
        credentials=lambda env, _: nullcontext(env),
        on_interrupt=lambda _: None,
        on_warning=print,
    ).details(p),
    "rsync": lambda p: Rsync(LocalSsh(str(p / "none"), "alias"), {"PATH": str(p)}).run(
        samples.host(), SyncRequest(mode="up", root=p / "none")
    ),
    "solver": lambda p: RattlerSolver(cache=p, environ={}, argv=[str(p / "none")]).solve(
        SolveRequest(channels=("conda-forge",), specs=("python",), cuda="")
    ),
    "watcher": lambda p: next(iter(WatchfilesWatcher().changes(p / "none"))),
    "images": lambda p: EcrCatalog("us-east-1", cache=blocked(p))("pytorch-training"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_surrounding_is_no_bug_of_ours(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder where a file should be, a file where a folder should be, a program that is missing."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises((ConfigError, HostError, CloudError)) as caught:
        HOSTILE[case](tmp_path)
    assert caught.value.message


def message_of(use: Callable[[], object]) -> str:
    """Return what the user is told, empty when it works."""
    try:
        use()
    except ConfigError as error:
        return error.message
    return ""


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf[default]\nregion = us-east-1\n",
        b"[default]\nregion = us-east-1\n[default]\nregion = eu-west-1\n",
        b"region = us-east-1\n",
        b"[default]\nregion = \xff\xfe\n",
    ],
    ids=["byte order mark", "a section twice", "no header", "not UTF-8"],
)
def test_a_broken_aws_configuration_is_named(
    text: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever edited ~/.aws/config on another system is told that this file cannot be read, or it is."""
    config = tmp_path / "config"
    config.write_bytes(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for use in (default_region, lambda: client("ec2", "us-east-1")):
        said = message_of(use)
        assert not said or str(config) in said


@adapter("the thing cannot be used", KeyError, passes=(PermissionError,), hint="try it")
class Thing:
    """An adapter for this test."""

    def fails(self, error: Exception) -> None:
        """Raise it."""
        raise error

    def yields(self, error: Exception) -> Iterator[int]:
        """Raise it between two values."""
        yield 1
        raise error


def test_the_rule() -> None:
    """OSError, UnicodeError and the library's own end as ConfigError; what callers handle passes."""
    full = OSError(errno.ENOSPC, "No space left on device", "/x")
    with pytest.raises(ConfigError, match=r"the thing cannot be used: .*No space left.*/x") as caught:
        Thing().fails(full)
    assert "df -h" in caught.value.hint
    for error in (KeyError("x"), OSError("x"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")):
        with pytest.raises(ConfigError) as caught:
            Thing().fails(error)
        assert caught.value.hint == "try it"
    for passing in (BrokenPipeError(), PermissionError(), HostError("x"), ValueError("a bug")):
        with pytest.raises(type(passing)):
            Thing().fails(passing)
    values = Thing().yields(OSError("late"))
    assert next(values) == 1
    with pytest.raises(ConfigError, match="late"):
        next(values)
