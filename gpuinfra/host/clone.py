"""On the host: clone a git repository; nothing that lets one in is left there. Standard library only.

    python3 clone.py URL DIRECTORY      one line of JSON on stdin: token, user, known_hosts

DIRECTORY is below the home. The token lives in memory (a memfd that git's helper reads), never in
an argument, the environment, a file or .git/config; git's other helpers are off, so that none can store it.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

CANNOT, EXISTS, NO_GIT, NO_SUBMODULES, NO_LFS = 1, 3, 4, 5, 6


def main(url: str, directory: str) -> int:
    """Clone; return the exit code."""
    given = json.loads(sys.stdin.readline() or "{}")
    target = Path.home() / directory
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        return EXISTS
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gpuinfra-clone-") as scratch:
        known = Path(scratch, "known_hosts")
        known.write_text(given.get("known_hosts", ""))
        handle = secret(given.get("user", ""), given.get("token", ""))
        git = ["git", *helpers(url, handle)]

        def run(*words: str) -> bool:
            env, none = environment(known), subprocess.DEVNULL
            done = subprocess.run([*git, *words], env=env, stdin=none, pass_fds=[handle], check=False)
            return done.returncode == 0

        if not shutil.which("git"):
            return NO_GIT
        if not run("clone", "--progress", "--", url, str(target)):
            return CANNOT
        has_modules = (target / ".gitmodules").exists()
        if has_modules and not run("-C", str(target), "submodule", "update", "--init", "--recursive"):
            return NO_SUBMODULES
    return NO_LFS if needs_lfs(target) and not shutil.which("git-lfs") else 0


def needs_lfs(target: Path) -> bool:
    """Tell whether files of the repository are kept elsewhere, by git-lfs; .gitattributes says so."""
    return any("filter=lfs" in path.read_text(errors="replace") for path in target.rglob(".gitattributes"))


def secret(user: str, token: str) -> int:
    """Return a file in memory with what git's credential protocol says; empty without a token."""
    handle = os.memfd_create("credential", 0)
    if token:
        lines = ([f"username={user}"] if user else []) + [f"password={token}", ""]
        os.write(handle, "\n".join(lines).encode())
    return handle


def helpers(url: str, handle: int) -> list[str]:
    """Return git's options: no helper but ours, and ours for this URL's server alone."""
    parts = urlsplit(url)
    reader = f'!f() {{ test "$1" != get || cat /proc/self/fd/{handle}; }}; f'
    scope = f"credential.{parts.scheme}://{parts.hostname}"
    scope += f":{parts.port}" if parts.port else ""
    return ["-c", "credential.helper=", "-c", f"{scope}.helper=", "-c", f"{scope}.helper={reader}"]


def environment(known_hosts: Path) -> dict[str, str]:
    """Return git's environment: it asks nobody, and knows only the servers that the laptop knows."""
    ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "StrictHostKeyChecking=yes"]
    ssh += ["-o", f"UserKnownHostsFile={known_hosts}"]
    return {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": shlex.join(ssh), "LC_ALL": "C.UTF-8"}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
