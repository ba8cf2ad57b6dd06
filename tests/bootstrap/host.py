"""A host in a directory: the files that user-data would write, and the real bootstrap run over them."""

import hashlib
import json
import os
import pwd
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpuinfra.features.boot.cloud_init import HOST_DIR, SCRIPT_DIR, BootContext
from gpuinfra.features.boot.user_data import context_of
from gpuinfra.features.environment.files import ProjectFiles
from tests.bootstrap.server import Server
from tests.cloud_init.userdata import files_of, modes_of, rendered
from tests.fakes.world import NONCE
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S

TRANSIENT, PERMANENT = 75, 78
"""Exit codes of the bootstrap: worth another try, or not."""

FILES = {
    "environment_yml": "environment.yml",
    "requirements_txt": "requirements.txt",
    "startup_script": "startup.sh",
    "lock": "environment.lock",
}
# Usual: no pip, whose thousand files and slow start are most of what a boot costs.
ENVIRONMENT = "name: lab\nchannels: [conda-forge]\ndependencies: [python, tinyapp]\n"
WITH_PIP = ENVIRONMENT.replace("tinyapp", "tinyapp, pip, pip: [frompip==1.0]")


@dataclass(kw_only=True)
class Host:
    """One host; everything that the bootstrap writes is below `root`."""

    root: Path
    server: Server
    installer: Path
    values: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def conf(self) -> Path:
        """Where the user's files lie."""
        return self.root / HOST_DIR.lstrip("/")

    @property
    def script(self) -> Path:
        """The bootstrap, as user-data carries it."""
        return self.root / SCRIPT_DIR.lstrip("/") / "bootstrap.sh"

    @property
    def home(self) -> Path:
        """The login user's home."""
        return self.root / "home"

    @property
    def prefix(self) -> Path:
        """Where conda goes."""
        return self.home / "miniconda3"

    @property
    def state(self) -> Path:
        """Where the bootstrap keeps its markers and its status."""
        return self.root / "var/lib/gpuinfra"

    @property
    def log(self) -> str:
        """What the bootstrap wrote."""
        return (self.root / "var/log/gpuinfra/bootstrap.log").read_text()

    @property
    def status(self) -> dict[str, Any]:
        """What the CLI would read."""
        status = json.loads((self.state / "status.json").read_text())
        assert isinstance(status, dict)
        return status

    def give(self, **files: str) -> None:
        """Render user-data for these files (by FILES' names), as `up` does, and write what it carries."""
        document = rendered(self.context(**files))
        modes = modes_of(document)
        for path, data in files_of(document).items():
            target = self.root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(modes[path])
        self.home.mkdir(exist_ok=True)
        self._append_values()

    def context(self, **files: str) -> BootContext:
        """Return what a host is told of these files (by FILES' names)."""
        project = self.root / "project"
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir()
        for name, text in {"environment_yml": ENVIRONMENT, **files}.items():
            (project / FILES[name]).write_text(text)
        given = ProjectFiles(project, alias=self.server.url)
        return context_of(given, stack="dev", nonce=NONCE, installer="miniconda")[0]

    def _append_values(self) -> None:
        values = {
            "ROOT": str(self.root),
            "LOGIN_USER": pwd.getpwuid(os.getuid()).pw_name,
            "LOGIN_HOME": str(self.home),
            "INSTALLER_URL": f"{self.server.url}/{self.installer.name}",
            "INSTALLER_SHA256": hashlib.sha256(self.installer.read_bytes()).hexdigest(),
            "TRIES": "3",
            "BACKOFF_S": "0",
            "MIN_FREE_MB": "50",
        } | self.values
        with (self.conf / "bootstrap.env").open("a") as file:
            file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in values.items())

    def command(self, name: str, text: str) -> None:
        """Put a fake system command first on the PATH."""
        path = self.root / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def environment(self) -> dict[str, str]:
        """Return the process environment: channel and index are those of the server."""
        return {
            "PATH": f"{self.root}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "CONDA_CHANNEL_ALIAS": self.server.url,
            "PIP_INDEX_URL": f"{self.server.url}/simple",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
            "GPUINFRA_METADATA": "127.0.0.1:1",  # nobody answers: the type is that of user-data
            "GPUINFRA_KERNEL_LOG": str(self.root / "kernel.log"),
            "CI": "true",  # as on GitHub: the bootstrap must not let it through to conda
        } | self.environ

    def start(self) -> subprocess.Popen[str]:
        """Start the bootstrap in a session of its own."""
        argv = ["bash", str(self.script), str(self.conf / "bootstrap.env")]
        return until_test_ends(
            subprocess.Popen(argv, env=self.environment(), start_new_session=True, text=True, **PIPES)
        )

    def boot(self) -> int:
        """Run the bootstrap to its end; return its exit code."""
        process = self.start()
        process.communicate(timeout=PATIENCE_S)
        return process.returncode

    def ran(self) -> list[str]:
        """Return the steps that the last attempt really ran."""
        last = self.log.rsplit("=====", 2)[-1]
        return [line.split("[")[1].split("]")[0] for line in last.splitlines() if line.endswith("] start")]

    def python(self, code: str) -> str:
        """Run Python in the environment; return what it printed."""
        argv = [str(self.prefix / "envs/lab/bin/python"), "-c", code]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            argv, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
STEPS = ["preflight", "gpu", "apt", "download", "install", "configure", "env-conda", "env-pip"]
STEPS += ["shell", "verify", "requirements", "startup"]
