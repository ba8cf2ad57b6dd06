"""Where gpuinfra runs, and how what it needs there is installed; imports nothing: quick commands read it."""

NOT_ON_WINDOWS = """\
error: gpuinfra does not run on Windows itself: its OpenSSH has no shared connections, and rsync is missing
  next: wsl --install   # then, in Ubuntu there: clone again, and make up
"""
OPENSSH = {
    "darwin": "brew install openssh   # macOS brings one in /usr/bin: is that on PATH?",
    "linux": "sudo apt-get install openssh-client   # or your distribution's way",
}
RSYNC = {
    "darwin": "brew install rsync",
    "linux": "sudo apt-get install rsync   # or your distribution's way",
}


def refusal(platform: str) -> str:
    """Return why gpuinfra cannot run on a platform (sys.platform), empty when it can."""
    return NOT_ON_WINDOWS if platform in ("win32", "cygwin") else ""


def install_openssh(platform: str) -> str:
    """Return the command that installs OpenSSH's client."""
    return OPENSSH.get(platform, OPENSSH["linux"])


def install_rsync(platform: str) -> str:
    """Return the command that installs rsync 3."""
    return RSYNC.get(platform, RSYNC["linux"])
