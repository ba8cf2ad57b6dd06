"""Read rendered user-data back as cloud-init does, and an env file as bash does."""

import base64
import gzip
import json
import lzma
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from gpuinfra.features.boot import cloud_init
from gpuinfra.features.boot.cloud_init import BootContext
from gpuinfra.features.environment.host_environment import HostEnvironment, split
from gpuinfra.features.environment.yaml_document import parse
from tests.fakes.world import NONCE

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "cloud-init"
SIMPLE = b"name: gpu\ndependencies:\n  - python=3.11\n"
PARTS = split(parse(SIMPLE.decode()), has_requirements=False, lock="")
# What users paste: dedents, CR, U+2028, U+0085, template marks, shell, YAML anchors and document ends.
HOSTILE = (
    'name: "x\'; touch pwned; echo $(touch pwned) `touch pwned`"\n'
    "runcmd:\n- touch pwned\r\n\u2028\u0085{{ 7*7 }}{% raw %}{# x #}\n...\n---\n&a *a !!python/none\n\t'\"\\"
).encode()


def hostile_parts() -> HostEnvironment:
    """Return parts that hold the same; the name alone is checked by rule."""
    text = HOSTILE.decode()
    return HostEnvironment(name="lab", cuda_major="12", conda_yml=text, pip=(text,), requested=(text,))


def full_context() -> BootContext:
    """Return a context with every file given, each of them hostile."""
    return BootContext(
        stack="dev",
        nonce=NONCE,
        installer="miniforge",
        environment_yml=HOSTILE,
        environment=hostile_parts(),
        requirements_txt=HOSTILE,
        startup_script=HOSTILE.replace(b"\r", b""),
        lock=HOSTILE,
    )


def rendered(context: BootContext) -> dict[str, Any]:
    """Render, and parse what cloud-init will parse."""
    document = yaml.safe_load(gzip.decompress(cloud_init.render(context, templates=TEMPLATES)))
    assert isinstance(document, dict)
    return document


def files_of(document: dict[str, Any]) -> dict[str, bytes]:
    """Unpack each file as the host does: path -> content."""
    return {path: data for path, _, data in _unpacked(document)}


def modes_of(document: dict[str, Any]) -> dict[str, int]:
    """Return path -> mode."""
    return {path: int(mode, 8) for path, mode, _ in _unpacked(document)}


def _unpacked(document: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
    """Yield path, mode and content; that the host's own program does the same has a test of its own."""
    (archive,) = document["write_files"]
    assert archive["encoding"] == "b64"
    head, _, rest = lzma.decompress(base64.b64decode(archive["content"])).partition(b"\n")
    for path, mode, size in json.loads(head):
        yield path, mode, rest[:size]
        rest = rest[size:]


def bash_values(env_file: Path, *names: str) -> list[str]:
    """Source a file in a real bash and return what the variables hold."""
    script = '. "$1"; shift; for name; do printf "%s\\0" "${!name}"; done'
    done = subprocess.run(
        ["bash", "-euc", script, "bash", env_file, *names], check=True, capture_output=True, text=True
    )
    return done.stdout.split("\0")[:-1]
