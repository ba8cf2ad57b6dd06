"""What an rsync between the project and the host is: its command line, its words as values.

The quick way of sync builds the very same command line by it.
"""

import os

from gpuinfra.ground.text import size
from gpuinfra.host.sync.records import PARTIAL, STATE

STOPPED = "stopped; what has arrived is kept, the same command goes on from there"
# What one line of rsync's --stats begins with, and what we call it.
STATS = {
    "Total bytes sent": "sent_bytes",
    "Total bytes received": "received_bytes",
}


def argv(rsync: str, ssh: "list[str]", *, source: str, target: str) -> "list[str]":
    """Return the command line that moves files into a staging folder; their paths come by stdin.

    Only files are asked for; links, owners, and modes but the executable bit are not taken. What is in the
    project already is the basis: of a large file that changed its difference is sent. -I: what a cut sync
    left in the staging folder is compared by content. No -z: a GPU host's network is faster than a core
    compresses.
    """
    rsh = " ".join(quoted(word) for word in ssh)
    base = [rsync, "-tEI", "--stats", f"--partial-dir={PARTIAL}", "-e", rsh, "--copy-dest=../.."]
    given = ["--files-from=-", "--from0", "--no-implied-dirs", "--ignore-missing-args"]
    return [*base, *given, "--", source, f"{target}{STATE}/stage/"]


def tar(root: str) -> "list[str]":
    """Return the command line that packs files of a folder; their paths come as rsync's do.

    Its exit code is not 0 if a file changed while it was read, too (GNU tar, "Return values").
    """
    times = "--pax-option=delete=atime,delete=ctime"
    return ["tar", "-c", "--format=posix", times, "-b512", "--no-recursion", "-C", root, "--null", "-T", "-"]


def untar(folder: str) -> "list[str]":
    """Return the command line that unpacks them on the host into the staging folder."""
    return ["tar", "-x", "--no-same-owner", "--no-same-permissions", "-C", f"{folder}/{STATE}/stage"]


def listed(paths: "list[str]") -> bytes:
    """Return paths as rsync and tar read them."""
    return b"".join(os.fsencode(f"./{path}") + b"\0" for path in paths)


def quoted(word: str) -> str:
    """Quote a word for rsync's -e, which knows quotes but no backslash."""
    return word if word.replace("/", "").replace("-", "").isalnum() else "'" + word.replace("'", "''") + "'"


def stats(text: str) -> "dict[str, int]":
    """Return the numbers of rsync's --stats."""
    found = dict.fromkeys(STATS.values(), 0)
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in STATS:
            found[STATS[name]] = int("".join(c for c in value.split("(")[0] if c.isdigit()) or 0)
    return found


def summary(found: "dict[str, int]", *, dry_run: bool) -> str:
    """Return a sync in one line."""
    if not found["files"] and not found["deleted"] and not found["created"]:
        return "up to date: nothing to transfer"
    verb = "would transfer" if dry_run else "transferred"
    gone = f", {'would delete' if dry_run else 'deleted'} {found['deleted']:,}" if found["deleted"] else ""
    one = "file" if found["files"] == 1 else "files"
    other = "" if found["files"] or found["deleted"] else " (but new folders or links)"
    return f"{verb} {found['files']:,} {one}, {size(found['size_bytes'])}{gone}{other}"
