"""The WebSocket of a Session Manager stream: the only importer of websockets."""

import ssl
from collections.abc import AsyncIterator, Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from gpuinfra.ground.errors import CloudError
from gpuinfra.tools.ssm.protocols import ChannelLost

OPEN_TIMEOUT_S = 15
# A connection that has died in silence is noticed within 30 s: ssh itself waits for a minute.
PING_S, PONG_TIMEOUT_S = 10.0, 20.0
MAX_BYTES = 2**20
QUEUE = 256
REFUSED = (401, 403)


class _Direct(connect):
    """Follows no redirect: the address has been checked, another has not."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the refusal as it is."""
        return exc


class Socket:
    """The Channel port."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, data: bytes | str) -> None:
        """Send one message."""
        try:
            await self._connection.send(data)
        except ConnectionClosed as closed:
            raise ChannelLost(_why(closed)) from None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what arrives; text, which means nothing here, is passed over."""
        try:
            async for data in self._connection:
                if isinstance(data, bytes):
                    yield data
        except ConnectionClosed as closed:
            raise ChannelLost(_why(closed)) from None

    async def close(self) -> None:
        """Close it; waits a second at most."""
        await self._connection.close()


async def dial(
    url: str, headers: Mapping[str, str], *, ca_file: str | None = None, ping_s: float = PING_S
) -> Socket:
    """Open a stream address with these headers, by the proxy of the environment if there is one.

    Raises:
        CloudError: AWS refuses.
        ChannelLost: there is no way there now.
    """
    context = ssl.create_default_context(cafile=ca_file) if url.startswith("wss:") else None
    try:
        connection = await _Direct(
            url,
            additional_headers=headers,
            user_agent_header="gpuinfra",
            ssl=context,
            compression=None,  # ssh's bytes are random
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=1,
            ping_interval=ping_s,
            ping_timeout=ping_s * PONG_TIMEOUT_S / PING_S,
            max_size=MAX_BYTES,
            max_queue=QUEUE,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        if status not in REFUSED:
            raise ChannelLost(f"AWS answered HTTP {status}") from None
        raise CloudError(
            f"AWS refused the session's stream (HTTP {status}): your AWS user or role may not open it",
            hint="ask your AWS administrator to allow ssmmessages:OpenDataChannel on your own sessions",
        ) from None
    except (OSError, TimeoutError, WebSocketException) as error:
        raise ChannelLost(f"no connection to AWS: {error or type(error).__name__}") from None
    return Socket(connection)


def _why(closed: ConnectionClosed) -> str:
    return f"the connection was cut ({closed})"
