"""`env apply` killed (-9) at each of its steps on the host: one of the two environments is whole and in use,
and the next `env apply`, or the next boot, ends what was begun.

A step is what others can see: a file that gets its name or loses it, a program that is started. The bootstrap
is a small one here, which makes an "environment" of one file; the real one is killed in test_interrupted.py.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.host import env_apply
from tests.bootstrap.applying import SYSTEMCTL
from tests.waiting import PATIENCE_S

OLD, NEW = "name: lab\n", "name: lab\ndependencies: [extra]\n"
# Runs a program up to its nth step, and kills it there.
DIE_AT = """import os, runpy, signal, sys
STEPS = ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "subprocess.Popen")
left = int(sys.argv.pop(1))
def count(event, _):
    global left
    if event in STEPS:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
BOOTSTRAP = """. "$1"
conf=${1%/*} state=${STATE_DIR:-$ROOT/var/lib/gpuinfra} made=$LOGIN_HOME/miniconda3/envs/$ENV_NAME
mkdir -p "$made" "$state/steps"
# one that is there already is never made into another
[ -e "$made/of" ] || cp "$conf/environment.yml" "$made/of"
cmp "$made/of" "$conf/environment.yml" || exit 78
cp "$conf/environment.yml" "$state/steps/env-conda"
printf '{"state": "done", "prefix": "%s"}' "$made" >"$state/.new" && mv "$state/.new" "$state/status.json"
"""


@dataclass(frozen=True)
class SmallHost:
    """A host that is ready with the old environment."""

    root: Path

    @property
    def state(self) -> Path:
        """Where the bootstrap and env_apply keep what is done."""
        return self.root / "var/lib/gpuinfra"

    def make(self) -> None:
        """Let it be ready, by its bootstrap."""
        files = {
            "bin/systemctl": f"#!/bin/sh\n{SYSTEMCTL}\n",
            "bin/systemd-run": "#!/bin/sh\n",
            "usr/local/lib/gpuinfra/bootstrap.sh": BOOTSTRAP,
            "etc/gpuinfra/environment.yml": OLD,
            "etc/gpuinfra/bootstrap.env": "ENV_NAME=lab INSTALLER=miniconda LOGIN_USER=me LOCK_SHA256=\n",
        }
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        with (self.root / "etc/gpuinfra/bootstrap.env").open("a") as file:
            file.write(f"ROOT={self.root} LOGIN_HOME={self.root}/home\n")
        self.bootstrap()

    def bootstrap(self) -> None:
        """Run the bootstrap, as a boot does."""
        argv = ["sh", "usr/local/lib/gpuinfra/bootstrap.sh", "etc/gpuinfra/bootstrap.env"]
        subprocess.run(argv, cwd=self.root, env=self._env, check=True)

    def boot(self) -> None:
        """Do what a boot does: first what the bootstrap's drop-in has, if it is there."""
        drop_in = self.root / "etc/systemd/system/gpuinfra-bootstrap.service.d/env-apply.conf"
        if drop_in.exists():
            line = drop_in.read_text().split("ExecStartPre=")[1].replace("/usr/bin/python3", sys.executable)
            subprocess.run(["sh", "-c", line], env=self._env, check=True)
        self.bootstrap()

    def program(self, die_at: int, *words: str, given: bytes = b"") -> int:
        """Run the host's program up to a step (0: to its end); return its exit code."""
        copied = self.state / "apply/env_apply.py"
        source = Path(env_apply.__file__) if words[0] == "start" else copied
        argv = [sys.executable, "-I", "-c", DIE_AT, str(die_at), str(source), *words]
        done = subprocess.run(
            argv, env=self._env, input=given, capture_output=True, timeout=PATIENCE_S, check=False
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
        return done.returncode

    def apply(self, *, start_dies_at: int = 0, build_dies_at: int = 0) -> bool:
        """Bring the new environment; tell whether it came to its end."""
        scripts, values = {"bootstrap.sh": BOOTSTRAP}, {"ENV_NAME": "lab"}
        parcel = {"conf": {"environment.yml": NEW}, "scripts": scripts, "values": values}
        given = json.dumps(parcel).encode()
        digest = hashlib.sha256(given).hexdigest()
        if self.program(start_dies_at, "start", digest, given=given):
            return False
        return self.in_use() == NEW or self.program(build_dies_at, "build") == 0

    @property
    def _env(self) -> dict[str, str]:
        return {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "GPUINFRA_ROOT": str(self.root)}

    def in_use(self) -> str:
        """Return what the environment is made of that `run` and jobs take now."""
        status = json.loads((self.state / "status.json").read_text())
        return Path(status["prefix"], "of").read_text()

    def is_proven(self) -> bool:
        """Tell whether a switch is under way."""
        return (self.state / "apply/proven").exists()

    def files(self) -> str:
        """Return what a boot would make of the host."""
        return (self.root / "etc/gpuinfra/environment.yml").read_text()


@pytest.fixture
def host(tmp_path: Path) -> SmallHost:
    """A host that is ready."""
    made = SmallHost(tmp_path / "host")
    made.make()
    return made


def every_step(host: SmallHost, phase: str) -> Iterator[int]:
    """Yield after a kill at each step, from the first to the last; the host is as before each time."""
    kept = host.root.with_name("kept")
    host.root.rename(kept)
    step = 1
    while True:
        shutil.rmtree(host.root, ignore_errors=True)
        shutil.copytree(kept, host.root)
        if host.apply(**{f"{phase}_dies_at": step}):
            return
        yield step
        step += 1


@pytest.mark.parametrize("phase", ["start", "build"])
def test_one_environment_is_whole_and_the_next_command_ends_it(phase: str, host: SmallHost) -> None:
    """`env apply` again, or, each second time, a boot first: what is proven by then is used from then on."""
    if phase == "start":
        assert not host.apply(build_dies_at=6), "one that was cut off lies there already"
    steps = 0
    for step in every_step(host, phase):
        steps += 1
        assert host.in_use() in (OLD, NEW)
        if not host.is_proven() and host.in_use() == OLD:
            assert host.files() == OLD, f"{step}: nothing is changed before the proof"
        if step % 2:
            is_proven = host.is_proven()
            host.boot()
            assert host.in_use() == host.files() == (NEW if is_proven else host.in_use()), step
            assert not host.is_proven()
        if host.in_use() == OLD or host.is_proven():
            assert host.apply(), step
        assert (host.in_use(), host.files(), host.is_proven()) == (NEW, NEW, False), step
        environments = sorted(path.name for path in (host.root / "home/miniconda3/envs").iterdir())
        assert environments == ["lab", "lab-2"], f"{step}: what was not finished goes"
    assert steps > 12
