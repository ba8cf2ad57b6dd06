"""Every error that a user may meet, with its exit code; nothing here imports anything of ours."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs each start 5 ms
    from typing import Self

EXIT_BUG = 1
EXIT_INTERRUPTED = 130
# What is said last of a host that EC2 does not change or start.
STAYS_STOPPED = "; the host is stopped, its disk is safe"


class GpuInfraError(Exception):
    """Something the user can act on: what happened, the value found, and one command to type next."""

    exit_code = EXIT_BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"  next: {hint}")  # where Python shows it: in a notebook

    def retell(self, message: str, *, hint: str) -> "Self":
        """Return this very error with what is known since; it stays the error of its kind."""
        self.args, self.message, self.hint = (message,), message, hint
        self.__dict__.pop("__notes__", None)
        if hint:
            self.add_note(f"  next: {hint}")
        return self


class ConfigError(GpuInfraError):
    """A file or an option is wrong; nothing was contacted."""

    exit_code = 2


class TerraformError(GpuInfraError):
    """Terraform refused, or could not be run."""

    exit_code = 3


class Locked(TerraformError):
    """Another run works on the stack just now."""


class CloudError(GpuInfraError):
    """AWS refused; code: AWS's own, such as InsufficientInstanceCapacity, empty where it said none."""

    exit_code = 4
    code = ""


class NotReached(CloudError):
    """AWS gave no answer: the network does not lead there, or a connection broke."""


class NotAccepted(CloudError):
    """AWS does not take the credentials: they are false, or it does not know them where it was asked."""


class MayNot(CloudError):
    """The caller has not the right to do it, or to ask."""


class AlreadyExists(CloudError):
    """AWS has already what it was to make: an earlier answer was lost, or somebody else made it."""


class HostError(GpuInfraError):
    """There is no host, or it cannot be reached, or it is not ready."""

    exit_code = 5


class Unreachable(HostError):
    """A host does not let us in, or not yet; the message is the reason as far as it is known."""


class Refused(HostError):
    """A host answers and does not let this key in; waiting would change nothing."""


class Stopped(HostError):
    """A host is stopped, or about to be; its disk is kept, and it can be started."""


class KeyChanged(HostError):
    """A host shows another key than the one that AWS's console showed: a hard stop."""


class Interrupted(GpuInfraError):
    """The user pressed Ctrl-C: told as no error; the message says what exists now."""

    exit_code = EXIT_INTERRUPTED


class Declined(Interrupted):
    """The user answered a question with no."""
