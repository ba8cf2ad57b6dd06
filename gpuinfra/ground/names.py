"""Names that every start of the program needs; imports nothing that costs, so that --help is quick."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # collections costs each start 2 ms
    from collections.abc import Mapping

DEFAULT_STACK = "default"
ENDPOINT = "AWS_ENDPOINT_URL"
LOOPBACK = ("http://127.0.0.1:", "http://[::1]:", "http://localhost:")


def is_simulated(environ: "Mapping[str, str]") -> bool:
    """Tell whether AWS calls go to this machine: then every screen has to say so."""
    return environ.get(ENDPOINT, "").startswith(LOOPBACK)


def command(verb: str, stack: str) -> str:
    """Return a command line to type, for this stack: what hints are made of."""
    ours, dashes, remote = verb.partition(" -- ")
    option = "" if stack == DEFAULT_STACK else f" --stack {stack}"
    return f"gpuinfra {ours}{option}{dashes}{remote}"
