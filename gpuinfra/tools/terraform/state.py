"""Terraform's local state file, read without starting Terraform.

`terraform output` hashes the whole 700 MB provider first; reading the file takes milliseconds.

Format: version 4, https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go
"""

import dataclasses
import json
import re
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from gpuinfra.ground.errors import ConfigError, TerraformError
from gpuinfra.ground.model import Record
from gpuinfra.ground.names import command
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import is_ours_alone, write_private
from gpuinfra.tools.terraform import recorded, state_copy, state_parts


@adapter("Terraform's state file cannot be used")
class LocalState:
    """The StateFile port: one terraform.tfstate."""

    def __init__(self, path: Path, *, stack: str, rescue_directories: Sequence[Path]) -> None:
        self.path = path
        self._stack = stack
        self._rescue_directories = rescue_directories

    def read(self) -> Record:
        """Return what the state holds; an absent file is an empty record.

        Where a run was killed while it wrote the file, what it held before that run counts.

        Raises:
            ConfigError: the file is empty, cut off, not a state (Terraform would take an empty one for
                "nothing exists" and plan a second host), another stack's, or says what no state of ours says.
        """
        text, is_older = self._text()
        if not text and (is_older or not self.path.exists()):
            return Record()
        try:
            record = dataclasses.replace(recorded.record(self._load(text)), is_older=is_older)
        except recorded.Malformed as error:
            raise self._damaged(f"not one of Terraform's: {error}") from None
        named = str(record.outputs.get("stack") or (record.tags.stack if record.tags else ""))
        if named not in ("", self._stack):
            raise self._damaged(f"that of another stack, {named!r}")
        return record

    def text(self) -> str:
        """Return the whole of it as Terraform wrote it; empty where there is none."""
        return self._text()[0]

    def take_out(self, addresses: Collection[str]) -> None:
        """Forget these, in one step: they live on at AWS, and Terraform knows them no more.

        Raises:
            TerraformError: another run is using the state.
        """
        self._write(state_parts.without(self._load(self.text()), addresses))

    def put_back(self, before: str, addresses: Collection[str], *, into: Path | None = None) -> None:
        """Record these as an earlier state has them, with its outputs; `into`: a copy, the state stays.

        Raises:
            TerraformError: another run is using the state.
        """
        found = state_parts.with_those_of(self._load(self.text()), self._load(before), addresses)
        self._write(found, into)

    def _write(self, raw: dict[str, Any], into: Path | None = None) -> None:
        if into is None and state_copy.is_in_use(self.path):
            raise TerraformError(
                f"another run is using {self.path}",
                hint=command("status", self._stack) + "   # once it ended",
            )
        write_private(into or self.path, json.dumps(raw, indent=2).encode() + b"\n")

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
            if not is_ours_alone(directory):  # one is in a folder that all users of the machine share
                failures.append(f"{directory} (it cannot be made, or others can write there)")
                continue
            try:
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

    def _text(self) -> tuple[str, bool]:
        """Return the text that counts, empty where there is none, and whether it is that of before a kill."""
        if not self.path.exists():
            return "", False
        text = self.path.read_text(encoding="utf-8", errors="replace")
        held = state_copy.before(self.path) if state_copy.is_cut_off(text) else None
        return (text, False) if held is None else (held, True)

    def _load(self, text: str) -> dict[str, Any]:
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            found = "empty (0 bytes)" if not text.strip() else f"damaged ({error})"
            raise self._damaged(found) from None
        if not isinstance(raw, dict) or raw.get("version") != 4:
            version = raw.get("version") if isinstance(raw, dict) else None
            raise self._damaged(f"not a version 4 state (version: {version})")
        return raw

    def _damaged(self, found: str) -> ConfigError:
        return ConfigError(f"the state file {self.path} is {found}", hint=command("recover", self._stack))


def _state(text: str) -> dict[str, Any] | None:
    """Return a state if `text` is a whole one."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) and raw.get("version") == 4 and "lineage" in raw else None
