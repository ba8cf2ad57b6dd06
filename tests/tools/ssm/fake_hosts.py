"""The hosts on which the fake agents run: one port of this machine, or every instance of a lab."""

import asyncio
import json
import socket
from collections.abc import Mapping
from typing import Protocol
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from gpuinfra.simulator.lab.network.namespace import ON_THE_HOST_MARK
from tests.tools.ssm.fake_agent import Connect
from tests.waiting import PATIENCE_S

CONNECT_TIMEOUT_S = 2.0
TOLD_ON = ("x-amz-target", "content-type", "authorization", "x-amz-date")


class Hosts(Protocol):
    """What is behind Session Manager."""

    async def find(self, target: str) -> Connect | None:
        """Return the way to an instance's sshd, None if no agent runs there."""

    async def other(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Answer a call of the API that has nothing to do with sessions."""


def hosts_at(where: str) -> Hosts:
    """Return the hosts that the command line names."""
    return Here(int(where)) if where.isdigit() else InLab(where)


class Here:
    """Every instance is one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def find(self, target: str) -> Connect | None:
        """Return the way to the port."""
        return lambda: asyncio.open_connection("127.0.0.1", self._port)

    async def other(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """There is nothing else."""
        return 404, b"{}"


class InLab:
    """The hosts of a lab; to be run inside it. All calls but those of sessions go on to its API."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._opener = build_opener(ProxyHandler({}))

    async def find(self, target: str) -> Connect | None:
        """Return the way to a host that runs; its agent answers from then on, as far as its network does."""
        status, text = await asyncio.to_thread(self._ask, Request(f"{self._api}/_sim/machines"))
        assert status == 200, text
        running = {it["id"]: it["private_ip"] for it in json.loads(text) if it["state"] == "running"}
        if target not in running:
            return None
        try:  # an agent that does not answer is not connected; a host that refuses has one
            _, writer = await self._connect(running[target])
            writer.close()
        except ConnectionRefusedError:
            pass
        except OSError:
            return None
        return lambda: self._connect(running[target])

    async def other(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Pass it on to the lab's API."""
        kept = {name: headers[name] for name in TOLD_ON if name in headers}
        return await asyncio.to_thread(self._ask, Request(f"{self._api}/", data=body, headers=kept))

    def _ask(self, request: Request) -> tuple[int, bytes]:
        try:
            with self._opener.open(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except HTTPError as refused:
            return refused.code, refused.read()

    async def _connect(self, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        marked = socket.socket()
        marked.setblocking(False)
        marked.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, ON_THE_HOST_MARK)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.get_running_loop().sock_connect(marked, (address, 22))
        except OSError:  # TimeoutError is one
            marked.close()
            raise
        return await asyncio.open_connection(sock=marked)
