"""A session without a network: what the agent says, and what comes of it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping

import pytest

from gpuinfra.ground.errors import GpuInfraError, HostError, Unreachable
from gpuinfra.tools.ssm.protocols import ChannelLost, Sides, StreamToken
from gpuinfra.tools.ssm.session import carry
from tests.tools.ssm import frames

HANDSHAKE = (
    b'{"RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":{"SessionType":"Port"}}]}'
)


class FakeApi:
    """Session Manager's calls: one session, which cannot be resumed."""

    def __init__(self) -> None:
        self.terminated: list[str] = []

    def start(self, target: str, port: int) -> StreamToken:
        return StreamToken(session_id="me-1", url="ws://127.0.0.1:1/v1/data-channel/me-1", token="t")

    def resume(self, session_id: str) -> StreamToken | None:
        return None

    def terminate(self, session_id: str) -> None:
        self.terminated.append(session_id)

    def sign(self, url: str) -> Mapping[str, str]:
        return {}


class Agent:
    """The Channel port; says what it is told to, one message after the other, then hangs up."""

    def __init__(self, *says: bytes) -> None:
        self._says = list(says)
        self.heard: list[frames.Frame] = []
        self.heard_so_far: list[list[bytes]] = []

    async def send(self, data: bytes | str) -> None:
        if isinstance(data, bytes):
            self.heard.append(frames.unpack(data))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for message in self._says:
            for _ in range(100):  # nothing here waits for the network: all that can be sent now is sent
                await asyncio.sleep(0)
            self.heard_so_far.append([it.payload for it in self.heard if it.kind == 1])
            yield message
        raise ChannelLost("cut")

    async def close(self) -> None:
        pass


class Ssh:
    """The Local port: one greeting, then nothing more."""

    def __init__(self) -> None:
        self._greeting = [b"SSH-2.0-here"]
        self.got = b""

    async def read(self) -> bytes:
        if not self._greeting:
            await asyncio.Event().wait()
        return self._greeting.pop()

    async def write(self, data: bytes) -> None:
        self.got += data


def speak(*says: bytes) -> tuple[Agent, Ssh, FakeApi, GpuInfraError | None]:
    """Carry a session with an agent that says this; the error is what the user gets to see."""
    agent, ssh, api = Agent(*says), Ssh(), FakeApi()

    async def dial(url: str, headers: Mapping[str, str]) -> Agent:
        return agent

    sides = Sides(api=api, dial=dial, local=ssh, now=time.time, region="us-east-1", simulated=True)
    try:
        asyncio.run(carry(sides, target="i-1", port=22))
    except GpuInfraError as error:
        return agent, ssh, api, error
    finally:
        assert api.terminated == ["me-1"], "whatever happens, AWS is told"
    return agent, ssh, api, None


def output(number: int, kind: int, payload: bytes) -> bytes:
    """Return a message of the stream from the host."""
    return frames.pack("output_stream_data", number, 0, kind, payload)


def alone(kind: str, **said: str) -> bytes:
    """Return a message that belongs to no stream."""
    return frames.pack(kind, 0, 3, 0, json.dumps(said).encode())


OPENED = (output(0, 5, HANDSHAKE), output(1, 7, b"{}"))


def test_bytes_pass_and_the_end_is_no_error() -> None:
    """The greeting goes there after the handshake, what the host says comes back."""
    agent, ssh, _, error = speak(*OPENED, output(2, 1, b"SSH-2.0-there"), alone("channel_closed", Output=""))
    assert error is None
    assert ssh.got == b"SSH-2.0-there"
    assert b"SSH-2.0-here" in [it.payload for it in agent.heard]


def test_a_reason_that_aws_gives_is_passed_on() -> None:
    """An administrator has ended it, or it was idle for too long."""
    _, _, _, error = speak(*OPENED, alone("channel_closed", Output="Your session timed out.\n"))
    assert isinstance(error, HostError)
    assert error.message == "Session Manager closed the session to i-1: Your session timed out."


def test_a_pause_is_kept() -> None:
    """Nothing is sent before the agent takes it again."""
    handshake, done = OPENED
    pause, go, end = (
        alone("pause_publication"),
        alone("start_publication"),
        alone("channel_closed", Output=""),
    )
    agent, _, _, error = speak(handshake, pause, done, go, output(2, 1, b"x"), end)
    assert error is None
    assert [b"SSH-2.0-here" in it for it in agent.heard_so_far] == [False] * 4 + [True] * 2


@pytest.mark.parametrize("noise", [b"", b"x" * 200, output(2, 1, b"abc")[:-1]])
def test_noise_ends_it_with_a_plain_word(noise: bytes) -> None:
    """Not with a traceback, and none of it reaches ssh."""
    _, ssh, _, error = speak(*OPENED, noise)
    assert isinstance(error, HostError)
    assert "sent a message that is not one" in error.message
    assert ssh.got == b""


def test_a_cut_that_cannot_be_resumed_says_why() -> None:
    """AWS no longer knows the session."""
    _, _, _, error = speak(*OPENED)
    assert isinstance(error, HostError)
    assert error.message == "the session to i-1 has ended: cut"


def test_an_sshd_that_does_not_answer_yet_is_waited_for() -> None:
    """The agent says so by a flag; who waits for a host tries again."""
    _, _, _, error = speak(OPENED[0], output(1, 10, (3).to_bytes(4, "big")))
    assert isinstance(error, Unreachable)
