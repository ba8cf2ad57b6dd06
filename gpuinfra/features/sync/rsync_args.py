"""What an rsync between the project and the host is: its command line, its words as values. Pure.

Imports nothing that costs: the quick way of `sync up` builds the very same command line by it.
"""

from gpuinfra.ground.text import size

# Beside a file whose transfer was cut, the part that arrived: the next sync goes on from there.
PARTIAL = ".gpuinfra-partial"
# On the host alone: what `--delete` must leave there (repositories that `clone` put beside the project).
KEEP = ".gpuinfra-keep"
# Read in every folder; the lines of the second come after those of the first.
IGNORE_FILES = (".gitignore", ".gpuinfraignore")
# Never sent; then the rules of this side's ignore files (ignores.py), from stdin.
OUR_FILTERS = ("--exclude=.git", f"--exclude={PARTIAL}", "--filter=merge -")
CHANGE = "gpuinfra-change"
STOPPED = "stopped; what has arrived is kept, the same command goes on from there"
# What one line of rsync's --stats begins with, and what we call it.
STATS = {
    "Number of regular files transferred": "files",
    "Total transferred file size": "size_bytes",
    "Number of deleted files": "deleted",
    "Number of created files": "created",
    "Total bytes sent": "sent_bytes",
    "Total bytes received": "received_bytes",
}


def argv(
    rsync: str, ssh: "list[str]", *, source: str, target: str, up: bool, part: str = "", delete: bool = False
) -> "list[str]":
    """Return the command line of a sync of `part` of the project (empty: all of it), options to be added.

    Its stdin is the rules of this side's ignore files.
    -a keeps times and modes; no -z: a GPU host's network is faster than a core compresses.
    """
    rsh = " ".join(quoted(word) for word in ssh)
    base = [rsync, "-a", "--stats", f"--partial-dir={PARTIAL}", "-e", rsh]
    filters = [*only(part), *OUR_FILTERS, *theirs(up=up, part=part, delete=delete)]
    return [*base, *filters, "--", source, target]


def theirs(*, up: bool, part: str, delete: bool) -> "list[str]":
    """Return the filters by which the host's own ignore files count: of caches, say, that it alone has.

    rsync reads them there, in its own way, which is coarser than git's: exceptions (!) are none.
    """
    kept = f"--filter=:e {KEEP}" if up and delete else f"--exclude={KEEP}"
    if part or (up and not delete):
        return [kept]
    return [kept, *(f"--filter=:{'-r' if up else '-'} {name}" for name in IGNORE_FILES)]


def only(part: str) -> "list[str]":
    """Return the filters that leave out all but one path, which itself is taken though it be ignored."""
    filters, above = [], "/"
    for name in filter(None, part.split("/")):
        here = above + "".join("\\" + c if c in "*?[\\" else c for c in name)
        filters += [f"--filter=+ {here}", f"--filter=- {above}*"]
        above = f"{here}/"
    return filters


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


def changes(text: str) -> "tuple[list[str], list[str]]":
    """Return the paths that are (or would be) sent and deleted, from lines of --out-format."""
    sent, deleted = [], []
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        if mark == CHANGE:
            what, _, name = rest.partition(" ")
            if what == "*deleting":
                deleted.append(name.lstrip())
            elif what[:1] in "<>c" and not name.endswith("/"):
                sent.append(name)
    return sent, deleted


def summary(found: "dict[str, int]", *, dry_run: bool) -> str:
    """Return a sync in one line."""
    if not found["files"] and not found["deleted"] and not found["created"]:
        return "up to date: nothing to transfer"
    verb = "would transfer" if dry_run else "transferred"
    gone = f", {'would delete' if dry_run else 'deleted'} {found['deleted']:,}" if found["deleted"] else ""
    one = "file" if found["files"] == 1 else "files"
    other = "" if found["files"] or found["deleted"] else " (but new folders or links)"
    return f"{verb} {found['files']:,} {one}, {size(found['size_bytes'])}{gone}{other}"
