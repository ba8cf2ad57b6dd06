"""Names that every start of the program needs; imports nothing that costs, so that --help is quick."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # collections costs each start 2 ms
    from collections.abc import Mapping

DEFAULT_STACK = "default"
ENDPOINT = "AWS_ENDPOINT_URL"
CHANNEL_ALIAS = "CONDA_CHANNEL_ALIAS"  # conda's own variable for a mirror
# Groups of commands, whose name a command follows, and what has no --stack; held by tests/cli/test_hints.py.
GROUPS = ("docker", "dlc", "env", "gpu", "guard", "job", "lease", "quota", "sync")
OF_NO_STACK = ("version", "eject", "trust", "list", "leaks", "demo", "skill", "ssm-proxy")
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")


def is_simulated(environ: "Mapping[str, str]") -> bool:
    """Tell whether AWS calls go to this machine: then every screen has to say so."""
    scheme, _, rest = environ.get(ENDPOINT, "").partition("://")
    host, _, port = rest.partition("/")[0].rpartition(":")  # urllib.parse would cost each start 5 ms
    # what is not a number there may lead on: http://127.0.0.1:80@elsewhere/
    return scheme == "http" and host in LOOPBACK and port.isdecimal()


def command(verb: str, stack: str) -> str:
    """Return a command line to type, for this stack: what hints are made of."""
    ours, dashes, remote = verb.partition(" -- ")
    option = "" if stack == DEFAULT_STACK else f" --stack {stack}"
    return f"gpuinfra {ours}{option}{dashes}{remote}"


def of_stack(text: str, stack: str) -> str:
    """Return a hint with --stack at each of its commands that lacks it, so that none is about another host.

    For hints made where nobody knows the stack: of a pure function, of a lock file, of an AWS error.
    """
    if stack == DEFAULT_STACK:
        return text
    import re  # a start that goes well needs none

    words = rf"gpuinfra (?:(?:{'|'.join(GROUPS)}) )?[a-z][a-z-]*(?![\w-])"
    # up to the next command, what the shell or a reader takes for its end, or a command of the host's
    ours = re.compile(rf"({words})((?:(?!gpuinfra | -- |  #|&&|[;`()|]).)*)")

    def with_stack(found: re.Match[str]) -> str:
        verb, rest = found[1].removeprefix("gpuinfra "), found[2]
        if verb.split()[0] in OF_NO_STACK or "--stack " in rest:
            return found[0]
        return f"{found[1]} --stack {stack}{rest}"

    return ours.sub(with_stack, text)
