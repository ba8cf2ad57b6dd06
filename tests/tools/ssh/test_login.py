"""What ssh's words mean, and what a login shell may say before our command."""

import pytest

from gpuinfra.ground.errors import HostError, Refused, Unreachable
from gpuinfra.tools.ssh import login

DENIED = "ubuntu@52.1.2.3: Permission denied (publickey)."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (DENIED, DENIED),
        (f'Load key "/k": bad permissions\n{DENIED}', f'Load key "/k": bad permissions; {DENIED}'),
        (
            f"sign_and_send_pubkey: signing failed: agent refused operation\n{DENIED}",
            f"sign_and_send_pubkey: signing failed: agent refused operation; {DENIED}",
        ),
        (
            "Received disconnect from 52.1.2.3 port 22:2: Too many authentication failures",
            "Received disconnect from 52.1.2.3 port 22:2: Too many authentication failures",
        ),
    ],
)
def test_a_refused_login_is_not_silence(said: str, told: str) -> None:
    """Waiting would not help; ssh's reason is told whole, not its last line alone."""
    error = login.failure(said)
    assert type(error) is Refused
    assert error.message == told


@pytest.mark.parametrize(
    "said",
    [
        "ssh: connect to host 52.1.2.3 port 22: Connection timed out",
        "ssh: connect to host 52.1.2.3 port 22: Connection refused",
        "kex_exchange_identification: Connection closed by remote host",
        '"System is booting up. See pam_nologin(8)"\nConnection closed by 1.2.3.4',
        "",
    ],
)
def test_what_may_pass_by_itself_is_waited_for(said: str) -> None:
    """A host that boots answers so."""
    assert type(login.failure(said)) is Unreachable


@pytest.mark.parametrize("noise", ["", "Welcome!\n", "no line end", '{"schema": 1, "state": "done"}\n'])
def test_what_the_login_shell_says_first_is_no_answer(noise: str) -> None:
    """A banner of ~/.bashrc is not taken for the host's status."""
    assert login.unmarked(f"{noise}{login.ANSWERS}\nthe answer\n") == "the answer\n"


def test_a_login_shell_that_ends_first_is_named() -> None:
    """exec tmux, exit: what it said, and where to look."""
    with pytest.raises(
        HostError, match="login shell ended before our program began; it answered 'open terminal"
    ):
        login.unmarked("open terminal failed: not a terminal\n")
