"""The WebSocket alone, against a server here: what opens it, what ends it, and that silence is noticed."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from gpuinfra.ground.errors import CloudError
from gpuinfra.tools.ssm.protocols import ChannelLost
from gpuinfra.tools.ssm.websocket import dial
from tests.waiting import PATIENCE_S

Answer = Callable[[ServerConnection, Request], Response | None]


def received(
    speak: Callable[[ServerConnection], Awaitable[None]],
    answer: Answer | None = None,
    ping_s: float = PATIENCE_S,
    over: asyncio.Event | None = None,
) -> list[bytes]:
    """Dial a server that speaks so; return what came until it ended, and say by `over` that it has."""

    async def listen() -> list[bytes]:
        async with serve(speak, "127.0.0.1", 0, process_request=answer, close_timeout=1) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            channel = await dial(f"ws://127.0.0.1:{port}/v1", {"X-Signed": "yes"}, ping_s=ping_s)
            try:
                return [it async for it in channel]
            finally:
                if over:
                    over.set()
                await channel.close()

    return asyncio.run(asyncio.wait_for(listen(), PATIENCE_S))


async def nothing(ws: ServerConnection) -> None:
    """Hang up."""


def test_text_means_nothing_and_a_normal_end_is_an_end() -> None:
    """AWS ends its connections once an hour so (1000): the session asks for another one then."""

    async def speak(ws: ServerConnection) -> None:
        assert ws.request
        await ws.send("words")
        await ws.send(ws.request.headers["X-Signed"].encode())

    assert received(speak) == [b"yes"]


def test_a_reset_is_a_loss() -> None:
    """Without a goodbye."""

    async def speak(ws: ServerConnection) -> None:
        ws.transport.abort()

    with pytest.raises(ChannelLost, match="the connection was cut"):
        received(speak)


def test_silence_is_a_loss() -> None:
    """The laptop is in another network now: nothing comes, nothing is refused, no ping is answered."""
    over = asyncio.Event()

    async def speak(ws: ServerConnection) -> None:
        ws.transport.pause_reading()
        await over.wait()
        ws.transport.abort()

    with pytest.raises(ChannelLost, match="ping"):
        received(speak, ping_s=0.1, over=over)


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
def test_a_refusal_is_final(status: HTTPStatus) -> None:
    """A permission is missing: another try would end the same way."""
    with pytest.raises(CloudError, match=f"refused the session's stream .HTTP {status.value}"):
        received(nothing, lambda ws, request: ws.respond(status, "no\n"))


@pytest.mark.parametrize("status", [HTTPStatus.FOUND, HTTPStatus.SERVICE_UNAVAILABLE])
def test_any_other_answer_is_tried_again(status: HTTPStatus) -> None:
    """A redirection too: the address was checked, that to which it leads was not."""

    def answer(ws: ServerConnection, request: Request) -> Response:
        found = ws.respond(status, "later\n")
        found.headers["Location"] = "ws://127.0.0.1:1/elsewhere"
        return found

    with pytest.raises(ChannelLost, match=f"HTTP {status.value}"):
        received(nothing, answer)


def test_nobody_there_is_a_loss() -> None:
    """No network now."""
    with pytest.raises(ChannelLost, match="no connection to AWS"):
        asyncio.run(dial("ws://127.0.0.1:1/v1", {}))
