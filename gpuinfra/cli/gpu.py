"""The host's GPUs: `gpuinfra gpu ...`."""

import os

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(help="The host's GPUs.", no_args_is_help=True)
    group.callback()(lambda: None)  # or typer would take its only command for the group
    group.command("test")(gpu_test)
    app.add_typer(group, name="gpu")


def gpu_test(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Check CUDA and its devices, and measure each.

    Matrix products (TFLOP/s) and copies to and from the GPU (GB/s).
    """
    from gpuinfra.features.gpu import benchmark

    tested = benchmark.gpu_test(factory.world(stack, os.environ))
    result(tested.text(), tested.values, as_json)
    tested.refuse()
