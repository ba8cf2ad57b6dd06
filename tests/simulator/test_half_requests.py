"""A client that dies while it sends a request: AWS never had it."""

import socket
from urllib.parse import urlsplit

import pytest

from gpuinfra.simulator.client import Simulator
from tests.waiting import PATIENCE_S

BODY = b"Action=CreateKeyPair&Version=2016-11-15&KeyName=one"
HEAD = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=simulator/20261123/us-east-1/ec2/aws4_request\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
)


def sent(sim: Simulator, body: bytes) -> bytes:
    """Send the head and some of the body, end as a killed process does, and return the answer."""
    address = urlsplit(sim.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as connection:
        connection.sendall(HEAD + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


@pytest.mark.parametrize("came", [0, 10, len(BODY) - 1])
def test_half_a_request_is_no_call(sim: Simulator, came: int) -> None:
    """It is neither carried out nor logged: a shorter name would be that of another key pair."""
    assert sent(sim, BODY[:came]) == b""
    assert sim.calls() == []


def test_a_whole_request_is_one(sim: Simulator) -> None:
    """The same request counts where all of it came."""
    assert sent(sim, BODY).startswith(b"HTTP/1.1 200")
    assert [call.action for call in sim.calls()] == ["CreateKeyPair"]
