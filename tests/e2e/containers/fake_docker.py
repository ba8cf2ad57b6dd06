#!/usr/bin/python3
"""A FAKE docker for tests, put onto a host of the lab: no engine runs there. It records each call.

It answers `info` and `image inspect` from files, asks the credential helper as docker's `pull` does, and for
`run` carries the command out on the host itself, so that exit codes and streams are real ones. One that is
detached goes on, at the published port in place of the container's own.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

UNIT = "fake-container"
HOME = Path("/var/tmp/fake-docker")  # info.json, images (one a line); calls.jsonl is written


def words(name: str) -> list[str]:
    """Return the lines of a file, none when it is not there."""
    path = HOME / name
    return path.read_text().split() if path.exists() else []


def record(**found: object) -> None:
    """Add a call."""
    with (HOME / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(found) + "\n")


def pull(config: Path, image: str) -> int:
    """Ask for the password as docker does, and keep only its hash."""
    registry = image.split("/")[0]
    helper = "docker-credential-" + json.loads((config / "config.json").read_text())["credHelpers"][registry]
    done = subprocess.run([helper, "get"], input=registry, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"error getting credentials - out: `{done.stdout.strip()}`\n")
        return 1
    answer = json.loads(done.stdout)
    secret = hashlib.sha256(answer["Secret"].encode()).hexdigest()
    files = sorted(path.name for path in config.iterdir())
    record(login=answer["Username"], registry=answer["ServerURL"], secret_sha256=secret, files=files)
    (HOME / "images").write_text("\n".join([*words("images"), image]))
    print("pulled by the fake docker")  # noqa: T201
    return 0


def main(argv: list[str]) -> int:
    """Be docker."""
    if argv[:1] == ["info"]:
        sys.stdout.write((HOME / "info.json").read_text())
        return 0
    if argv[:2] == ["image", "inspect"]:
        return 0 if argv[2] in words("images") else 1
    if argv[:1] == ["container"]:
        return container(argv[0])
    names = ("DOCKER_CONFIG", "JUPYTER_TOKEN")
    record(argv=argv, env={name: os.environ[name] for name in names if name in os.environ})
    if argv[:1] == ["--config"]:
        return pull(Path(argv[1]), argv[3])
    if argv[:1] == ["build"]:
        tags = [argv[n + 1] for n, word in enumerate(argv) if word == "--tag"]
        (HOME / "images").write_text("\n".join([*words("images"), *tags]))
    if argv[:1] == ["run"]:
        image = next(word for word in argv if word in words("images"))
        command = argv[argv.index(image) + 1 :]
        if "--detach" in argv:
            return detach(argv, command)
        os.chdir(argv[argv.index("--workdir") + 1])
        os.execvp(command[0], command)
    if argv[:1] in (["stop"], ["rm"]):
        return container(argv[0])
    return 0


def detach(argv: list[str], command: list[str]) -> int:
    """Start a process that outlives the connection, as a container does."""
    _, port, inner = argv[argv.index("--publish") + 1].split(":")
    command = [word.replace(f"={inner}", f"={port}") for word in command]
    unit = ["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", "--setenv=JUPYTER_TOKEN", "--", *command]
    return subprocess.run(["sudo", "-n", "--preserve-env=JUPYTER_TOKEN", *unit], check=False).returncode


def container(verb: str) -> int:
    """Say whether it runs, or end it."""
    if verb == "container":
        code = subprocess.run(["systemctl", "is-active", "--quiet", UNIT], check=False).returncode
        print("false" if code else "true")  # noqa: T201
        return 0
    subprocess.run(["sudo", "-n", "systemctl", "stop", UNIT], stderr=subprocess.DEVNULL, check=False)
    return 0


sys.exit(main(sys.argv[1:]))
