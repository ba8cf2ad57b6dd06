"""One refusal of AWS, and what its words are made of: what was asked for, and the next commands. Pure."""

from dataclasses import dataclass

from gpuinfra.ground.errors import STAYS_STOPPED
from gpuinfra.ground.model import Settings
from gpuinfra.ground.names import DEFAULT_STACK, command

# Operations on a host that is there already.
TO_A_HOST = ("StartInstances", "ModifyInstanceAttribute")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One refusal of AWS: its code, its own words, the operation, and what was asked for."""

    code: str
    message: str
    service: str
    operation: str
    settings: Settings | None

    @property
    def wanted(self) -> str:
        """Name the instance type and region, as far as they are known."""
        s = self.settings
        return f"{s.instance_type} in {s.region}" if s else "the host"

    @property
    def stack(self) -> str:
        """Return the stack that AWS was asked for."""
        return self.settings.stack if self.settings else DEFAULT_STACK

    @property
    def up(self) -> str:
        """Return the command that tries again, for this stack."""
        return command("up", self.stack)

    @property
    def plan(self) -> str:
        """Return the command that compares the stack with AWS and changes nothing."""
        return command("plan", self.stack)

    @property
    def status(self) -> str:
        """Return the command that says how the host is."""
        return command("status", self.stack)

    @property
    def after(self) -> str:
        """Say how the host is now, if one is there: only a host that lives is changed or started."""
        return STAYS_STOPPED if self.operation in TO_A_HOST else ""

    @property
    def said(self) -> str:
        """Return AWS's own words, and how the host is now."""
        return f"{self.message.removesuffix('.')}{self.after}" if self.after else self.message

    def elsewhere(self, places: str) -> str:
        """Return the step for a host that AWS does not give: none for a living one may make a new host."""
        if self.operation in TO_A_HOST:
            start, resize = command("start", self.stack), command("resize g5.xlarge", self.stack)
            return f"{start}   # later; another type: {resize}"
        return f"set another {places} in terraform.tfvars, then: {self.up}"

    @property
    def action(self) -> str:
        """Return what was asked for as IAM names it: ec2:RunInstances."""
        return f"{self.service.replace(' ', '')}:{self.operation}"

    @property
    def region(self) -> str:
        """Return the region, or a placeholder that reads well in a command."""
        return self.settings.region if self.settings else "REGION"
