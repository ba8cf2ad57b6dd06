"""One session: ssh's bytes to the host and back, over connections that may be cut and resumed."""

import asyncio
import uuid
from contextlib import suppress

from gpuinfra.ground.errors import HostError, Unreachable
from gpuinfra.tools.ssm import handshake, messages
from gpuinfra.tools.ssm.endpoint import checked
from gpuinfra.tools.ssm.messages import Message
from gpuinfra.tools.ssm.protocols import ChannelLost, DataChannel, LocalClosed, Sides, StreamToken
from gpuinfra.tools.ssm.stream import Incoming, Outgoing

# Bytes of ssh in one message: what the plugin sends, so what the gateway is known to take.
CHUNK = 1024
HANDSHAKE_TIMEOUT_S = 30.0
LOOK_S = 0.1
# Before each try to go on after a cut; ssh itself gives up after a minute of silence.
PAUSES_S = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# For the host's last words once ssh has ended.
FAREWELL_S = 2.0


async def carry(sides: Sides, *, target: str, port: int) -> None:
    """Carry bytes between ssh and a port of an instance until either ends; AWS is told in every case.

    Raises:
        GpuInfraError: it could not begin, or it ended otherwise than by either side's will.
    """
    ticket = sides.api.start(target, port)
    try:
        await Session(sides, target=target).run(ticket)
    except messages.BadMessage as bad:
        raise HostError(f"Session Manager sent a message that is not one: {bad}") from None
    finally:
        sides.api.terminate(ticket.session_id)


class Session:
    """What outlives a connection: the numbers of both streams, and what waits to be acknowledged."""

    def __init__(self, sides: Sides, *, target: str) -> None:
        self._sides = sides
        self._target = target
        self._client_id = str(uuid.uuid4())
        self._out, self._in = Outgoing(), Incoming()
        self._channel: DataChannel | None = None
        self._ready, self._room, self._unpaused = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._unpaused.set()
        self._failed_tries = 0

    async def run(self, ticket: StreamToken) -> None:
        """Carry bytes until the agent closes the session, or ssh does, or neither is possible any more."""
        tasks = {asyncio.create_task(it) for it in (self._listen(ticket), self._upload(), self._repeat())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            with suppress(LocalClosed):
                for task in done:
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, ticket: StreamToken) -> None:
        while True:
            try:
                return await self._converse(ticket)
            except ChannelLost as lost:
                ticket = await self._resumed(ticket, lost)

    async def _converse(self, ticket: StreamToken) -> None:
        """Use one connection until the agent closes the session; raises ChannelLost when it is cut."""
        url = checked(ticket.url, region=self._sides.region, simulated=self._sides.simulated)
        channel = await self._sides.dial(url, self._sides.api.sign(url))
        try:
            request_id = str(uuid.uuid4())
            await channel.send(
                handshake.opening(ticket.token, request_id=request_id, client_id=self._client_id)
            )
            for raw in self._out.all_again(self._sides.now()):
                await channel.send(raw)
            self._channel = channel
            async for raw in channel:
                self._failed_tries = 0
                if await self._take(messages.unpack(raw), channel):
                    return
        finally:
            self._channel = None
            await channel.close()
        raise ChannelLost("the connection was closed")

    async def _resumed(self, ticket: StreamToken, lost: ChannelLost) -> StreamToken:
        """Ask AWS for another way to the same session."""
        while self._failed_tries < len(PAUSES_S):
            await asyncio.sleep(PAUSES_S[self._failed_tries])
            self._failed_tries += 1
            try:
                found = await asyncio.to_thread(self._sides.api.resume, ticket.session_id)
            except ChannelLost as again:
                lost = again
                continue
            if found is None:
                raise HostError(
                    f"the session to {self._target} has ended: {lost}", hint="run the same command again"
                )
            return found
        raise Unreachable(
            f"the connection to {self._target} was lost: {lost}", hint="run the same command again"
        )

    async def _take(self, message: Message, channel: DataChannel) -> bool:
        """Take one message from the host; tell whether it was the last."""
        if message.type == messages.ACK:
            self._out.acknowledged(messages.acknowledged(message), self._sides.now())
            self._room.set()
        elif message.type == messages.OUTPUT and self._in.is_taken(message):
            for it in self._in.in_order(message):
                await self._deliver(it)
            await channel.send(self._packed(messages.acknowledge(message)))
        elif message.type == messages.PAUSE:
            self._unpaused.clear()
        elif message.type == messages.START:
            self._unpaused.set()
        elif message.type == messages.CLOSED:
            self._closed(str(message.json().get("Output") or ""))
            return True
        return False

    def _closed(self, why: str) -> None:
        if why:
            raise HostError(f"Session Manager closed the session to {self._target}: {why.strip()}")

    async def _deliver(self, message: Message) -> None:
        if message.kind == messages.DATA:
            await self._sides.local.write(message.payload)
        elif message.kind == messages.HANDSHAKE_REQUEST:
            text, problem = handshake.answer(message)
            await self._send(messages.HANDSHAKE_RESPONSE, text)
            if problem:
                raise problem
        elif message.kind == messages.HANDSHAKE_DONE:
            self._ready.set()
        elif message.kind == messages.FLAG and messages.flag_of(message) == messages.CONNECT_TO_PORT_ERROR:
            raise Unreachable(f"{self._target} is reached, but nothing answers at its ssh port (yet)")

    async def _upload(self) -> None:
        """Send what ssh says; at its end everything still under way, then goodbye."""
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await self._ready.wait()
        except TimeoutError:
            raise Unreachable(f"the agent of {self._target} has said nothing for half a minute") from None
        while data := await self._sides.local.read():
            for start in range(0, len(data), CHUNK):
                await self._send(messages.DATA, data[start : start + CHUNK])
        await self._send(messages.FLAG, messages.TERMINATE_SESSION.to_bytes(4, "big"))
        while not self._out.is_empty:
            await asyncio.sleep(LOOK_S)
        await asyncio.sleep(FAREWELL_S)

    async def _send(self, kind: int, payload: bytes) -> None:
        await self._unpaused.wait()
        while not self._out.has_room:
            self._room.clear()
            await self._room.wait()
        message = self._out.number(kind, payload)
        raw = self._packed(message)
        self._out.sent(message, raw, self._sides.now())
        await self._put(raw)

    async def _put(self, raw: bytes) -> None:
        if self._channel:
            with suppress(ChannelLost):  # it is kept, and sent again on the next connection
                await self._channel.send(raw)

    async def _repeat(self) -> None:
        """Send again what is overdue; give up a connection that takes nothing any more."""
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._channel:
                continue
            for raw in self._out.due(self._sides.now()):
                await self._put(raw)
            if self._channel and self._out.is_stuck(self._sides.now()):
                await self._channel.close()

    def _packed(self, message: Message) -> bytes:
        return messages.pack(message, now_ms=int(self._sides.now() * 1000))
