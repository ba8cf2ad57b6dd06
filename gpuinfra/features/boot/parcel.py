"""What `env apply` brings to a living host: the user's files, their parts and our scripts, as JSON."""

import json
import shlex
from pathlib import Path

from gpuinfra.features.boot.cloud_init import HOST_DIR, ON_STOP, SCRIPT_DIR, BootContext, host_files

VALUES = "bootstrap.env"
# The host keeps its own for all else: its login user, its installer, its nonce.
OF_THE_ENVIRONMENT = ("ENV_NAME", "CUDA_MAJOR", "CUDA_DRIVERS")


def pack(context: BootContext, *, templates: Path) -> bytes:
    """Return all that a build needs, the scripts too: those on the host are as old as the host.

    host/env_apply.py unpacks it. There is no limit to its size: a long lock goes along.
    """
    files = {file.path: file.data.decode() for file in host_files(context, templates=templates)}
    conf, scripts = _below(HOST_DIR, files), _below(SCRIPT_DIR, files)
    values = dict(word.split("=", 1) for word in shlex.split(conf.pop(VALUES)))
    conf.pop(ON_STOP, None)  # no part of an environment: features/ending brings it
    own = {name: values[name] for name in OF_THE_ENVIRONMENT}
    return json.dumps({"conf": conf, "scripts": scripts, "values": own}).encode()


def _below(directory: str, files: dict[str, str]) -> dict[str, str]:
    """Return the files of a directory, by what follows its name."""
    inner = f"{directory}/"
    return {path.removeprefix(inner): text for path, text in files.items() if path.startswith(inner)}
