"""The environment of Terraform's process, above all where it finds its provider when there is no network.

Source: https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gpuinfra.tools.files import make_private

PROVIDER = Path("registry.terraform.io/hashicorp/aws")
CONFIG_VARIABLE = "TF_CLI_CONFIG_FILE"
# One level below these, an installed mirror may lie under any name.
SHARED = (Path("/opt"), Path("/usr/local/share"), Path("/usr/share"))
# Terraform itself looks into these when no CLI config says otherwise.
IMPLIED = (
    Path("~/.terraform.d/plugins"),
    Path("~/.local/share/terraform/plugins"),
    Path("~/Library/Application Support/io.terraform/plugins"),
    Path("/usr/local/share/terraform/plugins"),
    Path("/usr/share/terraform/plugins"),
)
# These would move the state away from where we read it, or set a value that terraform.tfvars does not show.
DROPPED = ("TF_WORKSPACE", "TF_DATA_DIR", "TF_CLI_ARGS", "TF_VAR_")
# Garbage is collected less often: a fifth less CPU for a plan (8.8 s to 6.9 s), for 80 MB of memory.
# Source: https://pkg.go.dev/runtime#hdr-Environment_Variables
RARE_COLLECTION = "400"


def environment(
    environ: Mapping[str, str], *, config: Path, cache: Path, mirror: Path | None
) -> dict[str, str]:
    """Return the environment for Terraform.

    A CLI config of the user's, if the file exists, is left in charge. Else a mirror is used by a config
    of our own, written to `config`; without a mirror, downloads are kept in `cache` for all stacks.
    """
    env = {k: v for k, v in environ.items() if not k.startswith(DROPPED)}
    env |= {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_INPUT": "0", "TF_WORKSPACE": "default"}
    env.setdefault("GOGC", RARE_COLLECTION)
    if has_own_config(environ):
        return env
    env.pop(CONFIG_VARIABLE, None)
    if mirror is not None:
        env[CONFIG_VARIABLE] = str(_write(config, mirror))
    elif "TF_PLUGIN_CACHE_DIR" not in env:
        make_private(cache)
        env["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return env


def variables(values: Mapping[str, object]) -> dict[str, str]:
    """Return values of variables as Terraform reads them from its environment; a file comes first."""
    return {f"TF_VAR_{k}": v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}


def dropped(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that are kept from Terraform; a workspace "default" is what it gets anyway."""
    return sorted(k for k, v in environ.items() if k.startswith(DROPPED) and v and v != "default")


def has_own_config(environ: Mapping[str, str]) -> bool:
    """Tell whether the user has a CLI config that exists; a name without a file counts as unset."""
    named = environ.get(CONFIG_VARIABLE)
    return Path(named).is_file() if named else (Path.home() / ".terraformrc").is_file()


def find(lock: Path, platform: str, *, directories: Iterable[Path] | None = None) -> Path | None:
    """Return the first mirror that holds the locked version of the provider for this platform.

    Where the lock has gone any version will do: Terraform takes the newest that versions.tf allows.
    """
    version = _locked_version(lock) or "*"
    for directory in directories if directories is not None else _directories():
        holder = directory / PROVIDER
        packed = f"terraform-provider-aws_{version}_{platform}.zip"
        if any(holder.glob(f"{version}/{platform}")) or any(holder.glob(packed)):
            return directory
    return None


def _directories() -> Iterable[Path]:
    yield from (p.expanduser() for p in IMPLIED)
    for parent in SHARED:
        if parent.is_dir():
            yield from sorted(p for p in parent.iterdir() if (p / PROVIDER).is_dir())


def _locked_version(lock: Path) -> str:
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    match = re.search(r'provider "registry\.terraform\.io/hashicorp/aws" \{\s*version\s*=\s*"([^"]+)"', text)
    return match.group(1) if match else ""


def _write(config: Path, mirror: Path) -> Path:
    name = "registry.terraform.io/hashicorp/aws"
    text = (
        "# Written by gpuinfra for its own processes: the AWS provider comes from an installed mirror.\n"
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{name}"]\n  }}\n'
        f'  direct {{\n    exclude = ["{name}"]\n  }}\n'
        "}\n"
    )
    if not config.is_file() or config.read_text(encoding="utf-8") != text:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(text, encoding="utf-8")
    return config
