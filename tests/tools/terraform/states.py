"""A state file in a stack's folder, for the tests of what is read, kept and rescued."""

from pathlib import Path

from gpuinfra.tools.terraform.state import LocalState


def state_in(directory: Path, text: str | None = None) -> LocalState:
    """Return a state file with this text, if any."""
    path = directory / "stack" / "terraform.tfstate"
    path.parent.mkdir()
    if text is not None:
        path.write_text(text)
    return LocalState(path, stack="default", rescue_directories=(directory / "home", directory / "tmp"))
