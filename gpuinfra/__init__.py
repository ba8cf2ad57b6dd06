"""gpuinfra: GPU hosts on AWS, one command up and one command down.

from gpuinfra import GpuHost
"""

# imported when first asked for: `gpuinfra ip` would wait for it
_HOMES = {
    "GpuHost": "gpuinfra.api",
    **dict.fromkeys(("CommandFailed", "CompletedRun"), "gpuinfra.features.jobs.completed"),
    **dict.fromkeys(
        ("CloudError", "ConfigError", "GpuInfraError", "HostError", "Interrupted", "TerraformError"),
        "gpuinfra.ground.errors",
    ),
}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gpuinfra.api import GpuHost as GpuHost
    from gpuinfra.features.jobs.completed import CommandFailed as CommandFailed
    from gpuinfra.features.jobs.completed import CompletedRun as CompletedRun
    from gpuinfra.ground.errors import CloudError as CloudError
    from gpuinfra.ground.errors import ConfigError as ConfigError
    from gpuinfra.ground.errors import GpuInfraError as GpuInfraError
    from gpuinfra.ground.errors import HostError as HostError
    from gpuinfra.ground.errors import Interrupted as Interrupted
    from gpuinfra.ground.errors import TerraformError as TerraformError


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
