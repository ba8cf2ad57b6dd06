"""Terraform's local state file, read without starting Terraform.

`terraform output` hashes the whole 700 MB provider first; reading the file takes milliseconds.

Format: version 4, https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go
"""

import json
import re
from pathlib import Path
from typing import Any

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Record
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import make_private
from gpuinfra.tools.terraform import recorded


@adapter("Terraform's state file cannot be used")
class LocalState:
    """The StateFile port: one terraform.tfstate."""

    def __init__(self, path: Path, *, rescue_directory: Path) -> None:
        self.path = path
        self._rescue_directory = rescue_directory

    def read(self) -> Record:
        """Return what the state holds; an absent file is an empty record.

        Raises:
            ConfigError: the file is empty, cut off or not a state (Terraform would take an empty one for
                "nothing exists" and plan a second host), or says what no state of ours says.
        """
        if not self.path.exists():
            return Record()
        try:
            return recorded.record(self._load())
        except recorded.Malformed as error:
            raise self._damaged(f"not one of Terraform's: {error}") from None

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
                make_private(target.parent)
                target.touch(mode=0o600)
                target.write_text(candidate)
                errored.unlink(missing_ok=True)
                return target
        return None

    def _load(self) -> dict[str, Any]:
        text = self.path.read_text(encoding="utf-8", errors="replace")
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
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) and raw.get("version") == 4 and "lineage" in raw else None
