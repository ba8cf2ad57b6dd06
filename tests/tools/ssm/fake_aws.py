"""`python -m tests.ssm.fake_aws READY_FILE WHERE [fault=value ...]`: a FAKE Session Manager, API and stream.

WHERE: a port of this machine, or the URL of a lab's API (see fake_hosts.py).
Instances by their id: i-0...dead is not connected, i-0...f0f0 is forbidden, all others lead there.
Faults: duplicate, reorder, lose (each a probability), cut_after (frames), kms, forget (no resume),
elsewhere (a stream address that is not AWS's), unsigned (take any signature).
"""

import asyncio
import json
import sys
import uuid
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.tools.ssm import frames
from tests.tools.ssm.fake_agent import Agent
from tests.tools.ssm.fake_hosts import Hosts, hosts_at

NOT_CONNECTED, FORBIDDEN = "i-0000000000000dead", "i-0000000000000f0f0"


class FakeAws:
    """The sessions of one region."""

    def __init__(self, hosts: Hosts, faults: dict[str, float]) -> None:
        self._hosts, self._faults = hosts, faults
        self._agents: dict[str, Agent] = {}
        self._tokens: dict[str, str] = {}
        self.streams = ""
        self.seen: Counter[str] = Counter()

    async def call(self, action: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Answer one call of the API; None if it has nothing to do with sessions."""
        if not action.endswith("Session"):
            return None
        self.seen[action] += 1
        if action == "StartSession":
            return await self._start(asked["Target"])
        session = asked["SessionId"]
        if action == "TerminateSession":
            self.seen["open"] -= not self._agents[session].ended
            self._agents[session].end()
        elif "forget" not in self._faults and not self._agents[session].ended:
            return 200, self._ticket(session)
        return 200, {"SessionId": session}

    async def _start(self, target: str) -> tuple[int, dict[str, Any]]:
        connect = await self._hosts.find(target)
        if target == NOT_CONNECTED or connect is None:
            return 400, {"__type": "TargetNotConnected", "message": f"{target} is not connected."}
        if target == FORBIDDEN:
            return 400, {"__type": "AccessDeniedException", "message": "User: tester is not authorized"}
        session = f"tester-{uuid.uuid4().hex[:17]}"
        self.seen["open"] += 1
        self._agents[session] = Agent(connect, self._faults, self.seen)
        return 200, self._ticket(session)

    def _ticket(self, session: str) -> dict[str, Any]:
        self._tokens[session] = uuid.uuid4().hex
        streams = "wss://ssmmessages.us-east-1.example.com" if "elsewhere" in self._faults else self.streams
        url = f"{streams}/v1/data-channel/{session}?role=publish_subscribe"
        return {"SessionId": session, "TokenValue": self._tokens[session], "StreamUrl": url}

    def admit(self, ws: ServerConnection, request: Request) -> Response | None:
        """Let in who has signed."""
        verdict = frames.signature(request.path, request.headers)
        self.seen[f"signature {verdict}"] += 1
        if verdict == "valid ssmmessages":
            return None
        return ws.respond(HTTPStatus.FORBIDDEN, "signature\n")

    async def speak(self, ws: ServerConnection) -> None:
        """Lead a connection to its session."""
        assert ws.request is not None
        session = ws.request.path.rsplit("/", 1)[-1].partition("?")[0]
        await self._agents[session].serve(ws)


async def answer(
    aws: FakeAws, hosts: Hosts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer one HTTP request: a call, or GET for what has been seen."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    found: tuple[int, dict[str, Any]] | None = (200, dict(aws.seen))
    if head.startswith("POST"):
        found = await aws.call(headers["x-amz-target"].rpartition(".")[2], json.loads(body))
    status, text = (found[0], json.dumps(found[1]).encode()) if found else await hosts.other(headers, body)
    kind = "Content-Type: application/x-amz-json-1.1\r\nConnection: close"
    writer.write(f"HTTP/1.1 {status} X\r\n{kind}\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
    await writer.drain()
    writer.close()


async def main(ready: Path, hosts: Hosts, faults: dict[str, float]) -> None:
    """Serve until killed."""
    aws = FakeAws(hosts, faults)
    api = await asyncio.start_server(lambda r, w: answer(aws, hosts, r, w), "127.0.0.1", 0)
    async with serve(aws.speak, "127.0.0.1", 0, process_request=aws.admit, compression=None) as streams:
        aws.streams = f"ws://127.0.0.1:{next(iter(streams.sockets)).getsockname()[1]}"
        part = ready.with_suffix(".part")
        part.write_text(f"http://127.0.0.1:{api.sockets[0].getsockname()[1]}")
        part.rename(ready)
        await asyncio.Future()


if __name__ == "__main__":
    given = dict(word.partition("=")[::2] for word in sys.argv[3:])
    faults = {k: float(v or 1) for k, v in given.items()}
    asyncio.run(main(Path(sys.argv[1]), hosts_at(sys.argv[2]), faults))
