"""Terraform's local state file, read without starting Terraform.

`terraform output` hashes the whole 700 MB provider first; reading the file takes milliseconds.

Format: version 4, https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go
"""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host, Record, Tags
from gpuinfra.tools.adapter import adapter


@adapter("Terraform's state file cannot be used")
class LocalState:
    """The StateFile port: one terraform.tfstate."""

    def __init__(self, path: Path, *, rescue_directory: Path) -> None:
        self.path = path
        self._rescue_directory = rescue_directory

    def read(self) -> Record:
        """Return what the state holds; an absent file is an empty record.

        Raises:
            ConfigError: the file is empty, cut off or not a state. Terraform would take an empty
                file for "nothing exists" and plan a second host.
        """
        if not self.path.exists():
            return Record()
        raw = self._load()
        outputs = {name: o.get("value") for name, o in raw.get("outputs", {}).items()}
        return Record(
            resources=_resources(raw),
            public_key=_public_key(raw),
            outputs=outputs,
            host=_host(outputs),
            region=str(outputs.get("region") or _region(raw)),
            tags=_tags(raw),
        )

    def rescue(self, text: str) -> Path | None:
        """Keep a state that Terraform printed, or left in errored.tfstate, because it could not write it.

        The copy goes to another directory (often another file system), 0600, under a name of its own.
        errored.tfstate is removed then: left behind, it would be taken for the result of a later run.
        """
        errored = self.path.with_name("errored.tfstate")
        found = errored.read_text(errors="replace") if errored.exists() else ""
        for candidate in (text, found):
            state = _state(candidate)
            if state:
                name = f"{state['lineage']}-{state.get('serial', 0)}.tfstate"
                target = self._rescue_directory / "rescued" / re.sub(r"[^\w.-]", "_", name)
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                target.touch(mode=0o600)
                target.write_text(candidate)
                errored.unlink(missing_ok=True)
                return target
        return None

    def _load(self) -> dict[str, Any]:
        text = self.path.read_text(encoding="utf-8", errors="replace")
        try:
            raw = json.loads(text)
        except ValueError as error:
            found = "empty (0 bytes)" if not text.strip() else f"damaged ({error})"
            raise self._damaged(found) from None
        if not isinstance(raw, dict) or raw.get("version") != 4:
            version = raw.get("version") if isinstance(raw, dict) else None
            raise self._damaged(f"not a version 4 state (version: {version})")
        return raw

    def _damaged(self, found: str) -> ConfigError:
        backup = self.path.with_suffix(".tfstate.backup")
        if backup.exists() and backup.stat().st_size:
            hint = f"cp {backup} {self.path}   # the state before the last change; then: gpuinfra plan"
        else:
            hint = f"rm {self.path}   # only if no host is running; gpuinfra up looks for one by its tags"
        return ConfigError(f"the state file {self.path} is {found}", hint=hint)


def _state(text: str) -> dict[str, Any] | None:
    """Return a state if `text` is a whole one."""
    try:
        raw = json.loads(text)
    except ValueError:
        return None
    return raw if isinstance(raw, dict) and raw.get("version") == 4 and "lineage" in raw else None


def _resources(raw: dict[str, Any]) -> dict[str, str]:
    found = {}
    for resource in raw.get("resources", []):
        if resource.get("mode") != "managed":
            continue
        prefix = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource.get("instances", []):
            key = instance.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            address = f"{prefix}{resource['type']}.{resource['name']}{index}"
            found[address] = str(instance.get("attributes", {}).get("id", ""))
    return found


def _public_key(raw: dict[str, Any]) -> str:
    """Return type and key of the key pair; an old tree kept the comment behind them, too."""
    pairs = [r for r in raw.get("resources", []) if r["type"] == "aws_key_pair"]
    texts = [i.get("attributes", {}).get("public_key") for pair in pairs for i in pair.get("instances", [])]
    return " ".join((texts[-1] or "").split()[:2]) if texts else ""


def _attributes(raw: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield "type.name" and the attributes of each managed resource."""
    for resource in raw.get("resources", []):
        for instance in resource.get("instances", []) if resource.get("mode") == "managed" else ():
            yield f"{resource['type']}.{resource['name']}", instance.get("attributes") or {}


def _region(raw: dict[str, Any]) -> str:
    """Return what terraform/providers.tf keeps: known before there is a host, and outputs."""
    kept = [it.get("input") for name, it in _attributes(raw) if name == "terraform_data.region"]
    return str(kept[0].get("value", "")) if kept and isinstance(kept[0], dict) else ""


def _tags(raw: dict[str, Any]) -> Tags | None:
    """Return what marks the resources as one stack's."""
    names = [field.name for field in dataclasses.fields(Tags)]
    for _, attributes in _attributes(raw):
        tags = attributes.get("tags_all") or {}
        if all(tags.get(f"gpuinfra:{name}") for name in names):
            return Tags(**{name: str(tags[f"gpuinfra:{name}"]) for name in names})
    return None


def _host(outputs: dict[str, Any]) -> Host | None:
    fields = dataclasses.fields(Host)
    required = [f.name for f in fields if f.default is dataclasses.MISSING]
    if not outputs.get("instance_id") or any(n not in outputs for n in required):
        return None
    names = [f.name for f in fields if f.name in outputs]
    values: dict[str, Any] = {n: outputs[n] if outputs[n] is not None else "" for n in names}
    values["allowed_cidrs"] = tuple(values["allowed_cidrs"])
    return Host(**values)
