"""The command lines that messages tell the user to type."""

from gpuinfra.ground.names import DEFAULT_STACK


def command(verb: str, stack: str) -> str:
    """Return a command line to type, for this stack."""
    ours, dashes, theirs = verb.partition(" -- ")
    option = "" if stack == DEFAULT_STACK else f" --stack {stack}"
    return f"gpuinfra {ours}{option}{dashes}{theirs}"
