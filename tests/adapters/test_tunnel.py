"""The tunnel adapter: this machine's ports, and an ssh that ends at once."""

import socket
from pathlib import Path

from gpuinfra.adapters.tunnel import SshTunnel


def test_a_port_in_use_is_taken_and_the_next_free_one_found() -> None:
    """As the operating system says, at this moment."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        tunnel = SshTunnel()
        assert tunnel.taken(port)
        assert tunnel.free(port) > port


def test_an_ssh_that_fails_is_not_up_and_says_why(tmp_path: Path) -> None:
    """Its last line is the reason."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\necho noise >&2\necho "$@" >&2\nexit 255\n')
    ssh.chmod(0o755)
    tunnel = SshTunnel()
    carried = tunnel.carry([str(ssh), "-F", "conf", "alias"], local=tunnel.free(20000), remote=22)
    assert not carried.up(timeout_s=5)
    words = carried.wait()
    carried.end()
    assert words.startswith("-F conf -N -T -o ControlPath=none")
    assert words.endswith("alias")
    assert "-L 127.0.0.1:2" in words
    assert ":127.0.0.1:22 alias" in words
