"""Values of --env leave the command line."""

import pytest

from gpuinfra.cli.hidden_env import without_values


@pytest.mark.parametrize(
    ("given", "shown", "hidden"),
    [
        (["run", "--env", "K=v"], ["run", "--env", "K"], {"K": "v"}),
        (
            ["-e", "K=a=b", "-eA=b", "--env=Z="],
            ["-e", "K", "-eA", "--env=Z"],
            {"K": "a=b", "A": "b", "Z": ""},
        ),
        (["--env", "HERE", "--name", "x=y"], ["--env", "HERE", "--name", "x=y"], {}),
    ],
)
def test_values_leave_the_command_line(given: list[str], shown: list[str], hidden: dict[str, str]) -> None:
    """In each form that the option has; nothing else is touched."""
    assert without_values(given) == (shown, hidden)
