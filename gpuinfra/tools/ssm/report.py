"""Why a private host could not be reached: from the ProxyCommand to who started ssh.

ssh throws away what the ProxyCommand of a shared connection says, so it is written to a file as well.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from gpuinfra.ground import paths
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.tools.files import make_private, write_private

VARIABLE = "GPUINFRA_SSM_REPORT"
KINDS = {kind.__name__: kind for kind in (ConfigError, CloudError, Unreachable, HostError)}


def prepare(instance_id: str, environ: Mapping[str, str]) -> Path:
    """Return where a report on this host goes, with no old one there."""
    path = paths.state_home(environ) / "ssm" / f"{instance_id}.json"
    make_private(path.parent)
    path.unlink(missing_ok=True)
    return path


def write(error: GpuInfraError, environ: Mapping[str, str]) -> None:
    """Report an error, if somebody has asked for it."""
    path = environ.get(VARIABLE)
    if path and os.path.isdir(os.path.dirname(path)):  # noqa: PTH112, PTH120
        kind = next((name for name, it in KINDS.items() if isinstance(error, it)), HostError.__name__)
        text = json.dumps({"kind": kind, "message": error.message, "hint": error.hint})
        write_private(Path(path), text.encode())


def read(path: Path) -> GpuInfraError | None:
    """Return what was reported, None when nothing was."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return KINDS[raw["kind"]](raw["message"], hint=raw["hint"])
    except (OSError, ValueError, KeyError):
        return None
