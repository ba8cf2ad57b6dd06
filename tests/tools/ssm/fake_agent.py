"""A FAKE of AWS's gateway and of the agent on the host, on this machine: it leads where it is told.

It checks signatures by recomputation, and duplicates, reorders, loses and cuts as it is told. That it
behaves like AWS's own towards a client was seen with AWS's session-manager-plugin; it is not AWS's code.
"""

import asyncio
import json
import random
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.tools.ssm import frames

DATA, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_DONE, FLAG = 1, 5, 6, 7, 10
CHUNK, WINDOW, REPEAT_S = 1024, 512, 0.5
KMS = {"ActionType": "KMSEncryption", "ActionParameters": {"KMSKeyId": "arn:aws:kms:us-east-1:1:key/x"}}
PORT = {
    "ActionType": "SessionType",
    "ActionParameters": {"SessionType": "Port", "Properties": {"portNumber": "22"}},
}


Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Agent:
    """One session on the host, whose sshd `connect` leads to; it outlives its connections."""

    def __init__(self, connect: Connect, faults: Mapping[str, float], seen: "Counter[str]") -> None:
        self._to_sshd, self._faults, self._seen = connect, faults, seen
        self._seq = self._expected = self._frames = 0
        self._unacked: dict[int, tuple[bytes, float]] = {}
        self._early: dict[int, frames.Frame] = {}
        self._held: bytes | None = None
        self._room = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ws: ServerConnection | None = None
        self.ended = False

    async def serve(self, ws: ServerConnection) -> None:
        """Speak on one connection until it ends."""
        self._ws, first = ws, not self._seq
        opened = json.loads(await ws.recv())
        self._seen[f"opened as {opened['ClientVersion']}"] += 1
        if first:
            self._start(self._repeat())
            actions = [KMS, PORT] if "kms" in self._faults else [PORT]
            asked = {"AgentVersion": "3.3.0.0", "RequestedClientActions": actions}
            await self._out(HANDSHAKE_REQUEST, json.dumps(asked).encode())
        with suppress(ConnectionClosed):
            async for raw in ws:
                assert isinstance(raw, bytes)
                self._cut()
                if not self._happens("lose"):
                    await self._take(frames.unpack(raw))

    def end(self) -> None:
        """End the session."""
        self.ended = True
        for task in self._tasks:
            task.cancel()
        if self._writer:
            self._writer.close()

    def _start(self, work: Any) -> None:
        self._tasks.add(asyncio.create_task(work))

    def _happens(self, fault: str) -> bool:
        return random.random() < self._faults.get(fault, 0)

    def _cut(self) -> None:
        self._frames += 1
        if self._frames == int(self._faults.get("cut_after", 0)) and self._ws:
            self._seen["cut"] += 1
            self._ws.transport.abort()

    async def _send(self, raw: bytes) -> None:
        if self._ws is None or self._happens("lose"):
            return
        if self._held is None and self._happens("reorder"):
            self._held = raw
            return
        with suppress(ConnectionClosed):
            await self._ws.send(raw)
            if self._happens("duplicate"):
                await self._ws.send(raw)
            if self._held:
                late, self._held = self._held, None
                await self._ws.send(late)

    async def _out(self, kind: int, payload: bytes) -> None:
        while len(self._unacked) >= WINDOW:
            self._room.clear()
            await self._room.wait()
        raw = frames.pack("output_stream_data", self._seq, not self._seq, kind, payload)
        self._unacked[self._seq] = (raw, time.monotonic())
        self._seq += 1
        await self._send(raw)

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            for seq, (raw, since) in list(self._unacked.items())[:64]:
                if now - since > REPEAT_S:
                    self._unacked[seq] = (raw, now)
                    await self._send(raw)

    async def _take(self, frame: frames.Frame) -> None:
        if frame.type == "acknowledge":
            self._unacked.pop(json.loads(frame.payload)["AcknowledgedMessageSequenceNumber"], None)
            self._room.set()
            return
        assert frame.type == "input_stream_data", frame.type
        self._seen["repeated by the client"] += frame.seq < self._expected
        told: dict[str, object] = {"AcknowledgedMessageType": frame.type, "AcknowledgedMessageId": frame.id}
        told |= {"AcknowledgedMessageSequenceNumber": frame.seq, "IsSequentialMessage": True}
        await self._send(frames.pack("acknowledge", 0, 3, 0, json.dumps(told).encode()))
        if frame.seq >= self._expected:
            self._early[frame.seq] = frame
        while self._expected in self._early:
            self._expected += 1
            await self._deliver(self._early.pop(self._expected - 1))

    async def _deliver(self, frame: frames.Frame) -> None:
        if frame.kind == HANDSHAKE_RESPONSE:
            self._seen["refused by the client"] += bool(json.loads(frame.payload)["Errors"])
            await self._connect()
        elif frame.kind == DATA and self._writer:
            self._writer.write(frame.payload)
            await self._writer.drain()
        elif frame.kind == FLAG:
            self._seen[f"flag {struct.unpack('>I', frame.payload)[0]}"] += 1
            if self._writer:
                self._writer.close()

    async def _connect(self) -> None:
        try:
            reader, self._writer = await self._to_sshd()
        except OSError:
            await self._out(FLAG, struct.pack(">I", 3))
            return
        await self._out(HANDSHAKE_DONE, b'{"HandshakeTimeToComplete":1000000,"CustomerMessage":""}')
        self._start(self._download(reader))

    async def _download(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                await self._out(DATA, data)
        while self._unacked:
            await asyncio.sleep(0.05)
        if self._ws:
            with suppress(ConnectionClosed):
                body = b'{"MessageType":"channel_closed","SchemaVersion":1,"Output":""}'
                await self._ws.send(frames.pack("channel_closed", 0, 3, 0, body))
