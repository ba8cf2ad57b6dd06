"""Terraform, by way of python-terraform: it builds the command lines, the processes are ours.

python-terraform 0.10.1 (2019) can neither stream nor pass on Ctrl-C, and its apply, destroy and
output(name) fail on a current Terraform; its translation of options into an argument list is sound.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

from python_terraform import IsFlagged, Terraform

from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError, GpuInfraError, Interrupted, TerraformError
from gpuinfra.ground.model import Change, Outcome
from gpuinfra.ground.protocols import OnProgress
from gpuinfra.tools import process, verbose
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import write_private
from gpuinfra.tools.terraform import errors, plan_json, state_copy
from gpuinfra.tools.terraform.events import Events
from gpuinfra.tools.terraform.other_values import state_elsewhere
from gpuinfra.tools.terraform.provider_mirror import variables

# Adds the caller's credentials to an environment; the list is told why they could not be renewed.
Caller = Callable[[Mapping[str, str], list[GpuInfraError]], AbstractContextManager[Mapping[str, str]]]
JSON = {"json": IsFlagged}
UNASKED = {"input": False, "auto_approve": IsFlagged}
LOCK = ".terraform.lock.hcl"
# Without its lock Terraform asks the registry for versions, which needs a network.
RESTORE = f"git checkout -- terraform/{LOCK}   # the lock of the provider has gone"


class _CommandLine(Terraform):  # type: ignore[misc]  # no type information upstream
    """The half of python-terraform that we use."""

    def read_state_file(self, file_path: str | None = None) -> None:
        """Read nothing: the original fails on a damaged state before we can explain it."""


@adapter("Terraform cannot be run", hint=locations.set_up())
class TerraformCli:
    """The Provisioner port: real Terraform in one directory."""

    def __init__(
        self,
        *,
        binary: Path,
        directory: Path,
        env: Mapping[str, str],
        credentials: Caller,
        on_interrupt: Callable[[int], None],
        on_warning: Callable[[str], None],
    ) -> None:
        """Know where; `on_warning` is told what `init` warns of, which no outcome has."""
        self._line = _CommandLine(working_dir=str(directory), terraform_bin_path=str(binary))
        self._directory = directory
        self._env, self._credentials, self._values = env, credentials, dict[str, str]()
        self._on_interrupt, self._on_warning = on_interrupt, on_warning
        self._imports = directory / "gpuinfra-import.tf.json"
        self._state = directory / "terraform.tfstate"

    def init(self) -> None:
        """Install what the configuration needs, unless nothing has changed since the last time.

        Raises:
            ConfigError: the configuration keeps the state elsewhere, where gpuinfra does not see it.
        """
        self._imports.unlink(missing_ok=True)  # of a run that was killed: the ids may be others by now
        if elsewhere := state_elsewhere(self._directory):
            raise ConfigError(
                f"{elsewhere} keeps Terraform's state elsewhere (backend or cloud): gpuinfra reads"
                f" {self._state} only",
                hint=f"mv {elsewhere} {elsewhere}.off   # or work with plain terraform",
            )
        mark, stamp = self._fingerprint(), self._directory / ".terraform" / "gpuinfra-init"
        if stamp.exists() and stamp.read_text() == mark:
            return
        outcome = self._run("init", {"input": False, "backend": True}, lambda _: None)
        for warning in outcome.warnings:
            self._on_warning(errors.warned(warning))
        if outcome.interrupted:
            raise Interrupted(
                "stopped by Ctrl-C while Terraform installed its provider; nothing was changed in AWS"
            )
        if not outcome.ok:
            has_lock = (self._directory / LOCK).exists()
            raise errors.failed("terraform init", outcome, hint="" if has_lock else RESTORE)
        stamp.write_text(self._fingerprint())

    def give(self, values: Mapping[str, object]) -> None:
        """Set variables that no file holds, for all runs from now on."""
        self._values |= variables(values)

    def plan(self, out: Path, *, replace: Sequence[str], on_progress: OnProgress) -> Outcome:
        """Plan into a file that only its owner can read; with -v Terraform's own words are shown."""
        options = {"input": False, "out": str(out), "replace": list(replace)}
        outcome = self._run("plan", options, on_progress)
        if outcome.ok and verbose.is_on():
            shown = self._line.generate_cmd_string("show", str(out), no_color=IsFlagged)
            verbose.told(process.run(shown, cwd=self._directory, env=self._env).stdout)
        return outcome

    def details(self, plan: Path) -> tuple[Change, ...]:
        """Return a saved plan's changes, attribute by attribute."""
        shown = self._line.generate_cmd_string("show", str(plan), no_color=IsFlagged, **JSON)
        if (done := process.run(shown, cwd=self._directory, env=self._env)).returncode != 0:
            raise TerraformError(f"terraform show: {done.stderr.strip()}")
        return plan_json.changes(json.loads(done.stdout))

    def apply(
        self, plan: Path | None, *, replace: Sequence[str], target: Sequence[str], on_progress: OnProgress
    ) -> Outcome:
        """Apply a saved plan, or plan and apply in one start of the provider."""
        if plan is not None:
            return self._run("apply", {"input": False}, on_progress, str(plan))
        return self._run("apply", {**UNASKED, "replace": [*replace], "target": [*target]}, on_progress)

    def take_over(self, address: str, resource_id: str) -> None:
        """Record what exists at AWS already under an address of the configuration."""
        options = {"input": False, "no_color": IsFlagged}
        argv = self._line.generate_cmd_string("import", address, resource_id, **options)
        with self._credentials(self._env, []) as env, state_copy.kept(self._state):
            done = process.run(argv, cwd=self._directory, env=env)
        if done.returncode != 0:
            raise TerraformError(f"terraform import: {done.stderr.strip()}")

    def plan_import(
        self, out: Path, ids: Mapping[str, str], *, state: Path, on_progress: OnProgress
    ) -> Outcome:
        """Plan what takes over what these addresses have (the ids are those of `terraform import`).

        The state file that stands in the stack's directory is not looked at.
        """
        options = {"input": False, "out": str(out), "state": str(state), "backup": "-"}
        blocks = [{"to": address, "id": name} for address, name in ids.items()]
        try:
            write_private(self._imports, json.dumps({"import": blocks}).encode())
            return self._run("plan", options, on_progress)
        finally:
            self._imports.unlink(missing_ok=True)  # the plan holds them

    def apply_import(self, plan: Path, *, state: Path, on_progress: OnProgress) -> Outcome:
        """Apply such a plan; what is then known is written into a state file of its own."""
        options = {"input": False, "state": str(state), "backup": "-"}
        return self._run("apply", options, on_progress, str(plan))

    def refresh(self, *, on_progress: OnProgress) -> Outcome:
        """Write what AWS shows now, and pending moves of addresses, into the state; AWS is only asked."""
        return self._run("apply", {**UNASKED, "refresh_only": IsFlagged}, on_progress)

    def destroy(self, *, instead: Mapping[str, object], on_progress: OnProgress) -> Outcome:
        """Destroy everything in the state; `instead`: values for variables that no file sets any more."""
        return self._run("destroy", UNASKED, on_progress, env=variables(instead))

    def _run(
        self,
        command: str,
        options: dict[str, Any],
        on_progress: OnProgress,
        *args: str,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Outcome:
        argv = self._line.generate_cmd_string(command, *args, **options, **JSON)
        events, failures = Events(on_progress), list[GpuInfraError]()
        given = {**self._env, **self._values, **env}
        caller = nullcontext(given) if command == "init" else self._credentials(given, failures)
        with caller as child_env, state_copy.kept(self._state):
            ended = process.stream(
                argv,
                cwd=self._directory,
                env=child_env,
                on_line=events.take,
                on_interrupt=self._on_interrupt,
            )
        why = next(iter(failures), None)
        return events.outcome(ok=not ended.returncode, interrupted=ended.interrupted, credentials_ended=why)

    def _fingerprint(self) -> str:
        """Return what decides whether init has to run: the configuration, the lock, our CLI config.

        And where the modules really are: Terraform keeps that path, and would go on with those of another
        version, or of before `eject`.
        """
        modules = (self._directory / "modules").resolve()
        parts = [
            *sorted(self._directory.glob("*.tf")),
            self._directory / LOCK,
            *sorted(modules.rglob("*.tf")),
        ]
        config = self._env.get("TF_CLI_CONFIG_FILE", "")
        parts += [Path(config)] if config else []
        digest = hashlib.sha256()
        for path in parts:
            digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.is_file() else b"") + b"\0")
        return f"{modules}\n{digest.hexdigest()}\n"
