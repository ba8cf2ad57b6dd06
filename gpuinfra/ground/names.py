"""Names that every start of the program needs; imports nothing that costs, so that --help is quick."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # collections costs each start 2 ms
    from collections.abc import Mapping

DEFAULT_STACK = "default"
ENDPOINT = "AWS_ENDPOINT_URL"
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
