"""Host keys in a console's text: only a whole block of this very host counts."""

import base64

import pytest

from gpuinfra.tools.ssh.host_keys import BEGIN, END, known_hosts, parse

TOKEN = "0123456789abcdef" * 2


def key(name: str, body: bytes = b"k" * 32) -> str:
    """Return a public key line whose data is of the type that it names."""
    raw = len(name).to_bytes(4, "big") + name.encode() + len(body).to_bytes(4, "big") + body
    return f"{name} {base64.b64encode(raw).decode()}"


def block(*lines: str, token: str = TOKEN) -> str:
    """Return a block."""
    return "\n".join([BEGIN.format(token=token), *lines, END.format(token=token)])


ED, RSA = key("ssh-ed25519"), key("ssh-rsa", b"r" * 300)


def test_a_whole_block() -> None:
    """All its keys, in their order; comments behind a key are dropped."""
    assert parse(block(f"{ED} root@host", RSA), token=TOKEN) == [ED, RSA]


@pytest.mark.parametrize("noise", ["[   12.3] ci-info: {}", "\x1b[0;32m{}\x1b[0m", "{}\r", "   {}   "])
def test_a_console_is_noisy(noise: str) -> None:
    """The kernel's time, colours, carriage returns: the lines are found all the same."""
    text = "\n".join(noise.format(line) for line in block(ED).split("\n"))
    assert parse(f"boot\n{text}\nlogin: ", token=TOKEN) == [ED]


def test_the_last_block_counts() -> None:
    """A host prints at every boot; a key that was renewed replaces the old one."""
    new = key("ssh-ed25519", b"n" * 32)
    assert parse(block(ED) + "\n" + block(new), token=TOKEN) == [new]


def test_a_half_block_at_the_end_keeps_the_whole_one() -> None:
    """A console that is read while it is written."""
    assert parse(f"{block(ED)}\n{BEGIN.format(token=TOKEN)}\n{RSA}", token=TOKEN) == [ED]


@pytest.mark.parametrize(
    "line",
    [
        "ssh-ed25519 AAAA",
        "ssh-ed25519 !!!!",
        f"ssh-rsa {ED.split()[1]}",
        ED[:-12],  # a line of the kernel's came between: still base64, still of its type, and not the key
        "ssh-dss AAAAB3NzaC1kc3M=",
        "* ssh-ed25519",
        "",
    ],
)
def test_what_is_no_key_is_left_out(line: str) -> None:
    """The name and the data must say the same type."""
    assert parse(block(line), token=TOKEN) == []
    assert parse(block(line, ED), token=TOKEN) == [ED]


def test_another_token_is_another_host() -> None:
    """Whoever can write to the console, but does not know the token, pins nothing."""
    assert parse(block(ED, token="f" * 32), token=TOKEN) == []
    assert parse(block(ED) + "\n" + block(RSA, token="f" * 32), token=TOKEN) == [ED]


def test_known_hosts() -> None:
    """One line for each key, under the instance id."""
    assert known_hosts("i-1", [ED, RSA]) == f"i-1 {ED}\ni-1 {RSA}\n"
    assert known_hosts("i-1", []) == ""
