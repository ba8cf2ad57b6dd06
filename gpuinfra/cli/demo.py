"""The demo: no account, no cost."""

import os

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo() -> None:
    """Show a whole day against a simulated AWS, on this machine.

    No account, no cost; about 2 minutes.
    """
    from gpuinfra.features.demo import demo

    demo.demo(os.environ)
