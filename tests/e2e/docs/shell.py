"""Blocks of commands run by bash, as a user pastes them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from gpuinfra.simulator.lab.lab import Lab
from tests.docs.pages import ROOT
from tests.e2e.on_host.project_on_host import Running
from tests.waiting import PATIENCE_S

STAYS = "until Ctrl-C"  # in the comment of a command that does not end by itself
# A user at a terminal says yes; here make, Terraform and the browser are told before.
ASSENT = {
    "YES": "1",
    "TF_CLI_ARGS_apply": "-auto-approve",
    "TF_CLI_ARGS_destroy": "-auto-approve",
    "BROWSER": "true",
}


def with_programs(env: dict[str, str], home: Path, clone: Path) -> dict[str, str]:
    """Return `env` with `gpuinfra`, and a `make` that works in the clone, first on PATH; set-up is done."""
    folder = home / "bin"
    folder.mkdir()
    for name in ("Makefile", ".gitignore"):
        shutil.copy2(ROOT / name, clone)
    (clone / ".git").mkdir()  # by which it is a project that goes to the host
    _script(folder / "gpuinfra", f'exec {sys.executable} -m gpuinfra "$@"')
    _script(folder / "make", f'exec {shutil.which("make")} -C {clone} BIN={folder} PYTHON=true -s "$@"')
    return {**env, **ASSENT, "PATH": f"{folder}:{os.environ['PATH']}", "MAKEFLAGS": ""}


def play(commands: str, *, folder: Path, env: dict[str, str], lab: Lab | None = None) -> str:
    """Run commands in a folder; they must end with exit code 0, or by Ctrl-C. Returns what they printed."""
    argv = ["bash", "-euo", "pipefail", "-c", commands]
    argv = lab.command(argv, folder) if lab else argv
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    running = Running(process)
    try:
        if STAYS in commands:
            running.line("Ctrl-C")  # what stays says by itself how it ends
            ended = running.interrupt()
            # make says 2 of whatever it runs, and dies of the signal itself
            assert ended in (0, 130) or (commands.startswith("make ") and ended in (2, -2)), ended
            return ""
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, f"{commands}\nexit {process.returncode}\n{out}\n{err}"
        return out + err
    finally:
        running.kill()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def _script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)
