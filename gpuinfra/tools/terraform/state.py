"""Terraform's local state file, read without starting Terraform.

`terraform output` hashes the whole 700 MB provider first; reading the file takes milliseconds.

Format: version 4, https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go
"""

import dataclasses
import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import write_private
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host, Record
from gpuinfra.ground.names import command


@adapter("Terraform's state file cannot be used")
class LocalState:
    """The StateFile port: one terraform.tfstate."""

    def __init__(self, path: Path, *, stack: str, rescue_directories: Sequence[Path]) -> None:
        self.path = path
        self._stack = stack
        self._rescue_directories = rescue_directories

    def read(self) -> Record:
        """Return what the state holds; an absent file is an empty record.

        Raises:
            ConfigError: the file is empty, cut off, not a state, or another stack's. Terraform would take
                an empty file for "nothing exists" and plan a second host.
        """
        if not self.path.exists():
            return Record()
        raw = self._load()
        outputs = {name: o.get("value") for name, o in raw.get("outputs", {}).items()}
        return Record(
            resources=_resources(raw), public_key=_public_key(raw), outputs=outputs, host=_host(outputs)
        )

    def rescue(self, text: str) -> Path | None:
        """Keep a state that Terraform printed, or left in errored.tfstate, because it could not write it.

        The copy goes to the first directory that takes it (often another file system), 0600, under a name of
        its own. errored.tfstate is removed then: left behind, it would be taken for that of a later run.

        Raises:
            ConfigError: none takes it.
        """
        errored = self.path.with_name("errored.tfstate")
        found = errored.read_text(errors="replace") if errored.exists() else ""
        for candidate in (text, found):
            state = _state(candidate)
            if state:
                name = f"{state['lineage']}-{state.get('serial', 0)}.tfstate"
                target = self._kept(re.sub(r"[^\w.-]", "_", name), candidate)
                errored.unlink(missing_ok=True)
                return target
        return None

    def _kept(self, name: str, text: str) -> Path:
        failures = []
        for directory in self._rescue_directories:
            try:
                directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_private(directory / name, text.encode())
                return directory / name
            except OSError as error:
                failures.append(f"{directory} ({error.strerror})")
        raise ConfigError(
            f"Terraform could not write {self.path}, and neither could it be kept in {' or '.join(failures)}."
            " What was made runs on, and costs money",
            hint=f"df -h .   # free 100 MB or more, then: {command('recover', self._stack)}",
        )

    def exchange(self, new: Path | None) -> Path | None:
        """Put a new state, or none, in the place of the old one; return where that, if any, is kept.

        Nothing is ever deleted: the old one stays beside it, 0600, with the time in its name.
        """
        kept = None
        if self.path.exists():
            kept = self.path.with_name(f"{self.path.name}.{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
            while kept.exists():
                kept = kept.with_name(f"{kept.name}-")
            self.path.chmod(0o600)
            self.path.rename(kept)
        if new:
            new.chmod(0o600)
            new.rename(self.path)
        return kept

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
        named = _stack_of(raw)
        if named not in ("", self._stack):
            raise self._damaged(f"that of another stack, {named!r}")
        return raw

    def _damaged(self, found: str) -> ConfigError:
        return ConfigError(f"the state file {self.path} is {found}", hint=command("recover", self._stack))


def _state(text: str) -> dict[str, Any] | None:
    """Return a state if `text` is a whole one."""
    try:
        raw = json.loads(text)
    except ValueError:
        return None
    return raw if isinstance(raw, dict) and raw.get("version") == 4 and "lineage" in raw else None


def _stack_of(raw: dict[str, Any]) -> str:
    """Return the stack that a state says it is of; empty where it has nothing that does."""
    found = [raw.get("outputs", {}).get("stack", {}).get("value")]
    for resource in raw.get("resources", []):
        tags = [i.get("attributes", {}).get("tags_all") or {} for i in resource.get("instances", [])]
        found += [it.get("gpuinfra:stack") for it in tags]
    return str(next(filter(None, found), ""))


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


def _host(outputs: dict[str, Any]) -> Host | None:
    fields = dataclasses.fields(Host)
    required = [f.name for f in fields if f.default is dataclasses.MISSING]
    if not outputs.get("instance_id") or any(n not in outputs for n in required):
        return None
    names = [f.name for f in fields if f.name in outputs]
    values: dict[str, Any] = {n: outputs[n] if outputs[n] is not None else "" for n in names}
    values["allowed_cidrs"] = tuple(values["allowed_cidrs"])
    return Host(**values)
