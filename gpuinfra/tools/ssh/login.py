"""What ssh says when it gets no session, and what a login shell says in place of our program. Pure."""

from gpuinfra.ground.errors import HostError, Refused, Unreachable

# The server lets this key not in (sshd and ssh of OpenSSH 7 to 10); all else may pass by itself.
REFUSED = ("Permission denied (", "Too many authentication failures", "No supported authentication methods")
# The line before that says why ssh had no key to offer.
REASONS = ("Load key ", "sign_and_send_pubkey:", "no such identity:", "identity_sign:")
ANSWERS = "gpuinfra-host answers"


def failure(said: str) -> HostError:
    """Return what ssh's words mean: refused, or no way to the host (yet)."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["ssh gave no reason"]
    if not any(text in said for text in REFUSED):
        return Unreachable(lines[-1])
    reasons = [line for line in lines[:-1] if line.startswith(REASONS)]
    return Refused("; ".join([*reasons[-1:], lines[-1]]))


def marked(command: str) -> str:
    """Return the command with a line before its output: what the login shell says comes before that."""
    return f"echo {ANSWERS}; {command}"


def unmarked(output: str) -> str:
    """Return the output of a marked command.

    Raises:
        HostError: it was not run.
    """
    noise, mark, text = output.partition(f"{ANSWERS}\n")
    if not mark:
        raise no_start(noise)
    return text


def no_start(words: str) -> HostError:
    """Return the error for a login shell that ended before our program began: what it said instead."""
    return HostError(
        f"the host's login shell ended before our program began; it answered {words.strip()[-300:]!r}",
        hint="look into ~/.bashrc and /etc/bash.bashrc of the host: exec, exit and tmux belong behind a test"
        " such as  [ -t 0 ] &&",
    )
